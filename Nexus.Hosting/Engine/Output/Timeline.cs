using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Output;

/// <summary>When each running copy first ran and first was ready, counted from the start of the program.</summary>
internal sealed class Timeline
{
    private readonly Dictionary<string, Milestones> _seen = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly TimeSpan _lead;

    public Timeline(TimeProvider time)
    {
        _time = time;
        _began = time.GetTimestamp();
        using var program = System.Diagnostics.Process.GetCurrentProcess();
        _lead = time.GetUtcNow().UtcDateTime - program.StartTime.ToUniversalTime();
    }

    /// <summary>Now, since the start of the program.</summary>
    public TimeSpan Elapsed => _lead + _time.GetElapsedTime(_began);

    public void Note(ResourceEvent change)
    {
        var before = _seen.GetValueOrDefault(change.ResourceId);
        var runs = ResourceCondition.IsStarted(change.Snapshot);
        var ready = change.Snapshot.IsReady || change.Snapshot.State?.Text == KnownResourceStates.Finished;
        _seen[change.ResourceId] = new Milestones(before.Started ?? (runs ? Elapsed : null), before.Ready ?? (ready ? Elapsed : null));
    }

    public (string Started, string Ready) Of(string resourceId)
    {
        var seen = _seen.GetValueOrDefault(resourceId);
        return (Seconds(seen.Started), Seconds(seen.Ready));
    }

    public static string Seconds(TimeSpan? time) =>
        time is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds:0.0} s") : "";

    private readonly record struct Milestones(TimeSpan? Started, TimeSpan? Ready);
}
