using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nexus.Orchestrator.Api;

/// <summary>Reads JSON bodies, and says of those that cannot be understood which field is wrong.</summary>
internal static class Bodies
{
    private const int LongestQuote = 60;

    /// <summary>The body as <typeparamref name="T"/>, or what is wrong with it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="type">What it shall be; its required fields are demanded.</param>
    /// <param name="allowed">What is allowed, in words.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(
        HttpRequest request, JsonTypeInfo<T> type, string allowed, CancellationToken cancellationToken)
        where T : class
    {
        JsonDocument document;
        try
        {
            document = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
        }
        catch (JsonException bad)
        {
            return (null, Refusal($"no JSON, at line {bad.LineNumber + 1}, byte {bad.BytePositionInLine + 1}", allowed));
        }

        using (document)
        {
            return Missing(document.RootElement, type) is { } missing
                ? (null, Refusal(missing, allowed))
                : Read(document.RootElement, type, allowed);
        }
    }

    private static (T? Body, IResult? Problem) Read<T>(JsonElement root, JsonTypeInfo<T> type, string allowed)
        where T : class
    {
        try
        {
            return (root.Deserialize(type), null);
        }
        catch (JsonException bad)
        {
            var field = bad.Path?.TrimStart('$', '.') ?? "";
            var value = type.Properties.Any(p => p.Name == field) && Find(root, field) is { } found ? Quote(found) : "something else";
            return (null, Refusal(field.Length > 0 ? $"{value} as \"{field}\"" : "something else", allowed));
        }
    }

    /// <summary>What is not there at all; null when every required field is.</summary>
    private static string? Missing(JsonElement root, JsonTypeInfo type)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return $"{Quote(root)}, which is no object";
        }

        var missing = type.Properties.Where(p => p.IsRequired && Find(root, p.Name) is null).Select(p => $"\"{p.Name}\"").ToList();
        return missing.Count > 0 ? $"no {string.Join(" and no ", missing)}" : null;
    }

    private static JsonElement? Find(JsonElement root, string name)
    {
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }

    private static string Quote(JsonElement value) =>
        value.GetRawText() is var text && text.Length > LongestQuote ? $"{text.AsSpan(0, LongestQuote)}…" : text;

    private static IResult Refusal(string found, string allowed) =>
        Problems.Of(422, "The body cannot be understood.", $"Found: {found}. Allowed: {allowed}");
}
