using System.Globalization;
using System.Text;
using Nexus.Bench.Reliability.Beds;
using Nexus.Bench.Reliability.Report;
using Nexus.Bench.Reliability.Rows;

namespace Nexus.Bench.Swarm;

/// <summary>The same script for each orchestrator, and the table of what came of it.</summary>
internal sealed class SideBySide(IReadOnlyList<string> chosen)
{
    /// <summary>Starts each contender.</summary>
    public static readonly IReadOnlyList<Func<CancellationToken, Task<IBed>>> Contenders =
    [
        async token => await NexusBed.StartAsync(new SpecShape(0, "500ms"), ["--managers", "1", "--workers", "1", "--consuls", "1"], token),
        async token => await SwarmBed.StartAsync(SwarmSettings.Tuned, token),
        async token => await SwarmBed.StartAsync(SwarmSettings.Defaults, token),
    ];

    private static readonly IReadOnlyDictionary<string, Func<FaultScript, CancellationToken, Task<Outcome>>> Events =
        new Dictionary<string, Func<FaultScript, CancellationToken, Task<Outcome>>>(StringComparer.Ordinal)
        {
            ["kill"] = (script, token) => script.KillAsync(token),
            ["hang"] = (script, token) => script.HangAsync(token),
            ["update"] = (script, token) => script.RollAsync(null, token),
            ["broken update, exits"] = (script, token) => script.BreakAsync("broken", token),
            ["broken update, never healthy"] = (script, token) => script.BreakAsync("sick", token),
            ["scale 3→20→3"] = (script, token) => script.ScaleAsync(20, token),
        };

    private readonly Dictionary<(string Event, string Bed), List<Outcome>> _outcomes = [];
    private readonly List<string> _beds = [];

    /// <summary>Rounds and events asked for; null after it has said what is wrong.</summary>
    public static (int Rounds, IReadOnlyList<string> Events)? ReadArguments(string[] args, TextWriter errors)
    {
        var (rounds, events) = (3, new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--rounds" && i + 1 < args.Length && int.TryParse(args[++i], CultureInfo.InvariantCulture, out rounds) && rounds > 0)
            {
                continue;
            }

            if (Events.Keys.FirstOrDefault(e => e.StartsWith(args[i], StringComparison.Ordinal)) is null)
            {
                errors.WriteLine($"'{args[i]}' is neither an option nor the beginning of an event; events are: {string.Join("; ", Events.Keys)}.");
                return null;
            }

            events.AddRange(Events.Keys.Where(e => e.StartsWith(args[i], StringComparison.Ordinal)));
        }

        return (rounds, events.Count > 0 ? events : [.. Events.Keys]);
    }

    /// <summary>One turn of one orchestrator.</summary>
    public async Task RunAsync(IBed bed, FaultScript script, int round, Action<string> progress, CancellationToken cancellationToken)
    {
        if (!_beds.Contains(bed.Name))
        {
            _beds.Add(bed.Name);
        }

        foreach (var name in chosen)
        {
            try
            {
                var outcome = await Events[name](script, cancellationToken);
                if (!_outcomes.TryGetValue((name, bed.Name), out var all))
                {
                    _outcomes[(name, bed.Name)] = all = [];
                }

                all.Add(outcome);
                progress($"round {round}, {bed.Name}, {name}: {outcome.Traffic.Failed + outcome.Traffic.OtherFailed} failed; "
                    + string.Join(", ", outcome.Times.Select(t => $"{t.Key} {t.Value:0.00} s")) + (outcome.Note is null ? "" : $"; {outcome.Note}"));
            }
            catch (TimeoutException e)
            {
                progress($"round {round}, {bed.Name}, {name}: {e.Message}");
            }
        }
    }

    /// <summary>The table: medians over the rounds, failed requests of all rounds as least–most.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        text.AppendLine("Medians over the rounds; failed requests of 720 a second (500 GET over kept connections, 200 GET with a connection each, 20 POST), least–most.");
        text.AppendLine("Swarm's routing mesh needs IPVS, which this kernel may lack: in its place stands a layer-4 round-robin proxy driven by the engine's");
        text.AppendLine("events, which goes on to the next task when one refuses, as IPVS would not. Detection, replacement, updates and rollback are Swarm's own.");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| event | {string.Join(" | ", _beds)} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---{string.Concat(_beds.Select(_ => "|---"))}|");
        foreach (var name in chosen)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", _beds.Select(bed => Cell(name, bed)))} |");
        }

        return text.ToString();
    }

    private string Cell(string name, string bed)
    {
        if (!_outcomes.TryGetValue((name, bed), out var runs))
        {
            return "did not end";
        }

        var failed = runs.Select(r => r.Traffic.Failed + r.Traffic.OtherFailed).Order().ToList();
        var row = new ResultRow(name, runs, 0, AnyMethod: true, []);
        var times = row.TimeNames.Select(time => $"{time} {row.At(time, 0.5):0.00} s");
        var stuck = runs.Any(r => r.Note?.StartsWith("not rolled back", StringComparison.Ordinal) == true) ? "; not rolled back" : "";
        return $"{(failed[0] == failed[^1] ? $"{failed[0]}" : $"{failed[0]}–{failed[^1]}")} failed; {string.Join(", ", times)}{stuck}";
    }
}
