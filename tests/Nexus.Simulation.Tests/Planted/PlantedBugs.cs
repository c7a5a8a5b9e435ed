using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Runtime;
using Nexus.Simulation.Tests.Cluster;
using Nexus.Simulation.Tests.Consul;
using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Planted;

/// <summary>All planted bugs. Each must be caught.</summary>
internal static class PlantedBugs
{
    /// <summary>New ones each time: what one remembers is of one world.</summary>
    public static IReadOnlyList<PlantedBug> All =>
    [
        new FenceOff(), new CasIgnored(), new CommitsOverCommits(), new DrainWaitsForNobody(), new OneTooMany(), new EmptyMeansNone(),
        new NoBackoff(), new OneWitness(), new StopsBeforeItStarts(), new DeadThoughtAlive(), new ForgetsWhatFailed(),
        new ExclusiveIgnored(), new NeverRegisters(), new DropsWithoutStopping(), new ClocksCompared(), new WallClock(), new AcceptedIsServed(),
        new VolumesLeft(), new KeptUnreported(), new LossMeansStop(), new UnreadableMeansRemoved(), new CountsAgain(),
        new RoutesSwitchAtOnce(), new GatewaysFollowTheSpec(), new RetainedIsStopped(), new RoutesStay(),
    ];

    public static PlantedBug? Find(string? name) => name is null ? null : All.First(b => b.Name == name);
}

/// <summary>A leader's transactions lose the proof that it leads.</summary>
internal sealed class FenceOff : TransactionBug
{
    public override string Name => "fence-off";

    protected override bool Change(SimProcess caller, JsonArray operations) =>
        operations.RemoveAll(o => Verb(o!) is "check-session" or "check-index" or "check-not-exists") > 0 | Unfence(operations);
}

/// <summary>Compare-and-set writes without comparing.</summary>
internal sealed class CasIgnored : TransactionBug
{
    public override string Name => "cas-ignored";

    protected override bool Change(SimProcess caller, JsonArray operations) =>
        operations.RemoveAll(o => Verb(o!) is "check-index" or "check-not-exists") > 0 | Unfence(operations);
}

/// <summary>Assignments are written over whatever stands there, though the lock is still asked for.</summary>
internal sealed class CommitsOverCommits : TransactionBug
{
    private int _number;

    public override string Name => "generations-reused";

    protected override bool Change(SimProcess caller, JsonArray operations) =>
        ChangeAssignments(operations, assignment =>
        {
            if (++_number % 3 == 0 && (ulong?)assignment["generation"] > 1)
            {
                assignment["generation"] = (ulong)assignment["generation"]! - 1;
                return true;
            }

            return false;
        });
}

/// <summary>Agents see no gateway, and so wait for none.</summary>
internal sealed class DrainWaitsForNobody : AnswerBug
{
    public override string Name => "drain-waits-for-nobody";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) =>
        caller.Name[0] == 'n' && call.Path.EndsWith("nexus/gateways/", StringComparison.Ordinal) && answer.Status == HttpStatusCode.OK
            ? answer with { Body = "[]"u8.ToArray() }
            : answer;
}

/// <summary>The leader places every replica of a rollout twice.</summary>
internal sealed class OneTooMany : TransactionBug
{
    public override string Name => "places-above-surge";

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeAssignments(operations, assignment =>
    {
        var more = new List<JsonNode>();
        var present = assignment["allocations"]!.AsArray();
        foreach (var allocation in present.Where(a => ((string?)a!["reason"])?.StartsWith("replaces", StringComparison.Ordinal) == true))
        {
            for (var i = 0; i < 3; i++)
            {
                var id = $"{(string?)allocation!["id"]}-x{i}";
                if (!present.Any(a => (string?)a!["id"] == id))
                {
                    var copy = allocation.DeepClone();
                    copy["id"] = id;
                    more.Add(copy);
                }
            }
        }

        more.ForEach(present.Add);
        return more.Count > 0;
    });
}

/// <summary>A gateway takes an empty list for an empty pool.</summary>
internal sealed class EmptyMeansNone : PlantedBug
{
    public override string Name => "empty-means-none";

    public override bool GatewayBelievesEmptyLists => true;
}

/// <summary>Crashed replicas are restarted at once, always.</summary>
internal sealed class NoBackoff : AnswerBug
{
    public override string Name => "no-backoff";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) => ChangeValues(caller, call, answer, "nexus/desired/", 'n', text =>
        text.Replace("\"initialDelay\":\"00:00:02\"", "\"initialDelay\":\"00:00:00\"", StringComparison.Ordinal)
            .Replace("\"maxDelay\":\"00:00:10\"", "\"maxDelay\":\"00:00:00\"", StringComparison.Ordinal));
}

/// <summary>Managers do not hear the second witness.</summary>
internal sealed class OneWitness : AnswerBug
{
    public override string Name => "one-witness";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer) => ChangeValues(caller, call, answer, "nexus/gateways/", 'm', text =>
    {
        var report = JsonNode.Parse(text)!;
        report["nodes"] = new JsonArray();
        return report.ToJsonString();
    });
}

/// <summary>With every replica placed by a rollout another one is stopped at once.</summary>
internal sealed class StopsBeforeItStarts : TransactionBug
{
    public override string Name => "stops-before-replacement";

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeAssignments(operations, assignment =>
    {
        var present = assignment["allocations"]!.AsArray();
        var placed = present.Any(a => ((string?)a!["reason"])?.StartsWith("replaces", StringComparison.Ordinal) == true);
        var victim = present.FirstOrDefault(a => (string?)a!["desired"] == "Run"
            && ((string?)a["reason"])?.StartsWith("replaces", StringComparison.Ordinal) != true);
        if (!placed || victim is null)
        {
            return false;
        }

        victim["desired"] = "Stop";
        return true;
    });
}

/// <summary>What is not told to have ended is taken to run: the list is no truth of its own.</summary>
internal sealed class DeadThoughtAlive : PlantedBug
{
    public override string Name => "events-are-the-truth";

    public override SimRuntime Runtime(SimEngine engine, SimProcess process) => new EventRuntime(engine, process);

    private sealed class EventRuntime : SimRuntime
    {
        private readonly HashSet<string> _told = new(StringComparer.Ordinal);
        private readonly SimProcess _process;
        private readonly SimEngine _engine;

        public EventRuntime(SimEngine engine, SimProcess process)
            : base(engine, process)
        {
            (_engine, _process) = (engine, process);
            foreach (var ended in engine.Workloads.Where(w => !w.Running))
            {
                _told.Add(ended.Id);
            }

            engine.Ended += w =>
            {
                if (!engine.LosesEvents)
                {
                    _told.Add(w.Id);
                }
            };
        }

        public override Task<ImmutableArray<Workload>> ListAsync(CancellationToken cancellationToken) => _process.CallAsync<ImmutableArray<Workload>>(
            _engine.Latency,
            () => [.. _engine.Workloads.Select(w => _told.Contains(w.Id) ? Describe(w) : Describe(w) with { State = WorkloadState.Running, ExitCode = null })],
            cancellationToken);
    }
}

/// <summary>Leaders forget that a revision was given up, and try it again.</summary>
internal sealed class ForgetsWhatFailed : TransactionBug
{
    public override string Name => "rollback-loops";

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeValues(operations, "nexus/rollouts/", rollout =>
    {
        if ((string?)rollout["phase"] != "RolledBack")
        {
            return false;
        }

        rollout["phase"] = "Stable";
        rollout["requested"] = "none";
        return true;
    });
}

/// <summary>Managers do not see that a pool's replicas exclude each other, nor do agents.</summary>
internal sealed class ExclusiveIgnored : AnswerBug
{
    public override string Name => "exclusive-ignored";

    public override SimAnswer Answer(SimProcess caller, SimCall call, SimAnswer answer)
    {
        if (caller.Name[0] == 'm')
        {
            return ChangeValues(caller, call, answer, "nexus/spec/revisions/", 'm', text => text.Replace(", exclusive: true", "", StringComparison.Ordinal));
        }

        return ChangeValues(caller, call, answer, "nexus/desired/", 'n', text => text.Replace("\"exclusive\":true", "\"exclusive\":false", StringComparison.Ordinal));
    }
}

/// <summary>Agents never tell Consul of the replicas they start again.</summary>
internal sealed class NeverRegisters : PlantedBug
{
    public override string Name => "restarted-never-registered";

    public override byte[] Request(SimProcess caller, string path, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        return path == "/v1/agent/service/register" && text.Contains("nexus-allocation", StringComparison.Ordinal)
            && !text.Contains("\"nexus-attempt\":\"0\"", StringComparison.Ordinal)
            ? Encoding.UTF8.GetBytes(text.Replace("\"nexus-allocation\"", "\"allocation\"", StringComparison.Ordinal))
            : body;
    }
}

/// <summary>What is to be stopped is dropped from its assignment at once.</summary>
internal sealed class DropsWithoutStopping : TransactionBug
{
    public override string Name => "drops-without-stopping";

    protected override bool Change(SimProcess caller, JsonArray operations) => ChangeAssignments(
        operations, assignment => assignment["allocations"]!.AsArray().RemoveAll(a => (string?)a!["desired"] == "Stop") > 0);
}
