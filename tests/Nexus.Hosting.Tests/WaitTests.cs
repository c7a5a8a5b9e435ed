using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class WaitTests
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task WaitFor_holds_back_until_the_dependency_is_healthy_and_its_callbacks_are_done()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var order = new List<string>();
        var ready = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var app = builder.AddTestApp("app").WithArgs("unhealthy").OnResourceReady(async (_, _, token) =>
        {
            order.Add("app is ready");
            ready.SetResult();
            await gate.Task.WaitAsync(token);
            order.Add("callback is done");
        });
        builder.AddShell("late", "sleep 1000").WaitFor(app).OnBeforeResourceStarted((_, _, _) =>
        {
            order.Add("late starts");
            return Task.CompletedTask;
        });
        var running = await builder.BuildAsync(Token);
        var start = running.StartAsync(Token);
        await running.ResourceNotifications.WaitForResourceAsync("late", KnownResourceStates.Waiting, Token);
        await running.ResourceNotifications.WaitForResourceAsync(
            "app", change => change.Snapshot.HealthReports.Any(r => r.Description is { } text && text.Contains("503", StringComparison.Ordinal)), Token);

        order.Add("app recovers");
        await running.GetAsync("app", "/recover", Token);
        await ready.Task.WaitAsync(Token);
        gate.SetResult();
        await start;

        Assert.Equal(["app recovers", "app is ready", "callback is done", "late starts"], order);
    }

    [Fact]
    public async Task WaitForCompletion_holds_back_until_the_expected_end()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var setup = builder.AddShell("setup", "exit 3");
        builder.AddShell("main", "sleep 1000").WaitForCompletion(setup, exitCode: 3);
        var app = await builder.StartAsync(Token);

        await app.ResourceNotifications.WaitForResourceAsync("main", KnownResourceStates.Running, Token);

        Assert.Equal(3, app.Now("setup").ExitCode);
    }

    [Fact]
    public async Task A_dependent_of_a_failed_resource_fails_and_says_why()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var broken = builder.AddShell("broken", "echo boom >&2; exit 4").WithHttpEndpoint().WithHttpHealthCheck();
        var middle = builder.AddShell("middle", "sleep 1000").WaitFor(broken);
        builder.AddShell("last", "sleep 1000").WaitFor(middle);
        builder.AddShell("wrong-end", "sleep 1000").WaitForCompletion(broken);
        builder.AddShell("bystander", "sleep 1000");
        var app = await builder.StartAsync(Token);

        Assert.Equal(KnownResourceStates.FailedToStart, app.Now("middle").State?.Text);
        Assert.Contains("'broken' is Exited (exit code 4)", app.Now("middle").FailureReason, StringComparison.Ordinal);
        Assert.Contains("'middle' is FailedToStart", app.Now("last").FailureReason, StringComparison.Ordinal);
        Assert.Contains("exit code 0, but 'broken' is Exited (exit code 4)", app.Now("wrong-end").FailureReason, StringComparison.Ordinal);
        Assert.Equal(KnownResourceStates.Running, app.Now("bystander").State?.Text);
        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("broken", Token));
        Assert.Contains("boom", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resource_cannot_wait_for_itself()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var shell = builder.AddShell("a", "true");

        Assert.Throws<DistributedApplicationException>(() => shell.WaitFor(shell));
    }

    [Fact]
    public async Task Waiting_for_an_unknown_resource_names_those_there_are()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("known", "sleep 1000");
        var app = await builder.StartAsync(Token);

        var failure = await Assert.ThrowsAsync<ArgumentException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("unknwon", Token));

        Assert.Contains("known", failure.Message, StringComparison.Ordinal);
    }
}
