using System.Net;

namespace Nexus.Runtime.Tests.Contract;

/// <summary>What every runtime promises of talking to its workloads.</summary>
public abstract class RuntimeTalkContract(IRuntimeKit kit) : RuntimeTest(kit)
{
    [Fact]
    public async Task Tail_returns_the_last_lines_of_both_streams_oldest_first()
    {
        await using var exits = new ExitWatch(Runtime);
        var spec = Spec("for i in 1 2 3 4 5; do echo line $i; done; sleep 0.2; echo trouble >&2; printf unfinished");
        var started = await Runtime.StartAsync(spec, Cancel);
        await exits.NextWithCodeAsync(spec.Allocation);

        Assert.Equal(["line 5", "trouble", "unfinished"], await Runtime.TailLogsAsync(started.Id, 3, Cancel));
        Assert.Equal(7, (await Runtime.TailLogsAsync(started.Id, 100, Cancel)).Length);
    }

    [Fact]
    public async Task Follow_gives_lines_as_they_come_and_ends_with_the_workload()
    {
        var started = await Runtime.StartAsync(
            Spec($"cd {Kit.WritableDirectory}; echo one; echo two; while [ ! -e go ]; do sleep 0.05; done; echo three"), Cancel);
        await SaysAsync(started, "two");
        var lines = new List<string>();

        await foreach (var line in Runtime.FollowLogsAsync(started.Id, 1, Cancel))
        {
            lines.Add(line);
            if (line == "two")
            {
                var go = await Runtime.ExecAsync(
                    started.Id, ["/bin/busybox", "touch", $"{Kit.WritableDirectory}/go"], TimeSpan.FromSeconds(10), Cancel);
                Assert.Equal(0, go.ExitCode);
            }
        }

        Assert.Equal(["two", "three"], lines);
    }

    [Fact]
    public async Task Logs_of_the_unknown_are_empty()
    {
        Assert.Empty(await Runtime.TailLogsAsync(new WorkloadId("no-such-workload"), 10, Cancel));
        Assert.Empty(await Runtime.FollowLogsAsync(new WorkloadId("no-such-workload"), 10, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Exec_runs_inside_and_returns_code_and_output()
    {
        var started = await Runtime.StartAsync(Spec(RunForEver, "web-1-3"), Cancel);

        var result = await Runtime.ExecAsync(
            started.Id, ["/bin/busybox", "sh", "-c", "echo of $NEXUS_ALLOCATION; echo bad >&2; exit 9"], TimeSpan.FromSeconds(20), Cancel);

        Assert.Equal(9, result.ExitCode);
        Assert.Contains("of web-1-3", result.Output, StringComparison.Ordinal);
        Assert.Contains("bad", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_that_takes_too_long_is_ended_and_has_no_code()
    {
        var started = await Runtime.StartAsync(Spec(RunForEver), Cancel);
        var before = LivingProcesses().Count;

        var result = await Runtime.ExecAsync(
            started.Id, ["/bin/busybox", "sh", "-c", "echo begun; exec sleep 1000"], TimeSpan.FromSeconds(1), Cancel);

        Assert.Null(result.ExitCode);
        Assert.Equal("begun\n", result.Output);
        await Eventually.HoldsAsync(() => LivingProcesses().Count == before, "the command's process ended");
    }

    [Fact]
    public async Task Exec_of_a_missing_program_says_so()
    {
        var started = await Runtime.StartAsync(Spec(RunForEver), Cancel);

        var result = await Runtime.ExecAsync(started.Id, ["/no/such/program"], TimeSpan.FromSeconds(20), Cancel);

        Assert.InRange(result.ExitCode!.Value, 126, 127);
        Assert.Contains("no such file", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Its_port_answers_at_the_address_of_the_node()
    {
        var started = await Runtime.StartAsync(
            Spec($"cd {Kit.WritableDirectory}; echo hello > index.html; exec busybox httpd -f -p {Kit.BindAddress}:$PORT", port: 8080), Cancel);
        using var client = new HttpClient();
        var address = new Uri($"http://127.0.0.1:{started.HostPort}/index.html");
        var answer = "";

        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using var response = await client.GetAsync(address, Cancel);
                    answer = await response.Content.ReadAsStringAsync(Cancel);
                    return response.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"{address} answered");

        Assert.Equal("hello\n", answer);
    }

    [Fact]
    public async Task It_knows_who_it_is()
    {
        var spec = Spec("echo $NEXUS_ALLOCATION $NEXUS_POOL $NEXUS_NODE $NEXUS_REVISION $NEXUS_ATTEMPT $GREETING; exec sleep 1000");
        spec = SpecOf(spec.Template with { Env = spec.Template.Env.Add("GREETING", "hello world") });

        var started = await Runtime.StartAsync(spec, Cancel);

        await SaysAsync(started, $"web-1-0 web {Node} {spec.Revision} 2 hello world");
    }
}
