using System.Collections.Immutable;

namespace Nexus.Cli.Tests.Drills;

/// <summary>What the fake's gateway routes.</summary>
internal sealed class RoutesState
{
    private static readonly TimeSpan Away = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private ImmutableDictionary<string, int> _attempts = Enumerable.Range(0, 3).ToImmutableDictionary(i => $"web-1-{i}", _ => 0);
    private string? _out;
    private long _since;

    public void Kill(string allocation)
    {
        lock (_gate)
        {
            (_out, _since) = (allocation, TimeProvider.System.GetTimestamp());
        }
    }

    public void Look(Action? back)
    {
        lock (_gate)
        {
            if (_out is { } allocation && TimeProvider.System.GetElapsedTime(_since) > Away)
            {
                _attempts = _attempts.SetItem(allocation, _attempts[allocation] + 1);
                _out = null;
                back?.Invoke();
            }
        }
    }

    public string Json()
    {
        lock (_gate)
        {
            var destinations = _attempts.Where(a => a.Key != _out)
                .Select(a => $$"""{"allocation": "{{a.Key}}", "attempt": {{a.Value}}, "rotation": "In"}""");
            return $$"""{"pools": [{"pool": "web", "destinations": [{{string.Join(", ", destinations)}}]}]}""";
        }
    }
}
