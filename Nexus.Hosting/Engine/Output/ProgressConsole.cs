using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Nexus.Hosting.Engine.Output;

/// <summary>Tells the user what the resources do: a line for every change that matters, and a table when all have settled.</summary>
internal sealed class ProgressConsole
{
    private const int FailureLogLines = 30;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly EngineContext _context;
    private readonly TextWriter _writer;
    private readonly Timeline _timeline;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string? Condition, string? Reason)> _told = new(StringComparer.OrdinalIgnoreCase);
    // As they were told here, and not as they are: the table says of each what the timeline knows of it.
    private readonly ConcurrentDictionary<string, ResourceEvent> _seen = new(StringComparer.OrdinalIgnoreCase);
    private bool _tableShown;
    private bool _muted;
    private long _saidAt;

    public ProgressConsole(EngineContext context, TextWriter writer)
    {
        _context = context;
        _writer = writer;
        _timeline = new Timeline(context.Time);
        _saidAt = context.Time.GetTimestamp();
        if (context.Settings.StreamLogs)
        {
            context.Logs.LineWritten += (id, line) => Say($"{id} | {line.Content}");
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var reminding = RemindAsync(cancellationToken);
        try
        {
            await foreach (var change in _context.Notifications.WatchAsync(cancellationToken))
            {
                Tell(change);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the run.
        }

        await reminding;
    }

    public void Mute()
    {
        lock (_gate)
        {
            _muted = true;
        }
    }

    public void Say(string line)
    {
        lock (_gate)
        {
            _saidAt = _context.Time.GetTimestamp();
            if (_muted)
            {
                return;
            }

            try
            {
                _writer.WriteLine(line);
            }
            catch (IOException)
            {
                _muted = true; // The terminal was closed; what is stopped is stopped all the same.
            }
        }
    }

    /// <summary>When nothing was said for a while, says what is still waited for, and the last that it said itself.</summary>
    private async Task RemindAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!_tableShown)
            {
                await Task.Delay(Silence, _context.Time, cancellationToken);
                if (_tableShown || _context.Time.GetElapsedTime(Volatile.Read(ref _saidAt)) < Silence)
                {
                    continue;
                }

                foreach (var state in States().OfType<ResourceEvent>().Where(state => !HasSettled(state)))
                {
                    var words = ResourceCondition.Complaint(state.Snapshot) ?? (_context.Logs.LastLines(state.ResourceId, 1) is [.., var last] ? last : null);
                    Say($"{state.ResourceId,-20} still {ResourceTable.Condition(state.Snapshot)}  {Timeline.Seconds(_timeline.Elapsed)}{Waited(state)}"
                        + (words is null ? "" : $": {words}"));
                }

                if (States().OfType<ResourceEvent>().Where(state => HasFailed(state.Snapshot)).Select(state => state.ResourceId).ToList() is { Count: > 0 } failed)
                {
                    Say($"{string.Join(", ", failed)} could not start; what needs it may wait for ever. Press Ctrl-C to stop.");
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    private void Tell(ResourceEvent change)
    {
        _timeline.Note(change);
        _seen[change.ResourceId] = change;
        var now = ResourceTable.Condition(change.Snapshot);
        var (before, reason) = _told.GetValueOrDefault(change.ResourceId);

        // One that runs and was never healthy yet: that is how every start goes.
        var isStarting = now == nameof(HealthStatus.Unhealthy) && before == KnownResourceStates.Running && change.Snapshot.FailureReason == reason;
        if (!isStarting && (before, reason) != (now, change.Snapshot.FailureReason))
        {
            _told[change.ResourceId] = (now, change.Snapshot.FailureReason);
            TellChange(change, before, now);
        }

        // Also when nothing is told: that a resource without health checks is ready shows in its state alone.
        ShowTableWhenSettled();
    }

    private void TellChange(ResourceEvent change, string? before, string now)
    {
        if (now != before && change.Resource is not ParameterResource && now != KnownResourceStates.NotStarted && now != KnownResourceStates.Starting)
        {
            var from = before is null or nameof(KnownResourceStates.NotStarted) ? "" : $"{before} → ";
            Say($"{change.ResourceId,-20} {from}{now}  {Timeline.Seconds(_timeline.Elapsed)}{Waited(change)}");
        }

        TellFailure(change);
    }

    private static string Waited(ResourceEvent change) => change.Snapshot.State?.Text != KnownResourceStates.Waiting ? ""
        : $"  (for {string.Join(", ", change.Resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource.Name).Distinct(StringComparer.Ordinal))})";

    private void TellFailure(ResourceEvent change)
    {
        if (change.Snapshot.FailureReason is { } reason)
        {
            Environment.ExitCode = 1;
            Say($"{change.ResourceId,-20} {reason}");
        }

        if (change.Snapshot.State?.Style != KnownResourceStateStyles.Error || _context.Settings.StreamLogs)
        {
            return;
        }

        // What its log says of a failed start is the reason, told above.
        var lines = _context.Logs.LastLines(change.ResourceId, FailureLogLines);
        foreach (var line in lines.Where(line => !line.EndsWith(change.Snapshot.FailureReason ?? "\n", StringComparison.Ordinal)))
        {
            Say($"    {change.ResourceId} | {line}");
        }
    }

    private void ShowTableWhenSettled()
    {
        var states = States();
        var lifetime = _context.Services.GetRequiredService<IHostApplicationLifetime>();
        if (_tableShown || lifetime.ApplicationStopping.IsCancellationRequested || states.Exists(state => state is null || !HasSettled(state)))
        {
            return;
        }

        _tableShown = true;
        Say("");
        Say(ResourceTable.Render([.. states.OfType<ResourceEvent>()], _timeline));
        if (states.TrueForAll(state => ResourceCondition.HasEnded(state!.Snapshot) || IsStartedByHand(state)) && Environment.ExitCode != 0)
        {
            Say("Nothing of it runs.");
            lifetime.StopApplication();
            return;
        }

        var failed = states.Where(state => HasFailed(state!.Snapshot)).Select(state => state!.ResourceId).ToList();
        var without = failed.Count == 0 ? "" : $", without {string.Join(", ", failed)}";
        Say($"Up after {Timeline.Seconds(_timeline.Elapsed)}{without}. Press Ctrl-C to stop.");
    }

    private List<ResourceEvent?> States() =>
    [
        .. _context.Model.Resources
            .Where(r => r is not ParameterResource)
            .SelectMany(r => InstanceIds.Of(r).Select(id => _seen.GetValueOrDefault(id))),
    ];

    private static bool HasFailed(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.FailedToStart || (ResourceCondition.HasEnded(snapshot) && snapshot.ExitCode is not (null or 0));

    private static bool HasSettled(ResourceEvent state) =>
        ResourceCondition.HasEnded(state.Snapshot) || state.Snapshot.IsReady || IsStartedByHand(state);

    private static bool IsStartedByHand(ResourceEvent state) => state.Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();
}

/// <summary>The closing table.</summary>
internal static class ResourceTable
{
    /// <summary>The state in one word, or the health while it runs and is checked.</summary>
    public static string Condition(CustomResourceSnapshot snapshot) => snapshot switch
    {
        { State: null } => "Unknown",
        { State.Text: "Running", HealthReports.IsEmpty: false } when snapshot.HealthReports.All(r => r.Status is not null) =>
            snapshot.HealthStatus == HealthStatus.Healthy ? "Healthy" : "Unhealthy",
        { ExitCode: { } code } when code != 0 => $"{snapshot.State.Text} ({code})",
        _ => snapshot.State.Text,
    };

    public static string Render(IReadOnlyList<ResourceEvent> states, Timeline timeline)
    {
        List<string[]> rows = [["RESOURCE", "STATE", "STARTED", "READY", "ADDRESS"]];
        rows.AddRange(states.Select(state => (string[])
        [
            state.ResourceId,
            Condition(state.Snapshot),
            timeline.Of(state.ResourceId).Started,
            timeline.Of(state.ResourceId).Ready,
            string.Join("  ", state.Snapshot.Urls.Select(url => url.Name is { } name && url.Url.StartsWith(name, StringComparison.Ordinal)
                ? url.Url : $"{url.Name} {url.Url}".Trim())),
        ]));
        var widths = Enumerable.Range(0, rows[0].Length - 1).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join(Environment.NewLine, rows.Select(row => string.Join("  ", row.Select((text, column) => column switch
        {
            _ when column == widths.Length => text,
            2 or 3 => text.PadLeft(widths[column]),
            _ => text.PadRight(widths[column]),
        })).TrimEnd()));
    }
}
