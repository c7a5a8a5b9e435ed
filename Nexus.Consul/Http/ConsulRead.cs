using System.Collections.Immutable;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nexus.Consul;

/// <summary>Makes a value of a successful (or accepted) answer.</summary>
internal delegate ValueTask<T> ConsulReader<T>(HttpResponseMessage response, CancellationToken cancellationToken);

/// <summary>A read that can be made once or watched.</summary>
/// <param name="Path">Relative, escaped, without a query.</param>
/// <param name="Reader">Makes the value.</param>
/// <param name="Query">Escaped, without a question mark.</param>
/// <param name="AcceptNotFound">Whether 404 means "nothing there" rather than an error.</param>
internal sealed record ConsulRead<T>(string Path, ConsulReader<T> Reader, string? Query = null, bool AcceptNotFound = false);

/// <summary>Ways to read an answer.</summary>
internal static class ConsulRead
{
    public static ConsulReader<bool> Succeeded { get; } = static (response, _) => new(response.IsSuccessStatusCode);

    public static ConsulReader<bool> Boolean { get; } = Json(ConsulJson.Default.Boolean, static value => value);

    /// <summary>Reads JSON straight off the stream; a 404 that was accepted reads as the default.</summary>
    public static ConsulReader<T> Json<TWire, T>(JsonTypeInfo<TWire> type, Func<TWire?, T> map) =>
        async (response, cancellationToken) =>
        {
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return map(default);
            }

            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return map(await JsonSerializer.DeserializeAsync(stream, type, cancellationToken));
        };

    /// <summary>How a query asks for it; null is what Consul does unasked.</summary>
    public static string? ToQuery(ReadConsistency consistency) => consistency switch
    {
        ReadConsistency.Default => null,
        ReadConsistency.Consistent => "consistent",
        ReadConsistency.Stale => "stale",
        _ => throw new ArgumentOutOfRangeException(nameof(consistency), consistency, "Not a consistency."),
    };

    /// <summary>Wraps an array nobody else holds; Consul's null is empty.</summary>
    public static ImmutableArray<T> Freeze<T>(T[]? items) => items is null ? [] : ImmutableCollectionsMarshal.AsImmutableArray(items);

    /// <summary>Maps an array of wire records; Consul's null is empty.</summary>
    public static ImmutableArray<T> Freeze<TWire, T>(TWire[]? items, Func<TWire, T> map) =>
        items is null ? [] : ImmutableCollectionsMarshal.AsImmutableArray(Array.ConvertAll(items, item => map(item)));
}
