using Nexus.Cli.Drills.Load;
using Nexus.Cli.Terminals;
using Nexus.Cli.Views;
using Spectre.Console;

namespace Nexus.Cli.Drills.Report;

/// <summary>A drill's report for people.</summary>
internal static class ReportTable
{
    private const int ShownFailures = 5;

    /// <summary>Milliseconds from which it is said that the drill itself was late.</summary>
    private const double NotableLag = 100;

    public static void Write(IAnsiConsole console, DrillReport report)
    {
        console.Line($"{report.Cluster}, pool {report.Pool} of {report.Replicas}: {report.Method} at {report.Rate}/s over kept connections and "
            + $"{report.NewConnectionsRate}/s with a new one each, open loop; latency from when a request was due");
        var table = new ColumnTable(
            "FAULT", "RUNS", "REQUESTS", "FAILED", "MAY-FAIL/RUN", "P50", "P99", "MAX", "OUT-OF-ROTATION", "FULL-CAPACITY", "DECIDED", "NOTE");
        foreach (var fault in report.Faults)
        {
            if (fault.Skipped is { } why)
            {
                table.Row(fault.Fault, "0", "-", "-", "-", "-", "-", "-", "-", "-", "-", new Piece($"skipped: {why}", Palette.Changing));
                continue;
            }

            table.Row(
                fault.Fault, $"{fault.Runs}", $"{fault.Requests}", new Piece($"{fault.Failed}", fault.Broken ? Palette.Bad : Palette.Good),
                fault.Allowed is { } most ? $"{most}" : "any", Time(fault.LatencyP50), Time(fault.LatencyP99), Time(fault.LatencyMax),
                Times(fault.Ejected), Times(fault.Full), Times(fault.Decided),
                fault.Error is { } error ? new Piece($"went wrong: {error}", Palette.Bad) : fault.Note ?? "");
        }

        console.Write(table);
        foreach (var fault in report.Faults.Where(f => f.Failed > 0))
        {
            console.Line($"{fault.Fault}: {string.Join(", ", fault.Kinds.Select(k => $"{k.Value} × {ConsoleLines.Harmless(k.Key)}"))}");
            foreach (var failed in fault.Failures.Take(ShownFailures))
            {
                console.Line($"  {ConsoleLines.Harmless(Line(failed))}");
            }
        }

        if (report.Faults.MaxBy(f => f.SenderLagMax) is { SenderLagMax: > NotableLag } late)
        {
            console.Line($"This machine had too little CPU for the load: in {late.Fault} requests were sent up to {Time(late.SenderLagMax)} late. "
                + "That is part of the latencies; run the drill from another machine, or at a lower --rate.");
        }

        console.Line(report.Kept
            ? new Piece("Every promise was kept.", Palette.Good)
            : new Piece("A promise was broken; see the rows with failures or errors.", Palette.Bad));
    }

    private static string Line(FailedRequest failed) =>
        $"due {HumanUnits.Seconds(failed.At)} after the fault, failed {HumanUnits.Seconds(failed.Took)} later: {failed.Kind}: {failed.Detail}";

    private static string Time(double milliseconds) => HumanUnits.Seconds(TimeSpan.FromMilliseconds(milliseconds));

    private static string Times(RunTimes? times) => times switch
    {
        null => "-",
        { All.Count: 1 } => Time(times.P50),
        _ => $"{Time(times.P50)} (p95 {Time(times.P95)}, max {Time(times.Max)})",
    };
}
