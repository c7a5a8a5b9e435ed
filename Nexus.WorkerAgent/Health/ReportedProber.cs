using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Health;

/// <summary>
/// Makes the checks that Consul cannot make, and gives it the verdict after the pool's thresholds: scripts, and TCP checks of
/// containers whose own address it does not reach.
/// </summary>
internal sealed partial class ReportedProber(
    RuntimeConnection runtime, AssignmentHolder holder, AllocationBook book, HealthDesk desk, ReporterTools tools,
    ILogger<ReportedProber> logger) : BackgroundService
{
    private const int Parallel = 4;
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<AllocationId, Streak> _streaks = [];

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Glance, tools.Time, stoppingToken);
            try
            {
                await ProbeDueAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(e.Message, e);
            }
        }
    }

    private async Task ProbeDueAsync(CancellationToken cancellationToken)
    {
        var now = tools.Time.GetUtcNow();
        var targets = Targets();
        foreach (var gone in _streaks.Keys.Where(id => !targets.ContainsKey(id)).ToList())
        {
            _streaks.Remove(gone);
        }

        var due = new List<(Target Target, Streak Streak)>();
        foreach (var (id, target) in targets)
        {
            if (!_streaks.TryGetValue(id, out var streak) || streak.Workload != target.Workload)
            {
                streak = _streaks[id] = new Streak(target.Workload) { DueAt = now };
            }

            if (streak.DueAt <= now)
            {
                streak.DueAt = now + target.Health.Interval;
                due.Add((target, streak));
            }
        }

        foreach (var few in due.Chunk(Parallel))
        {
            await Task.WhenAll(few.Select(item => ProbeAsync(item.Target, item.Streak, cancellationToken)));
        }
    }

    private async Task ProbeAsync(Target target, Streak streak, CancellationToken cancellationToken)
    {
        var (problem, output) = target.Check == HealthCheckType.Script
            ? await RunScriptAsync(target, cancellationToken)
            : await ConnectAsync(target, cancellationToken);
        var before = streak.Results;
        var passing = (streak.Results = before.After(problem is null, target.Health)).Passing;
        if (desk.IsConsulSilent)
        {
            desk.Take(target.Allocation, target.Workload);
            if (passing != before.Passing)
            {
                desk.NoteOwn(target.Allocation, target.Workload, passing ? null : problem);
            }
        }
        else
        {
            await tools.Catalog.TryReportCheckAsync(target.Allocation, passing, output, cancellationToken);
            desk.Release(target.Allocation, target.Workload);
        }
    }

    private async Task<(ProbeAnswer? Problem, string Output)> RunScriptAsync(Target target, CancellationToken cancellationToken)
    {
        var result = await runtime.Required.ExecAsync(
            new WorkloadId(target.Workload), target.Health.Command, target.Health.Timeout, cancellationToken);
        var output = result.ExitCode is { } code ? $"exit code {code}: {result.Output}" : $"no answer within {target.Health.Timeout}";
        return result.ExitCode == 0 ? (null, output)
            : (new ProbeAnswer(result.ExitCode is null ? SickKind.Silent : SickKind.WrongAnswer, output), output);
    }

    private async Task<(ProbeAnswer? Problem, string Output)> ConnectAsync(Target target, CancellationToken cancellationToken)
    {
        var problem = await tools.Probe.AskAsync(
            target.Health, target.Check,
            new ProbeTarget(tools.Identity.Address, target.Port, target.Workload, target.Forwarding), cancellationToken);
        return (problem, problem?.Words ?? "TCP connect: success");
    }

    private Dictionary<AllocationId, Target> Targets()
    {
        var targets = new Dictionary<AllocationId, Target>();
        if (runtime.Current is null || holder.Current.Assignment is not { } assignment)
        {
            return targets;
        }

        var templates = assignment.Templates.Where(t => t.Template.Health.Type is HealthCheckType.Script or HealthCheckType.Tcp)
            .ToDictionary(t => (t.Pool, t.Revision), t => t.Template);
        foreach (var memory in templates.Count == 0 ? [] : book.Current.Values)
        {
            if (memory is { Phase: AllocationPhase.Running, ExitHeard: false, Workload: { } workload }
                && templates.TryGetValue((memory.Pool, memory.Revision), out var template)
                && PoolServices.EffectiveCheck(template, memory.Port) is var check
                && tools.Sources.IsReported(check, memory.Forwarding))
            {
                targets.Add(memory.Id, new Target(memory.Id, workload, check, template.Health) { Port = memory.Port, Forwarding = memory.Forwarding });
            }
        }

        return targets;
    }

    [LoggerMessage(5033, LogLevel.Warning, "Checks could not be made: {Reason}")]
    private partial void LogFailed(string reason, Exception exception);

    private sealed record Target(AllocationId Allocation, string Workload, HealthCheckType Check, HealthSpec Health)
    {
        public int? Port { get; init; }

        public PortForwarding? Forwarding { get; init; }
    }

    private sealed class Streak(string workload)
    {
        public string Workload => workload;

        public DateTimeOffset DueAt { get; set; }

        public ProbeStreak Results { get; set; } = new(Passing: true, 0);
    }
}

/// <summary>What a prober that reports works with.</summary>
internal sealed record ReporterTools(LocalCatalog Catalog, CheckSources Sources, ReplicaProbe Probe, AgentIdentity Identity, TimeProvider Time);
