using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Core.Spec;
using Nexus.Runtime.Docker;
using Nexus.Runtime.Tests.Contract;
using OsProcess = System.Diagnostics.Process;

namespace Nexus.Runtime.Tests.Docker;

public sealed class DockerLifeTests() : RuntimeLifeContract(new DockerKit());

public sealed class DockerTalkTests() : RuntimeTalkContract(new DockerKit());

/// <summary>What Docker adds to the contract.</summary>
public sealed class DockerRuntimeTests() : RuntimeTest(new DockerKit())
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly DockerClient _docker = TestImage.Client();

    private DockerRuntimeOptions Options => DockerKit.Options(Cluster, Node);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _docker.Dispose();
    }

    [Fact]
    public async Task Start_confines_the_container()
    {
        var template = Kit.Template(["/bin/sleep", "1000"]) with
        {
            Port = 80,
            ReadOnly = true,
            Capabilities = ["NET_BIND_SERVICE"],
            Resources = new ResourceSpec { CpuMillicores = 250, MemoryBytes = 64 << 20, Pids = 33 },
        };

        var started = await Runtime.StartAsync(SpecOf(template), Cancel);

        var container = await _docker.Containers.InspectContainerAsync(started.Id.Value, Cancel);
        var host = container.HostConfig!;
        Assert.Equal("65532:65532", container.Config!.User);
        Assert.Equal(["NONE"], container.Config.Healthcheck!.Test!);
        Assert.Contains("no-new-privileges", host.SecurityOpt!);
        Assert.Equal(["ALL"], host.CapDrop!);
        Assert.Equal("NET_BIND_SERVICE", Assert.Single(host.CapAdd!).Replace("CAP_", "", StringComparison.Ordinal));
        Assert.Equal((64L << 20, 250_000_000L, 33L), (host.Memory, host.NanoCPUs, host.PidsLimit ?? 0));
        Assert.True(host.ReadonlyRootfs);
        Assert.True(host.Init);
        Assert.False(host.Privileged);
        Assert.Contains("/tmp", host.Tmpfs!.Keys);
        Assert.Equal(RestartPolicyKind.No, host.RestartPolicy!.Name);
        Assert.Equal(("json-file", "10m", "3"), (host.LogConfig!.Type, host.LogConfig.Config!["max-size"], host.LogConfig.Config["max-file"]));
        Assert.Equal("127.0.0.1", Assert.Single(container.NetworkSettings!.Ports!["80/tcp"]).HostIP);
        Assert.Equal("me", container.Config.Labels!["nexus.hosting.owner"]);
        Assert.Equal($"/nexus-{Cluster}-web-1-0-2", container.Name);
    }

    [Fact]
    public async Task A_confined_workload_can_do_no_more_than_it_may()
    {
        var started = await Runtime.StartAsync(SpecOf(Kit.Template(["/bin/sleep", "1000"]) with { ReadOnly = true }), Cancel);
        var look = "touch /tmp/ok && echo tmp; touch /bin/no || echo readonly; busybox id -u; busybox grep CapEff /proc/self/status";

        var result = await Runtime.ExecAsync(started.Id, ["/bin/sh", "-c", look], TimeSpan.FromSeconds(20), Cancel);

        Assert.Contains("tmp\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("readonly\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("65532\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_mounts_directories_and_refuses_missing_ones()
    {
        // Not CreateTempSubdirectory: the container's user must be allowed to read it.
        var directory = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"nexus-volume-{Cluster}"));
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "note"), "from the node", Cancel);
        var template = Kit.Template(["/bin/sleep", "1000"]) with { Volumes = [new VolumeSpec(directory.FullName, "/data", ReadOnly: true)] };

        var started = await Runtime.StartAsync(SpecOf(template), Cancel);
        var note = await Runtime.ExecAsync(started.Id, ["/bin/cat", "/data/note"], TimeSpan.FromSeconds(20), Cancel);
        directory.Delete(recursive: true);
        var refused = await Assert.ThrowsAsync<WorkloadStartException>(() => Runtime.StartAsync(SpecOf(template, "web-1-1"), Cancel));

        Assert.Equal("from the node", note.Output);
        Assert.Contains(directory.FullName, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnsureImage_is_content_with_what_is_here() => await Runtime.EnsureImageAsync(TestImage.Name, Cancel);

    [Fact]
    public async Task EnsureImage_passes_on_why_a_pull_failed()
    {
        var refused = await Assert.ThrowsAsync<ImageUnavailableException>(() => Runtime.EnsureImageAsync("127.0.0.1:1/none:v1", Cancel));

        Assert.Equal("127.0.0.1:1/none:v1", refused.Image);
        Assert.Contains("connection refused", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Start_without_its_image_is_a_failure_of_its_own()
    {
        var template = Kit.Template([]) with { Image = "nexus/not-there:v1" };

        var refused = await Assert.ThrowsAsync<ImageUnavailableException>(() => Runtime.StartAsync(SpecOf(template), Cancel));

        Assert.Equal("nexus/not-there:v1", refused.Image);
    }

    [Fact]
    public async Task A_missing_program_ends_the_container_with_127_and_is_named_in_its_output()
    {
        // The engine's init starts first and finds out, when the engine has already said that all is well.
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(SpecOf(Kit.Template(["/no/such/program"])), Cancel);

        Assert.Equal(127, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
        Assert.Contains("/no/such/program", string.Concat(await Runtime.TailLogsAsync(started.Id, 5, Cancel)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web", "web:latest")]
    [InlineData("web:1", "web:1")]
    [InlineData("host:5000/web", "host:5000/web:latest")] // the port is no tag
    [InlineData("web@sha256:00", "web@sha256:00")]
    public void WithTag_never_leaves_the_tag_open(string image, string full) => Assert.Equal(full, ImagePull.WithTag(image));

    [Fact]
    public async Task Start_takes_up_a_container_that_was_created_and_not_started()
    {
        var spec = Spec("exec sleep 1000");
        var created = await _docker.Containers.CreateContainerAsync(ContainerBlueprint.Compute(spec, Options), Cancel);
        Assert.Equal(WorkloadState.Created, (await FindAsync(spec.Allocation)).State);

        var started = await Runtime.StartAsync(spec, Cancel);

        Assert.Equal(created.ID, started.Id.Value);
        Assert.Equal(WorkloadState.Running, started.State);
    }

    [Fact]
    public async Task Start_does_not_take_a_name_from_a_stranger()
    {
        var spec = Spec("exec sleep 1000");
        var parameters = ContainerBlueprint.Compute(spec, Options);
        parameters.Labels!.Clear();
        var stranger = await _docker.Containers.CreateContainerAsync(parameters, Cancel);
        try
        {
            var refused = await Assert.ThrowsAsync<WorkloadStartException>(() => Runtime.StartAsync(spec, Cancel));
            await Runtime.RemoveAsync(new WorkloadId(stranger.ID), Cancel);

            Assert.Contains(parameters.Name!, refused.Message, StringComparison.Ordinal);
            Assert.Empty(await Runtime.ListAsync(Cancel));
            Assert.Equal("created", (await _docker.Containers.InspectContainerAsync(stranger.ID, Cancel)).State!.Status);
        }
        finally
        {
            await _docker.Containers.RemoveContainerAsync(stranger.ID, new ContainerRemoveParameters { Force = true }, CancellationToken.None);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Each_way_alone_tells_an_end(bool pidfd, bool events)
    {
        await using var runtime = DockerKit.Open(Options with { UsePidfd = pidfd, UseEvents = events });
        await using var exits = new ExitWatch(runtime);
        var started = await runtime.StartAsync(Spec("exec sleep 1000"), Cancel);
        Assert.NotNull(started.Pid);

        using (var process = OsProcess.GetProcessById(started.Pid.Value))
        {
            process.Kill();
        }

        var exit = await exits.NextAsync(started.Allocation);
        Assert.Equal(events ? 137 : null, exit.ExitCode);
        Assert.Equal(WorkloadState.Exited, (await FindAsync(started.Allocation, runtime)).State);
    }

    [Fact]
    public async Task A_process_of_this_kernel_is_told_from_one_that_only_has_the_number()
    {
        var started = await Runtime.StartAsync(Spec("exec sleep 1000"), Cancel);

        Assert.True(ContainerPidfds.IsInContainer(started.Pid!.Value, started.Id));
        Assert.False(ContainerPidfds.IsInContainer(Environment.ProcessId, started.Id));
    }

    [Fact]
    public async Task The_pidfd_tells_before_the_engine_does()
    {
        await using var exits = new ExitWatch(Runtime);
        var started = await Runtime.StartAsync(Spec("exec sleep 1000"), Cancel);

        using (var process = OsProcess.GetProcessById(started.Pid!.Value))
        {
            process.Kill();
        }

        Assert.Null((await exits.NextAsync(started.Allocation)).ExitCode);
        Assert.Equal(137, (await exits.NextAsync(started.Allocation)).ExitCode);
    }

    [Fact]
    public async Task Want_of_memory_is_told_as_such()
    {
        await using var exits = new ExitWatch(Runtime);
        var template = Kit.Template(["/bin/sh", "-c", "exec tail /dev/zero"]) with
        {
            Resources = new ResourceSpec { MemoryBytes = 16 << 20 },
        };

        // The engine learns of want of memory and of the end by two ways, and forgets the first when the second is faster.
        for (var attempt = 0; ; attempt++)
        {
            var started = await Runtime.StartAsync(SpecOf(template) with { Attempt = attempt }, Cancel);
            Assert.Equal(137, (await exits.NextWithCodeAsync(started.Allocation)).ExitCode);
            var ended = (await Runtime.ListAsync(Cancel)).Single(w => w.Id == started.Id);
            if (ended.OutOfMemory)
            {
                return;
            }

            Assert.True(attempt < 5, "the engine never told of want of memory");
        }
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_named_with_the_remedy()
    {
        await using var runtime = DockerKit.Open(Options with { Endpoint = new Uri("unix:///nowhere/docker.sock") });

        var failure = await Assert.ThrowsAsync<RuntimeUnavailableException>(() => runtime.DescribeAsync(Cancel));

        Assert.Contains("/nowhere/docker.sock", failure.Message, StringComparison.Ordinal);
        Assert.Contains("systemctl start docker", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_does_not_wait_for_an_engine_that_is_clearing_away_what_ended_at_once()
    {
        var socket = Path.Combine(Path.GetTempPath(), $"{Cluster}.sock");
        await using var forwarder = new SocketForwarder(socket, swallows: new Regex("^GET [^ ]*/containers/[0-9a-f]{64}/json", RegexOptions.None, Limit));
        forwarder.Open();
        await using var runtime = DockerKit.Open(Options with { Endpoint = new Uri($"unix://{socket}") });
        await using var exits = new ExitWatch(runtime);

        var started = await runtime.StartAsync(Spec("exit 3"), Cancel);

        Assert.Equal((WorkloadState.Exited, 3), (started.State, started.ExitCode));
        Assert.Equal(started with { StartedAt = null, FinishedAt = null }, await FindAsync(started.Allocation) with { StartedAt = null, FinishedAt = null });
    }

    [Fact]
    public async Task An_engine_that_comes_back_is_used_again_and_what_it_missed_is_told()
    {
        var socket = Path.Combine(Path.GetTempPath(), $"{Cluster}.sock");
        await using var forwarder = new SocketForwarder(socket);
        await using var runtime = DockerKit.Open(Options with { Endpoint = new Uri($"unix://{socket}"), UsePidfd = false });
        await Assert.ThrowsAsync<RuntimeUnavailableException>(() => runtime.ListAsync(Cancel));
        forwarder.Open();
        await using var exits = new ExitWatch(runtime);
        var started = await runtime.StartAsync(Spec("exec sleep 1000"), Cancel);

        await forwarder.CloseAsync();
        await Assert.ThrowsAsync<RuntimeUnavailableException>(() => runtime.ListAsync(Cancel));
        await Runtime.StopAsync(started.Id, TimeSpan.Zero, Cancel);
        forwarder.Open();

        Assert.Equal(137, (await exits.NextAsync(started.Allocation)).ExitCode);
        Assert.Single(await runtime.ListAsync(Cancel));
    }
}
