using Nexus.Bench.Reliability.Beds;
using Nexus.Bench.Reliability.Report;

namespace Nexus.Bench.Reliability.Rows;

/// <summary>What a row runs on.</summary>
internal sealed record Stage(NexusBed Bed, FaultScript Script, ControlFaults Control, Options Options);

/// <summary>One row: its experiment and what has to hold.</summary>
/// <param name="Name">By which it is chosen.</param>
/// <param name="Event">What the table calls it.</param>
/// <param name="Repeated">Whether it runs as often as the options say.</param>
/// <param name="RunAsync">The experiment.</param>
/// <param name="MayFail">Failed GETs allowed in one run.</param>
/// <param name="AnyMethod">Whether no POST may fail either.</param>
/// <param name="Goals">Limits on times.</param>
/// <param name="WarmStandby">Paused replicas that the pool has.</param>
internal sealed record RowPlan(
    string Name, string Event, bool Repeated, Func<Stage, CancellationToken, Task<Outcome>> RunAsync, int MayFail, bool AnyMethod,
    IReadOnlyList<Goal> Goals, int WarmStandby = 0);

/// <summary>What must hold, row by row.</summary>
internal static class RowCatalog
{
    public static readonly IReadOnlyList<RowPlan> All =
    [
        new("kill", "replica killed", true, (s, t) => s.Script.KillAsync(t), 0, false,
            [new("out", 0.5, 0.02), new("out", 0.99, 0.1), new("replaced", 0.5, 0.8), new("replaced", 0.95, 1.5)]),
        new("hang", "replica hangs, probes 500 ms × 2", true, (s, t) => s.Script.HangAsync(t), 10, false,
            [new("out", 1, 1.5), new("replaced", 1, 2.5)]),
        new("roll", "rolling deploy, 1 s stable window", true, (s, t) => s.Script.RollAsync(null, t), 0, true, [new("total", 0.95, 3.5)]),
        new("broken", "broken image: exits", true, (s, t) => s.Script.BreakAsync("broken", t), 0, true, [new("decision", 1, 0.7)]),
        new("sick", "broken image: never healthy, deadline 5 s", false, (s, t) => s.Script.BreakAsync("sick", t), 0, true,
            [new("decision", 1, 6)]),
        new("never", "never listens, default check", false, (s, t) => s.Script.BreakAsync("never", t), 0, true, [new("decision", 1, 8)]),
        new("late", "listens 5 s late, default check", false, (s, t) => s.Script.RollAsync("late", t), 0, true, [new("total", 1, 20)]),
        new("renamed", "pool renamed", false, (s, t) => s.Script.RollAsync("renamed", t), 0, true, []),
        new("scale", "scale 3→20→3", false, (s, t) => s.Script.ScaleAsync(20, t), 0, true, [new("3→20", 1, 4.5)]),
        new("fifty", "scale 3→50→3", false, (s, t) => s.Script.ScaleAsync(50, t), 0, true, [new("3→50", 1, 11)]),
        new("drain", "drain a node", false, (s, t) => s.Control.DrainAsync(t), 0, true, []),
        new("leader", "leader kill -9", false, (s, t) => s.Control.KillLeaderAsync(t), 0, true, [new("new leader", 1, 5)]),
        new("sleeper", "leader SIGSTOP, then SIGCONT", false, (s, t) => s.Control.SleepingLeaderAsync(t), 0, true, [new("new leader", 1, 5)]),
        new("outage", "all managers, then all Consul servers down", false, (s, t) => s.Control.OutageAsync(s.Options.Outage, t), 0, false, []),
        new("emptied", "Consul emptied, spec applied again", false, (s, t) => s.Control.EmptiedAsync(t), 0, true, []),
        new("standby", "replica killed, warm_standby: 1", true, (s, t) => s.Script.KillAsync(t), 0, false, [new("replaced", 0.5, 0.1)], 1),
    ];

    /// <summary>Runs a row as often as is due.</summary>
    public static async Task<ResultRow> RunAsync(RowPlan plan, Stage stage, Action<string> progress, CancellationToken cancellationToken)
    {
        var rounds = plan.Repeated ? stage.Options.Rounds : 1;
        var runs = new List<Outcome>();
        for (var i = 0; i < rounds; i++)
        {
            runs.Add(await plan.RunAsync(stage, cancellationToken));
            progress($"{plan.Name} {i + 1}/{rounds}: {runs[^1].Traffic.Failed} failed; "
                + string.Join(", ", runs[^1].Times.Select(time => $"{time.Key} {time.Value:0.000} s")));
        }

        return new ResultRow(plan.Event, runs, (long)plan.MayFail * rounds, plan.AnyMethod, plan.Goals);
    }
}
