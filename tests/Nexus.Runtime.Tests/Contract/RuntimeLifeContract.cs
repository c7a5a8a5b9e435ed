using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests.Contract;

/// <summary>What every runtime promises of the life of its workloads.</summary>
public abstract class RuntimeLifeContract(IRuntimeKit kit) : RuntimeTest(kit)
{
    [Fact]
    public async Task Describe_tells_what_the_machine_can_give()
    {
        var info = await Runtime.DescribeAsync(Cancel);

        Assert.NotEmpty(info.Name);
        Assert.Equal(NodeFacts.Arch, info.Arch);
        Assert.True(info.Capacity is { CpuMillicores: >= 1000, MemoryBytes: > 100_000_000 });
    }

    [Fact]
    public async Task Start_runs_it_and_list_tells_all_about_it()
    {
        var spec = Spec(RunForEver, port: 8080);

        var started = await Runtime.StartAsync(spec, Cancel);

        var listed = await FindAsync(spec.Allocation);
        Assert.Equal(started, listed);
        Assert.Equal((spec.Pool, spec.Revision, spec.Attempt), (listed.Pool, listed.Revision, listed.Attempt));
        Assert.Equal(WorkloadState.Running, listed.State);
        Assert.NotNull(listed.Pid);
        Assert.NotNull(listed.HostPort);
        Assert.NotNull(listed.StartedAt);
        Assert.Null(listed.ExitCode);
    }

    [Fact]
    public async Task Start_gives_no_port_to_what_serves_none()
    {
        var started = await Runtime.StartAsync(Spec("echo \"port=$PORT.\"; exec sleep 1000"), Cancel);

        Assert.Null(started.HostPort);
        await SaysAsync(started, "port=.");
    }

    [Fact]
    public async Task Start_by_many_at_once_makes_one()
    {
        var spec = Spec(RunForEver);

        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Runtime.StartAsync(spec, Cancel)));

        Assert.Single(started.Select(w => w.Id).Distinct());
        Assert.Single(await Runtime.ListAsync(Cancel));
    }

    [Fact]
    public async Task Start_of_many_at_once_makes_all_with_ports_of_their_own()
    {
        var specs = Enumerable.Range(0, 4).Select(i => Spec(RunForEver, $"web-1-{i}", port: 8080));

        var started = await Task.WhenAll(specs.Select(spec => Runtime.StartAsync(spec, Cancel)));

        Assert.Equal(4, started.Select(w => w.HostPort).Distinct().Count());
        Assert.Equal(4, (await Runtime.ListAsync(Cancel)).Count(w => w.State == WorkloadState.Running));
    }

    [Fact]
    public async Task Start_of_an_attempt_that_has_ended_returns_its_end()
    {
        await using var exits = new ExitWatch(Runtime);
        var spec = Spec("exit 4");
        await Runtime.StartAsync(spec, Cancel);
        await exits.NextWithCodeAsync(spec.Allocation);

        var again = await Runtime.StartAsync(spec, Cancel);

        Assert.Equal((WorkloadState.Exited, 4), (again.State, again.ExitCode));
    }

    [Fact]
    public async Task An_exit_is_told_and_listed_with_its_code()
    {
        await using var exits = new ExitWatch(Runtime);
        var spec = Spec("exit 7");

        await Runtime.StartAsync(spec, Cancel);

        Assert.Equal(7, (await exits.NextWithCodeAsync(spec.Allocation)).ExitCode);
        var listed = await FindAsync(spec.Allocation);
        Assert.Equal((WorkloadState.Exited, 7), (listed.State, listed.ExitCode));
        Assert.NotNull(listed.FinishedAt);
        Assert.Null(listed.Pid);
    }

    [Fact]
    public async Task A_killed_one_is_told_and_never_listed_as_running_again()
    {
        await using var exits = new ExitWatch(Runtime);
        var spec = Spec(RunForEver);
        var started = await Runtime.StartAsync(spec, Cancel);

        using (var process = OsProcess.GetProcessById(started.Pid!.Value))
        {
            process.Kill();
        }

        var exit = await exits.NextAsync(spec.Allocation);
        Assert.Equal(WorkloadState.Exited, (await FindAsync(spec.Allocation)).State);
        exit = exit.ExitCode is null ? await exits.NextWithCodeAsync(spec.Allocation) : exit;
        Assert.Equal(137, exit.ExitCode);
        Assert.Equal(137, (await FindAsync(spec.Allocation)).ExitCode);
    }

    [Fact]
    public async Task Stop_lets_it_end_by_itself()
    {
        var started = await Runtime.StartAsync(Spec("trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"), Cancel);
        await SaysAsync(started, "ready");

        await Runtime.StopAsync(started.Id, TimeSpan.FromSeconds(20), Cancel);

        var listed = await FindAsync(started.Allocation);
        Assert.Equal((WorkloadState.Exited, 3), (listed.State, listed.ExitCode));
    }

    [Fact]
    public async Task Stop_kills_what_does_not_end_within_its_grace()
    {
        var started = await Runtime.StartAsync(Spec("trap '' TERM; echo ready; while :; do sleep 0.05; done"), Cancel);
        await SaysAsync(started, "ready");

        await Runtime.StopAsync(started.Id, TimeSpan.FromMilliseconds(100), Cancel);

        var listed = await FindAsync(started.Allocation);
        Assert.Equal((WorkloadState.Exited, 137), (listed.State, listed.ExitCode));
    }

    [Fact]
    public async Task Stop_leaves_no_process_of_it()
    {
        var started = await Runtime.StartAsync(
            Spec("sleep 1000 & echo child $!; trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"), Cancel);
        await SaysAsync(started, "ready");
        Assert.NotEmpty(LivingProcesses());

        await Runtime.StopAsync(started.Id, TimeSpan.FromSeconds(20), Cancel);

        Assert.Empty(LivingProcesses());
    }

    [Fact]
    public async Task Stop_and_remove_of_the_unknown_do_nothing()
    {
        await Runtime.StopAsync(new WorkloadId("no-such-workload"), TimeSpan.Zero, Cancel);
        await Runtime.RemoveAsync(new WorkloadId("no-such-workload"), Cancel);

        Assert.Empty(await Runtime.ListAsync(Cancel));
    }

    [Fact]
    public async Task A_paused_one_stands_still_is_told_so_to_a_later_agent_and_goes_on()
    {
        var started = await Runtime.StartAsync(Spec("i=0; while :; do echo line $i; i=$((i+1)); sleep 0.02; done"), Cancel);
        await SaysAsync(started, "line 3");

        Assert.True(await Runtime.PauseAsync(started.Id, Cancel));
        Assert.True(await Runtime.PauseAsync(started.Id, Cancel));
        var still = await Runtime.TailLogsAsync(started.Id, 1, Cancel);
        var paused = await FindAsync(started.Allocation);
        Assert.Equal((WorkloadState.Running, true), (paused.State, paused.Paused));
        Assert.True((await FindAsync(started.Allocation, Open(Cluster))).Paused);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);
        Assert.Equal(still, await Runtime.TailLogsAsync(started.Id, 1, Cancel));

        Assert.True(await Runtime.UnpauseAsync(started.Id, Cancel));
        Assert.True(await Runtime.UnpauseAsync(started.Id, Cancel));
        Assert.False((await FindAsync(started.Allocation)).Paused);
        await Eventually.HoldsAsync(
            async () => !(await Runtime.TailLogsAsync(started.Id, 1, Cancel)).SequenceEqual(still), "it went on after its pause");
    }

    [Fact]
    public async Task A_paused_one_can_be_stopped_and_its_end_is_told()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec("trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"), Cancel);
        await SaysAsync(started, "ready");
        await Runtime.PauseAsync(started.Id, Cancel);

        await Runtime.StopAsync(started.Id, TimeSpan.FromSeconds(20), Cancel);

        Assert.Equal(3, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
        var listed = await FindAsync(started.Allocation);
        Assert.Equal((WorkloadState.Exited, false), (listed.State, listed.Paused));
    }

    [Fact]
    public async Task A_paused_one_can_be_killed()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec(RunForEver), Cancel);
        await Runtime.PauseAsync(started.Id, Cancel);

        await Runtime.SignalAsync(started.Id, WorkloadSignal.Kill, Cancel);

        Assert.Equal(137, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
    }

    [Fact]
    public async Task Signal_freezes_thaws_and_kills_all_of_it()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec("(i=0; while :; do echo line $i; i=$((i+1)); sleep 0.02; done) & wait"), Cancel);
        await SaysAsync(started, "line 3");

        Assert.True(await Runtime.SignalAsync(started.Id, WorkloadSignal.Freeze, Cancel));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        var still = await Runtime.TailLogsAsync(started.Id, 1, Cancel);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancel);
        Assert.Equal(still, await Runtime.TailLogsAsync(started.Id, 1, Cancel));
        Assert.False((await FindAsync(started.Allocation)).Paused, "a freeze is a fault, not a pause");

        Assert.True(await Runtime.SignalAsync(started.Id, WorkloadSignal.Thaw, Cancel));
        await Eventually.HoldsAsync(
            async () => !(await Runtime.TailLogsAsync(started.Id, 1, Cancel)).SequenceEqual(still), "it went on");

        Assert.True(await Runtime.SignalAsync(started.Id, WorkloadSignal.Freeze, Cancel));
        Assert.True(await Runtime.SignalAsync(started.Id, WorkloadSignal.Kill, Cancel));
        Assert.Equal(137, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
        await Eventually.HoldsAsync(() => LivingProcesses().Count == 0, "none of its processes lives");
        Assert.False(await Runtime.SignalAsync(started.Id, WorkloadSignal.Kill, Cancel));
        Assert.False(await Runtime.PauseAsync(started.Id, Cancel));
        Assert.False(await Runtime.UnpauseAsync(new WorkloadId("no-such-workload"), Cancel));
    }

    [Fact]
    public async Task A_fixed_port_of_the_node_is_used_and_told_when_it_is_taken()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        socket.Listen();
        var port = ((System.Net.IPEndPoint)socket.LocalEndPoint!).Port;
        var template = Spec(RunForEver, port: 8080).Template with { HostPort = port };

        var refused = await Assert.ThrowsAsync<WorkloadStartException>(() => Runtime.StartAsync(SpecOf(template), Cancel));
        Assert.Contains($"host_port {port} is taken", refused.Message, StringComparison.Ordinal);

        socket.Dispose();
        Assert.Equal(port, (await Runtime.StartAsync(SpecOf(template), Cancel)).HostPort);
    }

    [Fact]
    public async Task Remove_kills_it_and_forgets_it()
    {
        var started = await Runtime.StartAsync(Spec(RunForEver), Cancel);

        await Runtime.RemoveAsync(started.Id, Cancel);
        await Runtime.RemoveAsync(started.Id, Cancel);

        Assert.Empty(await Runtime.ListAsync(Cancel));
        Assert.Empty(LivingProcesses());
    }

    [Fact]
    public async Task It_never_touches_what_is_of_another_cluster()
    {
        var stranger = Open(Cluster + "x");
        var started = await Runtime.StartAsync(Spec(RunForEver), Cancel);

        Assert.Empty(await stranger.ListAsync(Cancel));
        await stranger.StopAsync(started.Id, TimeSpan.Zero, Cancel);
        await stranger.RemoveAsync(started.Id, Cancel);
        Assert.Empty(await stranger.TailLogsAsync(started.Id, 10, Cancel));
        Assert.Equal(CommandResult.CouldNotRun, (await stranger.ExecAsync(started.Id, ["/bin/true"], TimeSpan.FromSeconds(5), Cancel)).ExitCode);

        Assert.Equal(WorkloadState.Running, (await FindAsync(started.Allocation)).State);
    }

    [Fact]
    public async Task It_survives_its_agent_and_its_end_is_still_told_with_its_code()
    {
        var started = await Runtime.StartAsync(Spec("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done", port: 8080), Cancel);
        await SaysAsync(started, "ready");
        await CloseAsync(Runtime);

        var next = Open(Cluster);
        await using var exits = new ExitWatch(next);

        Assert.Equal(started, await FindAsync(started.Allocation, next));
        Assert.Equal(started.Id, (await next.StartAsync(Spec("exit 1"), Cancel)).Id); // same attempt: taken up, not made anew
        await next.StopAsync(started.Id, TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal(5, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
    }
}
