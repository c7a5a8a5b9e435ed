using System.Collections.Immutable;
using System.Globalization;
using Nexus.Core.Spec;
using Nexus.Runtime.Process;
using Nexus.Runtime.Tests.Contract;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests.Process;

public sealed class ProcessLifeTests() : RuntimeLifeContract(new ProcessKit());

public sealed class ProcessTalkTests() : RuntimeTalkContract(new ProcessKit());

/// <summary>What plain processes add to the contract.</summary>
public sealed class ProcessRuntimeTests() : RuntimeTest(new ProcessKit())
{
    private string Folder(Workload workload) => Path.Combine(Kit.WritableDirectory, "state", Cluster, Node.Value, workload.Id.Value);

    [Fact]
    public async Task A_workload_holds_nothing_of_its_agent()
    {
        var started = await Runtime.StartAsync(Spec("exec sleep 1000"), Cancel);

        var session = ProcStat.Read(started.Pid!.Value)!.Value.Session;
        Assert.NotEqual(ProcStat.Read(Environment.ProcessId)!.Value.Session, session);
        foreach (var pid in new[] { started.Pid.Value, session })
        {
            var streams = Enumerable.Range(0, 3).Select(n => new FileInfo($"/proc/{pid}/fd/{n}").LinkTarget);
            var output = Path.Combine(Folder(started), "output.log");
            Assert.Equal(["/dev/null", output, output], streams);
        }
    }

    [Fact]
    public async Task Variables_that_a_shell_would_drop_reach_the_workload()
    {
        const string Value = "a \"b\" $HOME `c` 'd'\n\\e";
        var template = Kit.Template(["/bin/busybox", "sleep", "1000"]) with
        {
            Env = ImmutableSortedDictionary<string, string>.Empty.Add("a.b-c", Value).Add("OTHER", Value).Add("a-", ""),
        };

        var started = await Runtime.StartAsync(SpecOf(template), Cancel);

        // While it becomes the program it has the environment of env, in which they are as well.
        await Eventually.HoldsAsync(
            () => ProcessEnvironment.Read(started.Pid!.Value) is var seen && seen.Contains($"a.b-c={Value}") && seen.Contains($"OTHER={Value}") && seen.Contains("a-="),
            "its environment has all variables");
        Assert.DoesNotContain(ProcessEnvironment.Read(started.Pid!.Value), variable => variable.StartsWith("NEXUS_ENV_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_workload_survives_the_kill_of_its_agent_and_its_end_is_still_told_with_its_code()
    {
        var id = await KilledAgent.RunAndKillAsync(Kit.WritableDirectory, Cluster, Node, Cancel);
        await using var exits = new ExitWatch(Runtime);

        var found = Assert.Single(await Runtime.ListAsync(Cancel));
        Assert.Equal((id, WorkloadState.Running), (found.Id.Value, found.State));
        await SaysAsync(found, "ready");
        await Runtime.StopAsync(found.Id, TimeSpan.FromSeconds(20), Cancel);

        Assert.Equal(6, (await exits.NextWithCodeAsync(found.Allocation)).ExitCode);
    }

    [Fact]
    public async Task A_workload_whose_shell_was_killed_runs_on_and_can_be_stopped()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec("sleep 1000 & exec sleep 1000"), Cancel);
        using (var shell = OsProcess.GetProcessById(ProcStat.Read(started.Pid!.Value)!.Value.Session))
        {
            shell.Kill();
            await shell.WaitForExitAsync(Cancel);
        }

        Assert.Equal(WorkloadState.Running, (await FindAsync(started.Allocation)).State);
        await Runtime.StopAsync(started.Id, TimeSpan.FromSeconds(20), Cancel);

        Assert.Null((await exits.NextAsync(started.Allocation)).ExitCode);
        var listed = await FindAsync(started.Allocation);
        Assert.Equal((WorkloadState.Exited, (int?)null), (listed.State, listed.ExitCode));
    }

    [Fact]
    public async Task The_end_of_the_main_process_is_the_end_of_all()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec("sleep 1000 & echo $! >&2; sleep 0.1; exit 1"), Cancel);
        await exits.NextWithCodeAsync(started.Allocation);
        var child = int.Parse(Assert.Single(await Runtime.TailLogsAsync(started.Id, 1, Cancel)), CultureInfo.InvariantCulture);

        await Eventually.HoldsAsync(() => ProcStat.Read(child) is not { IsEnded: false }, $"its child {child} ended");
    }

    [Fact]
    public async Task A_process_number_used_again_is_not_taken_for_the_workload()
    {
        var started = await Runtime.StartAsync(Spec("exec sleep 1000"), Cancel);
        await Runtime.StopAsync(started.Id, TimeSpan.Zero, Cancel);
        using var stranger = OsProcess.Start("sleep", "1000");
        var start = ProcStat.Read(stranger.Id)!.Value.StartTicks;

        await File.WriteAllTextAsync(
            Path.Combine(Folder(started), "processes"), $"{stranger.Id} {start - 1} {stranger.Id} {start - 1}\n", Cancel);

        Assert.Equal(WorkloadState.Exited, (await FindAsync(started.Allocation)).State);
        await Runtime.RemoveAsync(started.Id, Cancel);
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Fact]
    public async Task A_workload_recorded_and_never_started_is_started()
    {
        var spec = Spec("exec sleep 1000");
        var started = await Runtime.StartAsync(spec, Cancel);
        await Runtime.StopAsync(started.Id, TimeSpan.Zero, Cancel);
        File.Delete(Path.Combine(Folder(started), "processes"));
        Directory.Delete(Path.Combine(Folder(started), "started"));
        Assert.Equal(WorkloadState.Created, (await FindAsync(spec.Allocation)).State);

        Assert.Equal(WorkloadState.Running, (await Runtime.StartAsync(spec, Cancel)).State);
    }

    [Fact]
    public async Task The_port_stands_in_the_arguments_and_in_the_environment()
    {
        var started = await Runtime.StartAsync(
            SpecOf(Kit.Template(["/bin/sh", "-c", "echo {port} $PORT; exec sleep 1000"]) with { Port = 80 }), Cancel);

        await SaysAsync(started, $"{started.HostPort} {started.HostPort}");
    }

    [Fact]
    public async Task Start_says_which_program_is_missing()
    {
        var spec = SpecOf(Kit.Template(["/no/such/program"]));

        var refused = await Assert.ThrowsAsync<WorkloadStartException>(() => Runtime.StartAsync(spec, Cancel));

        Assert.Contains("/no/such/program", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await Runtime.ListAsync(Cancel));
    }

    [Fact]
    public async Task Start_says_which_directory_is_missing()
    {
        var template = Kit.Template(["sleep", "1"]) with { Process = new ProcessSpec { Command = ["sleep", "1"], WorkingDirectory = "none" } };

        var refused = await Assert.ThrowsAsync<WorkloadStartException>(() => Runtime.StartAsync(SpecOf(template), Cancel));

        Assert.Contains(Path.Combine(Kit.WritableDirectory, "none"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_of_a_pool_without_a_process_command_says_what_to_do()
    {
        var refused = await Assert.ThrowsAsync<WorkloadStartException>(
            () => Runtime.StartAsync(SpecOf(new PoolTemplate { Image = "web:1" }), Cancel));

        Assert.Contains("process.command", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_of_the_agent_stays_with_it()
    {
        Environment.SetEnvironmentVariable("NEXUS_TEST_SECRET", "hidden");
        var started = await Runtime.StartAsync(Spec("echo \"[$NEXUS_TEST_SECRET]\"; exec sleep 1000"), Cancel);

        await SaysAsync(started, "[]");
    }
}
