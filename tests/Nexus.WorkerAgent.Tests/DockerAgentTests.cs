using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Api.State;
using Nexus.Api.V1;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Runtime;
using Nexus.Testing;

namespace Nexus.WorkerAgent.Tests;

/// <summary>The agent on a real Docker Engine.</summary>
public sealed class DockerAgentTests(ConsulFixture consul)
{
    private const string Image = "nexus/agent-test-busybox";

    private static readonly Dictionary<string, string?> Settings = new() { ["Worker:Runtime"] = "docker", ["Worker:OwnerLabels:nexus.test"] = "agent" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_is_started_restarted_when_it_dies_kept_over_a_restart_and_stopped()
    {
        using var docker = await RequireImageAsync();
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, Settings);
        var web = new PoolTemplate
        {
            Image = Image + ":local",
            Command = ["/bin/busybox", "httpd", "-f", "-p", "8080"],
            Port = 8080,
            Drain = new DrainSpec { Timeout = TimeSpan.Zero, StopTimeout = TimeSpan.FromSeconds(2) },
        };
        await agent.AssignAsync(1, 1, new Wanted("box-1", web));
        var first = await agent.RunningAsync("box-1");

        Signals.Kill(await agent.PidAsync("box-1"));
        var second = await agent.RunningAsync("box-1", restarts: 1);
        await agent.ServiceAsync("box", "at the new port", e => e.Service.Port == second.Port && e.Service.Meta[CatalogNames.MetaAttempt] == "1");
        Assert.NotEqual(first.Port, second.Port);
        Assert.Equal(137, (await agent.ReportedAsync("box-1", "exit code known", a => a.ExitCode is not null)).ExitCode);

        var pid = await agent.PidAsync("box-1");
        await agent.LeaveAsync();
        await agent.RunAsync();
        await agent.EventAsync("AllocationAdopted", "box-1");
        await agent.RunningAsync("box-1", restarts: 1);
        Assert.Equal(pid, await agent.PidAsync("box-1"));

        await agent.AssignAsync(1, 2, new Wanted("box-1", web, DesiredStatus.Stop));
        await agent.ReportedAsync("box-1", "stopped", a => a.Phase == AllocationPhase.Stopped);
        Assert.Empty(await agent.Runtime.ListAsync(Token));
    }

    [Fact]
    public async Task A_paused_container_stands_in_for_a_dead_one_and_a_frozen_one_is_replaced()
    {
        using var docker = await RequireImageAsync();
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, Settings);
        var web = new PoolTemplate
        {
            Image = Image + ":local",
            Command = ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/bin"],
            Port = 8080,
            Health = new HealthSpec
            {
                Type = HealthCheckType.Http,
                Path = "/busybox",
                Interval = TimeSpan.FromMilliseconds(300),
                Timeout = TimeSpan.FromMilliseconds(300),
            },
            Drain = new DrainSpec { Timeout = TimeSpan.Zero, StopTimeout = TimeSpan.FromSeconds(2) },
        };
        await agent.AssignAsync(1, 1, new Wanted("crate-1", web), new Wanted("crate-2", web, DesiredStatus.Standby));
        await agent.RunningAsync("crate-1");
        await agent.ReportedAsync("crate-2", "paused", a => a.Phase == AllocationPhase.Paused);
        Assert.True((await agent.Runtime.ListAsync(Token)).Single(w => w.Allocation.Value == "crate-2").Paused);
        await using var stream = await ChangeStream.OpenAsync(agent);
        await stream.NextAsync("crate-1", AllocationChangeKind.Serving);

        Signals.Kill(await agent.PidAsync("crate-1"));
        await stream.NextAsync("crate-2", AllocationChangeKind.Serving);
        await agent.RunningAsync("crate-1", restarts: 1);

        var hung = (await agent.Runtime.ListAsync(Token)).Single(w => w.Allocation.Value == "crate-1" && w.State == WorkloadState.Running);
        Assert.True(await agent.Runtime.SignalAsync(hung.Id, WorkloadSignal.Freeze, Token));
        await stream.NextAsync("crate-1", AllocationChangeKind.Unhealthy);
        await stream.NextAsync("crate-1", AllocationChangeKind.Gone);
        Assert.Contains("was killed because its check fails", (await agent.EventAsync("AllocationExited", "crate-1", "check")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_cannot_be_had_is_told_and_tried_again_later()
    {
        using var docker = await RequireImageAsync();
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, Settings);
        await agent.AssignAsync(1, 1, new Wanted("nopull-1", new PoolTemplate { Image = "127.0.0.1:1/nexus/nowhere:1" }));

        var told = await agent.EventAsync("ImagePullFailed", "nopull-1");
        var seen = await agent.ReportedAsync("nopull-1", "failed", a => a.Phase == AllocationPhase.Failed);

        Assert.Contains("127.0.0.1:1/nexus/nowhere:1", told.Message, StringComparison.Ordinal);
        Assert.Equal(0, seen.Restarts);
        Assert.NotNull(seen.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_the_default_check_a_container_serves_from_when_it_listens_until_it_does_not(bool direct)
    {
        using var docker = await RequireImageAsync();
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, With(direct));
        await agent.AssignAsync(1, 1, new Wanted("late-1", Shell(
            "b=/bin/busybox; until [ -e /tmp/go ]; do $b sleep 0.1; done; $b httpd -f -p 8080 & until [ -e /tmp/stop ]; do $b sleep 0.1; done; kill $!; $b sleep 1000")));

        var starting = await agent.ReportedAsync("late-1", "why it does not serve", a => a.Reason?.Contains("TCP connect to", StringComparison.Ordinal) == true);
        Assert.Equal(AllocationPhase.Starting, starting.Phase);
        Assert.Contains(direct ? ":8080: Connection refused" : "nothing listens on the container's port", starting.Reason, StringComparison.Ordinal);
        Assert.Empty((await agent.Consul.Health.ServiceAsync("late", passingOnly: false, Token)).Value);

        var workload = Assert.Single(await agent.Runtime.ListAsync(Token));
        await agent.Runtime.ExecAsync(workload.Id, ["/bin/busybox", "touch", "/tmp/go"], TimeSpan.FromSeconds(5), Token);
        await agent.RunningAsync("late-1");
        await agent.ServiceAsync("late", "passing", e => e.AggregatedStatus == Nexus.Consul.CheckStatus.Passing);

        await agent.Runtime.ExecAsync(workload.Id, ["/bin/busybox", "touch", "/tmp/stop"], TimeSpan.FromSeconds(5), Token);
        await agent.EventAsync("AllocationUnhealthy", "late-1", direct ? "8080" : "nothing listens");
    }

    [Theory]
    [InlineData(8080)]
    [InlineData(null)]
    public async Task A_container_whose_command_cannot_be_executed_never_serves(int? port)
    {
        using var docker = await RequireImageAsync();
        await using var agent = await TestAgent.StartAsync(consul.Server.Address, Settings);
        await agent.AssignAsync(1, 1, new Wanted("noexec-1", new PoolTemplate { Image = Image + ":local", Command = ["/bin/no-such-program"], Port = port }));

        await agent.EventAsync("AllocationRestarting", "noexec-1", "failures in a row");

        Assert.DoesNotContain(await agent.EventsAsync(), e => e is { Kind: "AllocationHealthy", Allocation.Value: "noexec-1" });
    }

    private static Dictionary<string, string?> With(bool direct) => new(Settings) { ["Worker:CheckContainersDirectly"] = direct ? "true" : "false" };

    private static PoolTemplate Shell(string script) => new()
    {
        Image = Image + ":local",
        Command = ["/bin/busybox", "sh", "-c", script],
        Port = 8080,
        Health = new HealthSpec { Interval = TimeSpan.FromSeconds(1) },
        Drain = new DrainSpec { Timeout = TimeSpan.Zero, StopTimeout = TimeSpan.FromSeconds(1) },
    };

    private static async Task<DockerClient> RequireImageAsync()
    {
        if (!File.Exists(Templates.Busybox))
        {
            Assert.Skip("busybox-static is not installed.");
        }

        var client = new DockerClientBuilder().WithEndpoint(new Uri("unix:///var/run/docker.sock")).Build();
        try
        {
            await client.System.PingAsync(Token);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or IOException)
        {
            client.Dispose();
            Assert.Skip($"No Docker Engine answers: {e.Message}");
        }

        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "bin/") { Mode = (UnixFileMode)0b111_101_101 }, Token);
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "tmp/") { Mode = (UnixFileMode)0b111_111_111 }, Token);
            await writer.WriteEntryAsync(Templates.Busybox, "bin/busybox", Token);
        }

        tar.Position = 0;
        await client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = Image, Tag = "local" }, tar, null, new Progress<JSONMessage>(), Token);
        return client;
    }
}
