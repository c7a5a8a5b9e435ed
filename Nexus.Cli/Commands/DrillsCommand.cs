using System.CommandLine;
using Nexus.Cli.Drills;
using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Load;
using Nexus.Cli.Drills.Report;
using Nexus.Cli.Drills.Sight;
using Nexus.Cli.Terminals;

namespace Nexus.Cli.Commands;

/// <summary><c>nexus drill</c>: breaks a real cluster on purpose under load, and prints what that cost its users.</summary>
internal sealed class DrillsCommand(CommandContext context, string host)
{
    public static Command Describe(CommandRunner runner)
    {
        var options = new DrillOptions();
        var command = new Command(
            "drill", "Break the cluster on purpose under load and show what it costs. Exits 3 when a request failed where none may. "
                + "Needs 'drills: allowed' in the spec.");
        options.AddTo(command);
        return runner.AttachPlain(command, (context, parsed, cancellationToken) =>
            new DrillsCommand(context, runner.Surroundings.Host).RunAsync(options.Read(parsed), cancellationToken));
    }

    public async Task<ExitCode> RunAsync(DrillSettings settings, CancellationToken cancellationToken)
    {
        using var cluster = new ClusterSight(context.Connect(), context.ConnectTo, context.Time);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) })
        {
            Timeout = TimeSpan.FromSeconds(2),
        };
        var stage = await new DrillPreparation(cluster, http, context.Time, host, Say).PrepareAsync(settings, cancellationToken);
        if (settings.Urls.Count == 0)
        {
            stage.Ask(await GatewaysAsync(cancellationToken));
        }

        var (faults, skipped) = await ChooseAsync(stage, http, cancellationToken);
        if (faults.Count == 0)
        {
            throw new CommandFailedException(ExitCode.Failure, "none of the faults can be caused here: "
                + string.Join("; ", skipped.Select(s => $"{s.Fault}: {s.Skipped}")));
        }

        var target = new LoadTarget(stage.Settings.Urls, settings.Method, TimeSpan.FromSeconds(10));
        await AnswersAsync(target, cancellationToken);
        var report = await new DrillRun(stage, target, context.Time, Say).RunAsync(faults, skipped, cancellationToken);
        if (context.Json)
        {
            context.Terminal.Json(report, DrillJson.Default.DrillReport);
        }
        else
        {
            ReportTable.Write(context.Terminal.Out, report);
        }

        return report.Kept ? ExitCode.Ok : ExitCode.PromiseBroken;
    }

    private async Task<(IReadOnlyList<IFault> Faults, IReadOnlyList<FaultReport> Skipped)> ChooseAsync(
        DrillStage stage, HttpClient http, CancellationToken cancellationToken)
    {
        var local = stage.Before.Managers.Concat(stage.Before.Gateways).Select(p => stage.Services.Find(p, out _)).OfType<LocalProcess>();
        var consuls = await ConsulServers.FindAsync(http, local, stage.Settings.Consuls, cancellationToken);
        var all = FaultCatalog.All(http, consuls);
        var wanted = stage.Settings.Faults.Count == 0 ? all : [.. stage.Settings.Faults.Select(name => all.First(f => f.Name == name))];
        var skipped = wanted.Select(f => new FaultReport { Fault = f.Name, Skipped = f.Obstacle(stage) }).Where(f => f.Skipped is not null).ToList();
        foreach (var fault in skipped)
        {
            Say($"{fault.Fault}: skipped: {fault.Skipped}");
        }

        return ([.. wanted.Where(f => skipped.All(s => s.Fault != f.Name))], skipped);
    }

    /// <summary>Where the gateways say that they take requests: of each the first address, without TLS if it has one such.</summary>
    private async Task<IReadOnlyList<Uri>> GatewaysAsync(CancellationToken cancellationToken)
    {
        using var client = context.Connect();
        var status = await client.StatusAsync(cancellationToken);
        var addresses = status.Gateways
            .Select(g => g.TrafficAddresses.OrderBy(a => a.StartsWith("https:", StringComparison.Ordinal)).FirstOrDefault())
            .OfType<string>().Select(a => new Uri(a)).ToList();
        if (addresses.Count == 0)
        {
            throw new CommandFailedException(ExitCode.Failure, "no gateway says where it takes requests; name it with --url URL");
        }

        Say($"Requests go to {string.Join(" and ", addresses)}.");
        return addresses;
    }

    /// <summary>A wrong address would make every fault look bad.</summary>
    private async Task AnswersAsync(LoadTarget target, CancellationToken cancellationToken)
    {
        foreach (var url in target.Urls)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var sender = new LoadSender(target with { Urls = [url] }, newConnections: true, context.Time);
            if (await sender.SendAsync() is { } failure)
            {
                throw new CommandFailedException(
                    ExitCode.Failure, $"{target.Method} {url} fails before anything is broken: {failure.Kind}: {failure.Detail}");
            }
        }
    }

    private void Say(string line) => context.Terminal.Error.Line(ConsoleLines.Harmless(line));
}
