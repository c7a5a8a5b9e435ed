using Nexus.Cli.Drills.Sight;

namespace Nexus.Cli.Drills.Faults;

/// <summary>SIGKILL to the Consul server that leads.</summary>
internal sealed class ConsulLeaderKillFault(HttpClient http, ConsulServers servers) : IFault
{
    public string Name => "consul-leader-kill";

    public FaultPromise Promise => FaultPromise.All;

    public string? Obstacle(DrillStage stage) => servers switch
    {
        { Servers.Count: 0 } => servers.Obstacle ?? "no Consul server was found here",
        { Peers: < 3 } => $"there {(servers.Peers == 1 ? "is one Consul server" : $"are {servers.Peers} Consul servers")}; without one of them there is no quorum. consul-outage shows that",
        _ => servers.Obstacle,
    };

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var leader = await servers.LeaderAsync(http, cancellationToken) ?? throw new DrillFailedException("no Consul server leads");
        var process = LocalServices.Find(leader.Process.Name, Listeners.FindPid(leader.Address.Port) ?? 0, out var obstacle)
            ?? throw new DrillFailedException(obstacle!);
        stage.Undo.Add($"start {process.Name} (process {process.Pid}) again", token => stage.Services.ReviveAsync(process, leader.Address.Port, token));
        var mark = stage.Watch.Now();
        Signals.Send(process, Signals.Kill);
        ConsulServer? next = null;
        while ((next = await servers.LeaderAsync(http, cancellationToken)) is null)
        {
            if (stage.Watch.Since(mark) > stage.Settings.RecoveryLimit)
            {
                throw new DrillFailedException("no other Consul server took over");
            }

            await stage.Watch.DelayAsync(TimeSpan.FromMilliseconds(50), cancellationToken);
        }

        var decided = stage.Watch.Since(mark);
        await stage.Services.ReviveAsync(process, leader.Address.Port, cancellationToken);
        return new FaultMarks { Decided = decided, Note = $"{process.Name}, then {next.Process.Name}" };
    }
}

/// <summary>SIGKILL to all Consul servers for a while; a replica that is killed meanwhile must come back without them.</summary>
internal sealed class ConsulOutageFault(ConsulServers servers) : IFault
{
    public string Name => "consul-outage";

    public FaultPromise Promise => FaultPromise.SafeOnly;

    public string? Obstacle(DrillStage stage) =>
        servers.Servers.Count == 0 ? servers.Obstacle ?? "no Consul server was found here" : servers.Obstacle;

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        var processes = servers.Servers.Select(s =>
        {
            var process = LocalServices.Find(s.Process.Name, Listeners.FindPid(s.Address.Port) ?? 0, out var obstacle)
                ?? throw new DrillFailedException(obstacle!);
            return (s.Address.Port, Process: process);
        }).ToList();
        foreach (var (port, process) in processes)
        {
            stage.Undo.Add($"start {process.Name} (process {process.Pid}) again", token => stage.Services.ReviveAsync(process, port, token));
        }

        var mark = stage.Watch.Now();
        processes.ForEach(p => Signals.Send(p.Process, Signals.Kill));
        var marks = await Outage.CrashMeanwhileAsync(stage, cancellationToken);
        await Outage.LastAsync(stage, mark, cancellationToken);
        await Task.WhenAll(processes.Select(p => stage.Services.ReviveAsync(p.Process, p.Port, cancellationToken)));
        return marks with { Note = $"{processes.Count} servers away for {stage.Settings.Outage.TotalSeconds:0} s; {marks.Note}" };
    }
}
