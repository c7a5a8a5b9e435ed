using Nexus.Api.V1;
using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Load;
using Nexus.Cli.Drills.Report;
using Nexus.Cli.Views;

namespace Nexus.Cli.Drills;

/// <summary>
/// Conducts a drill: causes one fault after the other under load that never pauses, each only when the cluster is back at full
/// capacity, and puts everything right again at the end, however the end comes.
/// </summary>
internal sealed class DrillRun(DrillStage stage, LoadTarget target, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan UndoLimit = TimeSpan.FromMinutes(3);

    private readonly FaultTally _between = new("(between)", FaultPromise.All.For(target.Method));
    private bool _isOver;

    public async Task<DrillReport> RunAsync(IReadOnlyList<IFault> faults, IReadOnlyList<FaultReport> skipped, CancellationToken cancellationToken)
    {
        var startedAt = time.GetUtcNow();
        var reports = new List<FaultReport>();
        var replicas = stage.Desired;
        try
        {
            await using var load = LoadGenerator.Start(target, stage.Settings.Rates, time);
            await Task.Delay(stage.Settings.WarmUp, time, cancellationToken);
            load.Discard();
            foreach (var fault in faults)
            {
                reports.Add(_isOver
                    ? new FaultReport { Fault = fault.Name, Skipped = "the drill had ended, see the row that went wrong" }
                    : await RunAsync(fault, load, cancellationToken));
            }

            await PutRightAsync(cancellationToken);
            await CutAsync(load);
        }
        finally
        {
            // Also after Ctrl-C, which must not keep the cluster from being put right.
            if (!stage.Undo.IsEmpty)
            {
                say("putting everything right again; interrupted once more, the command leaves the cluster as it is");
            }

            await PutRightAsync(CancellationToken.None);
        }

        reports.Add(_between.Report());
        return new DrillReport(
            stage.Before.Cluster ?? "", stage.Settings.Pool, replicas, target.Method.Method, stage.Settings.Rates.Rate,
            stage.Settings.Rates.NewConnectionsRate, startedAt, !reports.Any(r => r.Broken),
            [.. Merge(reports, skipped)]);
    }

    private static IEnumerable<FaultReport> Merge(List<FaultReport> reports, IReadOnlyList<FaultReport> skipped) => reports.Concat(skipped)
        .OrderBy(r => FaultCatalog.Names.ToList().IndexOf(r.Fault) is >= 0 and var place ? place : FaultCatalog.Names.Count);

    private async Task<FaultReport> RunAsync(IFault fault, LoadGenerator load, CancellationToken cancellationToken)
    {
        var tally = new FaultTally(fault.Name, fault.Promise.For(target.Method));
        for (var run = 1; run <= stage.Settings.Times && !_isOver; run++)
        {
            if (fault.Obstacle(stage) is { } obstacle)
            {
                return tally.IsEmpty ? new FaultReport { Fault = fault.Name, Skipped = obstacle } : tally.Report();
            }

            await CutAsync(load);
            FaultMarks? marks = null;
            string? error = null;
            try
            {
                marks = await fault.CauseAsync(stage, run, cancellationToken);
                stage.Before = await stage.Watch.UntilSettledAsync(stage.Before, cancellationToken);
            }
            catch (FaultImpossibleException impossible)
            {
                await CutAsync(load);
                await PutRightAsync(cancellationToken);
                say($"{fault.Name}: skipped: {impossible.Message}");
                return new FaultReport { Fault = fault.Name, Skipped = impossible.Message };
            }
            catch (Exception wrong) when (wrong is DrillFailedException or NexusApiException)
            {
                error = wrong.Message;
                _isOver = true;
            }

            await Task.Delay(stage.Settings.Tail, time, cancellationToken);
            var window = load.Cut();
            await window.CloseAsync();
            tally.Add(marks, window, error);
            say(Line(fault.Name, run, marks, window, error));
        }

        await PutRightAsync(cancellationToken);
        return tally.Report();
    }

    private async Task CutAsync(LoadGenerator load)
    {
        var window = load.Cut();
        await window.CloseAsync();
        _between.Add(window);
    }

    private async Task PutRightAsync(CancellationToken cancellationToken)
    {
        if (stage.Undo.IsEmpty)
        {
            return;
        }

        using var limit = new CancellationTokenSource(UndoLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        await stage.Undo.RunAsync(either.Token);
        if (_isOver)
        {
            return;
        }

        try
        {
            stage.Before = await stage.Watch.UntilSettledAsync(stage.Before, either.Token);
        }
        catch (DrillFailedException slow)
        {
            _isOver = true;
            say($"the cluster was put right and is not at full capacity: {slow.Message}");
        }
    }

    private string Line(string fault, int run, FaultMarks? marks, LoadWindow window, string? error)
    {
        string?[] parts =
        [
            $"{window.Failed} of {window.Sent} failed",
            marks?.Ejected is { } ejected ? $"out of rotation after {HumanUnits.Seconds(ejected)}" : null,
            marks?.Full is { } full ? $"full capacity after {HumanUnits.Seconds(full)}" : null,
            marks?.Decided is { } decided ? $"decided after {HumanUnits.Seconds(decided)}" : null,
            string.IsNullOrEmpty(marks?.Note) ? null : marks.Note,
            error is null ? null : $"went wrong: {error}",
        ];
        return $"{fault} {run}/{stage.Settings.Times}: {string.Join(", ", parts.Where(p => p is not null))}";
    }
}
