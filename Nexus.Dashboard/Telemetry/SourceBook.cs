using System.Collections.Concurrent;

namespace Nexus.Dashboard.Telemetry;

/// <summary>The processes that have sent telemetry.</summary>
internal sealed class SourceBook(TelemetryLimits limits)
{
    private static readonly TelemetrySource Overflow = new("others", "", []);

    private readonly ConcurrentDictionary<(string, string), TelemetrySource> _sources = new();

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<TelemetrySource> All => [.. _sources.Values.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];

    /// <summary>The one entry of a process.</summary>
    public TelemetrySource Of(IReadOnlyList<Tag> attributes)
    {
        var source = new TelemetrySource(
            Find(attributes, "service.name") is { Length: > 0 } name ? name : "unknown", Find(attributes, "service.instance.id") ?? "", attributes);
        if (_sources.TryGetValue(source.Key, out var known))
        {
            return known;
        }

        return _sources.Count >= limits.Sources
            ? _sources.GetOrAdd(Overflow.Key, Overflow)
            : _sources.GetOrAdd(source.Key, source with { Number = NumberOf(source.Service) });
    }

    private int NumberOf(string service) => _sources.Values.FirstOrDefault(s => s.Service == service)?.Number
        ?? _sources.Values.Select(s => s.Service).Distinct(StringComparer.Ordinal).Count();

    private static string? Find(IReadOnlyList<Tag> attributes, string key) =>
        attributes.FirstOrDefault(a => a.Key == key).Value;
}
