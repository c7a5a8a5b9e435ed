using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class TestingBuilderTests
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task CreateAsync_runs_the_entry_point_with_its_arguments_on_free_ports()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(
            ["--port=8080", "--Parameters:greeting=good day"], Token);
        Assert.Equal(Projects.Nexus_Hosting_TestAppHost.ProjectPath, builder.AppHostDirectory);
        builder.AddShell("added", "sleep 1000");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);
        await app.ResourceNotifications.WaitForResourceAsync("parent", KnownResourceStates.Running, Token);

        Assert.Equal("good day", await app.GetAsync("app", "/env/GREETING", Token));
        Assert.NotEqual(8080, app.GetEndpoint("app").Port);
        Assert.Equal(KnownResourceStates.Running, app.Now("added").State?.Text);
    }

    [Fact]
    public async Task Two_applications_run_side_by_side()
    {
        await using var one = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(Token);
        await using var two = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(Token);
        var first = await one.StartAsync(Token);
        var second = await two.StartAsync(Token);

        Assert.NotEqual(await first.GetAsync("app", "/pid", Token), await second.GetAsync("app", "/pid", Token));
    }

    [Fact]
    public async Task CreateAsync_lets_the_test_change_the_builder_and_hands_it_the_logs()
    {
        var log = new CollectedLog();
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(
            [], (_, settings) => settings.ApplicationName = "Renamed", Token);
        builder.Services.AddLogging(logging => logging.AddProvider(log));
        builder.AddShell("talker", "echo spoken; echo shouted >&2; sleep 1000");
        var app = await builder.StartAsync(Token);
        await app.WaitForLineAsync("talker", "shouted", Token);

        Assert.Contains("Renamed.Resources.talker Information 1: spoken", log.Lines.Select(l => l.Replace("2: spoken", "1: spoken", StringComparison.Ordinal)));
        Assert.Contains(log.Lines, line => line.StartsWith("Renamed.Resources.talker Error", StringComparison.Ordinal) && line.EndsWith("shouted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_entry_point_that_leaves_or_throws_tells_the_test()
    {
        var left = await Assert.ThrowsAsync<InvalidOperationException>(
            () => DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(["--mode=leave"], Token));
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_Hosting_TestAppHost>(["--mode=throw"], Token));

        Assert.Contains("ended with 7 without building", left.Message, StringComparison.Ordinal);
        Assert.Equal("the AppHost says no", thrown.Message);
    }

    [Fact]
    public async Task The_state_folder_goes_with_the_application()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("tool", "sleep 1000");
        var folder = builder.Configuration["Hosting:StateDirectory"];
        var app = await builder.StartAsync(Token);
        Assert.True(Directory.Exists(folder));

        await app.DisposeAsync();

        Assert.False(Directory.Exists(folder));
    }
}
