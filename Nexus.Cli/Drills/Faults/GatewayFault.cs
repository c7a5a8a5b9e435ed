using Nexus.Api.V1;
using Nexus.Cli.Drills.Sight;

namespace Nexus.Cli.Drills.Faults;

/// <summary>A gateway stopped in order and started again while another one is up.</summary>
internal sealed class GatewayRestartFault : IFault
{
    public string Name => "gateway-restart";

    public FaultPromise Promise => FaultPromise.SafeOnly;

    public string? Obstacle(DrillStage stage)
    {
        if (stage.Before.Gateways.Count(g => g.Healthy) < 2)
        {
            return "there is one gateway; nothing would take its requests";
        }

        if (stage.Settings.Urls.Count < 2)
        {
            return "the load knows one address; give --url for each gateway, so that requests find the other one";
        }

        string? obstacle = null;
        return stage.Before.Gateways.Any(g => stage.Services.Find(g, out obstacle) is not null) ? null : obstacle;
    }

    public async Task<FaultMarks> CauseAsync(DrillStage stage, int run, CancellationToken cancellationToken)
    {
        PeerView gateway = stage.Before.Gateways.Where(g => stage.Services.Find(g, out _) is not null).ElementAt(0);
        var process = stage.Services.Find(gateway, out _)!;
        var port = new Uri(gateway.Address).Port;
        stage.Undo.Add($"start {gateway.Name} (process {process.Pid}) again", token => stage.Services.ReviveAsync(process, port, token));
        var mark = stage.Watch.Now();
        Signals.Send(process, Signals.Terminate);
        await stage.Services.UntilGoneAsync(process, cancellationToken);
        var gone = stage.Watch.Since(mark);
        await stage.Services.ReviveAsync(process, port, cancellationToken);
        var full = await stage.Watch.UntilAsync(
            mark, $"{gateway.Name} is healthy", (status, _, _) => status.Gateways.Any(g => g.Name == gateway.Name && g.Healthy && g.Pid != process.Pid),
            cancellationToken);
        return new FaultMarks { Full = full, Note = $"{gateway.Name} took {Views.HumanUnits.Seconds(gone)} to stop" };
    }
}
