using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class ContainerTests : IClassFixture<BusyboxImage>
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task A_container_serves_logs_and_is_removed()
    {
        var folder = Directory.CreateTempSubdirectory("nexus-bind-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "file.txt"), "from the host", Token);
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:word=magic");
        var word = builder.AddParameter("word", secret: true);
        builder.AddContainer("web", BusyboxImage.Name, "v1")
            .WithEntrypoint("/bin/busybox")
            .WithArgs("sh", "-c", "echo $WORD > /www/index.html; echo serving; exec /bin/busybox httpd -f -p 8000 -h /www")
            .WithContainerRuntimeArgs("--init", "--memory", "64m")
            .WithEnvironment("WORD", word)
            .WithBindMount(folder, "/www/host", isReadOnly: true)
            .WithHttpEndpoint(targetPort: 8000)
            .WithHttpHealthCheck("/index.html");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("web", Token);

        Assert.Equal("magic\n", await app.GetAsync("web", "/index.html", Token));
        Assert.Equal("from the host", await app.GetAsync("web", "/host/file.txt", Token));
        await app.WaitForLineAsync("web", "serving", Token);
        Assert.Single(await ContainersAsync("web", builder));
        await app.StopAsync(Token);

        Assert.Empty(await ContainersAsync("web", builder));
        Assert.Equal(KnownResourceStates.Exited, app.Now("web").State?.Text);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_container_that_ends_tells_its_exit_code()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddContainer("short", $"{BusyboxImage.Name}:v1").WithEntrypoint("/bin/busybox").WithArgs("sh", "-c", "echo bye; exit 5");
        var app = await builder.StartAsync(Token);

        var ended = await app.ResourceNotifications.WaitForResourceAsync("short", e => e.Snapshot.ExitCode is not null, Token);

        Assert.Equal((KnownResourceStates.Exited, 5), (ended.Snapshot.State?.Text, ended.Snapshot.ExitCode));
        Assert.Contains("bye", app.Log("short"));
    }

    [Fact]
    public async Task A_missing_image_fails_with_the_engines_own_words()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddContainer("none", "nexus-no-such-image").WithImagePullPolicy(ImagePullPolicy.Never);
        var app = await builder.StartAsync(Token);

        Assert.Equal(KnownResourceStates.FailedToStart, app.Now("none").State?.Text);
        Assert.Contains("nexus-no-such-image", app.Now("none").FailureReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_persistent_container_outlives_the_run_and_is_used_again_until_it_changes()
    {
        var name = $"nexus-test-{Guid.NewGuid():n}";
        try
        {
            var first = await RunAsync("a");
            var second = await RunAsync("a");
            var third = await RunAsync("b");

            Assert.Equal(first, second);
            Assert.NotEqual(first, third);
        }
        finally
        {
            await BusyboxImage.Docker!.TryRunAsync(["rm", "--force", name], Token);
        }

        async Task<string> RunAsync(string value)
        {
            await using var builder = DistributedApplicationTestingBuilder.Create();
            builder.AddContainer("kept", BusyboxImage.Name, "v1").WithEntrypoint("/bin/busybox").WithArgs("sleep", "1000")
                .WithContainerRuntimeArgs("--init").WithEnvironment("VALUE", value)
                .WithContainerName(name).WithLifetime(ContainerLifetime.Persistent);
            var app = await builder.StartAsync(Token);
            Assert.Equal(KnownResourceStates.Running, app.Now("kept").State?.Text);
            await app.StopAsync(Token);
            return await BusyboxImage.Docker!.RunAsync(["inspect", "--format", "{{.Id}} {{.State.Running}}", name], Token);
        }
    }

    [Fact]
    public async Task A_persistent_container_keeps_its_port_and_a_command_stops_it()
    {
        var name = $"nexus-test-{Guid.NewGuid():n}";
        try
        {
            var first = await RunAsync(stop: false);
            var second = await RunAsync(stop: true);

            Assert.Equal(first, second);
            Assert.Equal("false", (await BusyboxImage.Docker!.RunAsync(["inspect", "--format", "{{.State.Running}}", name], Token)).Trim());
        }
        finally
        {
            await BusyboxImage.Docker!.TryRunAsync(["rm", "--force", name], Token);
        }

        async Task<(Uri Address, string Id)> RunAsync(bool stop)
        {
            await using var builder = DistributedApplicationTestingBuilder.Create();
            builder.AddContainer("kept", BusyboxImage.Name, "v1").WithEntrypoint("/bin/busybox")
                .WithArgs("httpd", "-f", "-p", "8000", "-h", "/www").WithContainerRuntimeArgs("--init")
                .WithHttpEndpoint(targetPort: 8000).WithHttpHealthCheck("/", statusCode: 404)
                .WithContainerName(name).WithLifetime(ContainerLifetime.Persistent);
            var app = await builder.StartAsync(Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("kept", Token);
            var id = await BusyboxImage.Docker!.RunAsync(["inspect", "--format", "{{.Id}}", name], Token);
            if (stop)
            {
                Assert.True((await app.ResourceCommands.ExecuteCommandAsync("kept", KnownResourceCommands.StopCommand, Token)).Success);
            }

            return (app.GetEndpoint("kept"), id);
        }
    }

    private static async Task<string[]> ContainersAsync(string resource, IDistributedApplicationBuilder builder)
    {
        var owner = Engine.EngineSettings.OwnerOf(builder.AppHostDirectory, builder.Configuration["Hosting:Instance"]!);
        var output = await BusyboxImage.Docker!.RunAsync(
            ["ps", "--all", "--quiet", "--filter", $"name={resource}-{owner}"], Token);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
