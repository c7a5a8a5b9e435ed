using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Nexus.Api.V1;
using Nexus.Cli.Drills.Faults;
using Nexus.Cli.Drills.Sight;
using Nexus.Cli.Tests.Fakes;
using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Cli.Tests.Drills;

public sealed class SightTests
{
    [Fact]
    public void Routes_say_who_gets_requests()
    {
        const string Json = """
            {"revision": 3, "pools": [
              {"pool": "api", "trust": "Full", "destinations": [{"allocation": "api-0", "attempt": 0, "rotation": "In"}]},
              {"pool": "web", "trust": "Full", "destinations": [
                {"allocation": "web-0", "address": "http://x", "attempt": 2, "rotation": "In", "inFlight": 1},
                {"allocation": "web-1", "attempt": 0, "rotation": "In", "ejected": "ConnectFailed"},
                {"allocation": "web-2", "attempt": 0, "rotation": "Maintenance"}]}]}
            """;

        Assert.Equal(
            [new RoutedDestination("web-0", 2, true), new RoutedDestination("web-1", 0, false), new RoutedDestination("web-2", 0, false)],
            RoutesSight.Parse(Json, "web"));
        Assert.Null(RoutesSight.Parse("""{"message": "hello"}""", "web"));
        Assert.Null(RoutesSight.Parse("<html>", "web"));
    }

    public static TheoryData<string?, StatusView, RolloutView?> States => new()
    {
        { null, Settled, Samples.Rollout(RolloutPhase.Stable) },
        { null, Settled, null },
        { "there is no leader", Settled with { Leader = null }, null },
        { "web: progressing, 1/3 available of ab12cd34ef, 2 old", Settled, Samples.Rollout(RolloutPhase.Progressing) },
        { "web: the leader has not seen the spec yet", Settled, Samples.Rollout(RolloutPhase.Stable) with { Requested = "0ld0ld0ld0" } },
        { "web: 2/3 healthy, 3/3 up to date", Settled with { Pools = [Samples.Pool("web", 3, 2, 3)] }, null },
        { "managers are missing", Settled with { Managers = [new PeerView("m1", "http://x", false)] }, null },
        { "gateways are missing", Settled with { Gateways = [] }, null },
        { "nodes are not ready", Settled with { Nodes = [Samples.Node("n1") with { Status = NodeStatus.Suspect }] }, null },
        {
            "web: replicas are still being stopped",
            Settled with { Allocations = [Samples.Allocation("web-9", "web", AllocationPhase.Draining, true) with { Desired = DesiredStatus.Stop }] },
            null
        },
    };

    private static StatusView Settled => Samples.Status with
    {
        Pools = [Samples.Pool("web", 3, 3, 3)],
        Allocations = [Samples.Allocation("web-1-0", "web", AllocationPhase.Running, healthy: true)],
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Full_capacity_is_everything_that_was_there_before(string? missing, StatusView status, RolloutView? rollout) =>
        Assert.Equal(missing, Watch.Unsettled(status, status.Pools[0], rollout, Settled));

    [Theory]
    [InlineData("1:name=systemd:/system.slice/nexus-manager.service\n", true)]
    [InlineData("0::/system.slice/nexus-manager.service\n", true)]
    [InlineData("0::/user.slice/user-0.slice/session-2.scope\n", false)]
    [InlineData("0::/\n", false)]
    public void A_service_of_systemd_is_started_again_by_it(string cgroup, bool supervised) =>
        Assert.Equal(supervised, LocalProcess.IsSupervised(cgroup));

    [Fact]
    public void A_listening_process_is_found_by_its_port()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.Equal(Environment.ProcessId, Listeners.FindPid(port));
        listener.Stop();
        Assert.Null(Listeners.FindPid(port));
    }

    [Fact]
    public async Task A_killed_process_is_started_again_as_it_was()
    {
        var directory = Directory.CreateTempSubdirectory("nexus-drill-").FullName;
        // Of no file: the output of the tests themselves may be one.
        var start = new ProcessStartInfo("/bin/sleep", ["1000"])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DRILLED"] = "a=b c";
        using var original = Process.Start(start)!;
        var process = LocalProcess.TryRead("sleeper", original.Id, out var obstacle)!;
        Assert.Null(obstacle);

        Signals.Send(process, Signals.Kill);
        await original.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(process.IsAlive());
        var again = process.StartAgain(directory);
        try
        {
            await UntilAsync(() => LocalProcess.TryRead("sleeper", again.Pid, out _)?.Program.EndsWith("sleep", StringComparison.Ordinal) == true);
            var read = LocalProcess.TryRead("sleeper", again.Pid, out _)!;

            Assert.NotEqual(process.Pid, again.Pid);
            Assert.Equal(["1000"], read.Arguments);
            Assert.Equal("a=b c", read.Environment["DRILLED"]);
            Assert.Equal(directory, read.Directory);
            Assert.Equal(Path.Combine(directory, "nexus-drill-sleeper.log"), again.Output);
        }
        finally
        {
            Signals.Send(again, Signals.Kill);
            await UntilAsync(() => !again.IsAlive());
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_process_that_is_not_there_is_an_obstacle()
    {
        var services = new LocalServices("here", "/tmp", TimeProvider.System, _ => { });

        Assert.Null(services.Find(new PeerView("m1", "http://x", true), out var silent));
        Assert.Equal("m1 does not say on which machine and as which process it runs", silent);
        Assert.Null(services.Find(new PeerView("m1", "http://x", true, "there", 1), out var elsewhere));
        Assert.Equal("m1 runs on there; run the drill there to have it killed", elsewhere);
        Assert.Null(services.Find(new PeerView("m1", "http://x", true, "here", int.MaxValue), out var gone));
        Assert.Equal($"m1 (process {int.MaxValue}) does not exist or belongs to another user", gone);
    }

    [Fact]
    public async Task Undo_runs_backwards_goes_on_past_a_failure_and_keeps_what_failed()
    {
        var done = new List<string>();
        var said = new List<string>();
        var broken = true;
        var undo = new Undo(said.Add);
        undo.Add("do the first", _ => Do("first"));
        undo.Add("do the second", _ => broken ? throw new InvalidOperationException("not yet") : Do("second"));
        undo.Add("do the third", _ => Do("third"));
        undo.Add("do the third", _ => Do("third again"));

        Assert.False(await undo.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["third", "first"], done);
        Assert.Equal(["could not do the second: not yet"], said);
        broken = false;
        Assert.True(await undo.RunAsync(TestContext.Current.CancellationToken));
        Assert.True(undo.IsEmpty);
        Assert.Equal(["third", "first", "second"], done);

        Task Do(string what)
        {
            done.Add(what);
            return Task.CompletedTask;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }
}
