using System.Net.Sockets;
using System.Text.Json;

namespace Nexus.Cli.Drills.Sight;

/// <summary>One destination as a gateway routes it.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Attempt">Which try of it.</param>
/// <param name="TakesRequests">Whether requests go there.</param>
internal sealed record RoutedDestination(string Allocation, int Attempt, bool TakesRequests);

/// <summary>What the gateways route, from their admin listeners: the truth about who gets requests.</summary>
internal sealed class RoutesSight(HttpClient http, IReadOnlyList<Uri> admins)
{
    /// <summary>Whether any gateway lets itself be looked at.</summary>
    public bool IsKnown => admins.Count > 0;

    /// <summary>Keeps those addresses at which a gateway shows its routes.</summary>
    public static async Task<RoutesSight> FindAsync(HttpClient http, IEnumerable<Uri> candidates, string pool, CancellationToken cancellationToken)
    {
        var found = new List<Uri>();
        foreach (var candidate in candidates.Distinct())
        {
            if (await ReadAsync(http, candidate, pool, cancellationToken) is not null)
            {
                found.Add(candidate);
            }
        }

        return new RoutesSight(http, found);
    }

    /// <summary>The pool's destinations at every gateway that answers.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<RoutedDestination>>> ReadAsync(string pool, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(admins.Select(admin => ReadAsync(http, admin, pool, cancellationToken)));
        return [.. all.OfType<IReadOnlyList<RoutedDestination>>()];
    }

    /// <summary>Whether no gateway sends requests to this try of the allocation any more; null when none answers.</summary>
    public async Task<bool?> IsOutAsync(string pool, string allocation, int attempt, CancellationToken cancellationToken)
    {
        var gateways = await ReadAsync(pool, cancellationToken);
        return gateways.Count == 0
            ? null
            : !gateways.Any(g => g.Any(d => d.Allocation == allocation && d.Attempt <= attempt && d.TakesRequests));
    }

    /// <summary>How many destinations of the pool take requests, at the gateway that has fewest; null when none answers.</summary>
    public async Task<int?> ServingAsync(string pool, CancellationToken cancellationToken)
    {
        var gateways = await ReadAsync(pool, cancellationToken);
        return gateways.Count == 0 ? null : gateways.Min(g => g.Count(d => d.TakesRequests));
    }

    /// <summary>Reads what /routes says; null when it says nothing of the kind.</summary>
    internal static IReadOnlyList<RoutedDestination>? Parse(string json, string pool)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("pools", out var pools)
                ? [.. pools.EnumerateArray().Where(p => p.GetProperty("pool").GetString() == pool)
                    .SelectMany(p => p.GetProperty("destinations").EnumerateArray()).Select(Destination)]
                : null;
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static RoutedDestination Destination(JsonElement element) => new(
        element.GetProperty("allocation").GetString() ?? "",
        element.TryGetProperty("attempt", out var attempt) ? attempt.GetInt32() : 0,
        string.Equals(element.GetProperty("rotation").GetString(), "In", StringComparison.OrdinalIgnoreCase)
            && !element.TryGetProperty("ejected", out _));

    private static async Task<IReadOnlyList<RoutedDestination>?> ReadAsync(
        HttpClient http, Uri admin, string pool, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(admin, "/routes"), cancellationToken);
            return answer.IsSuccessStatusCode ? Parse(await answer.Content.ReadAsStringAsync(cancellationToken), pool) : null;
        }
        catch (Exception away) when (away is HttpRequestException or SocketException or IOException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
