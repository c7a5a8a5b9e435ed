using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class LifecycleTests
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task Replicas_share_one_port_and_outlive_each_other()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddTestApp("app").WithReplicas(2);
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        // A connection is served by one replica: take a new one for every question.
        var pids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            pids.Add(await app.GetAsync("app", "/pid", Token));
        }

        Assert.Equal(2, pids.Distinct(StringComparer.Ordinal).Count());
        Processes.Crash(int.Parse(pids[0], CultureInfo.InvariantCulture));
        await app.ResourceNotifications.WaitForResourceAsync("app", KnownResourceStates.Exited, Token);
        Assert.Equal(pids[1], await app.GetAsync("app", "/pid", Token));
        Assert.Equal(pids[1], await app.GetAsync("app", "/pid", Token));
    }

    [Fact]
    public async Task A_crash_is_told_with_its_exit_code_and_the_rest_goes_on()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddTestApp("crashing");
        builder.AddTestApp("other");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("crashing", Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("other", Token);

        await Assert.ThrowsAsync<HttpRequestException>(() => app.GetAsync("crashing", "/exit/9", Token));
        var ended = await app.ResourceNotifications.WaitForResourceAsync("crashing", e => e.Snapshot.ExitCode is not null, Token);

        Assert.Equal((KnownResourceStates.Exited, 9), (ended.Snapshot.State?.Text, ended.Snapshot.ExitCode));
        Assert.Contains("asked to exit with 9", app.Log("crashing"));
        Assert.Equal(KnownResourceStates.Running, app.Now("other").State?.Text);
    }

    [Fact]
    public async Task A_taken_port_is_told_with_its_holder()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var builder = DistributedApplicationTestingBuilder.Create("--DcpPublisher:RandomizePorts=false");
        builder.AddProject<Projects.Nexus_Hosting_TestApp>("app").WithHttpEndpoint(port);
        var app = await builder.StartAsync(Token);

        var reason = app.Now("app").FailureReason;

        Assert.Equal(KnownResourceStates.FailedToStart, app.Now("app").State?.Text);
        Assert.Contains($"port {port} of the endpoint 'http' of 'app' is in use by pid {Environment.ProcessId}", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_command_fails_with_its_name()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("tool", "no-such-command", "/");
        var app = await builder.StartAsync(Token);

        Assert.Equal("the command 'no-such-command' was not found in PATH or at /", app.Now("tool").FailureReason);
    }

    [Fact]
    public async Task Stop_leaves_no_process_not_even_stubborn_children()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("tree", "setsid sh -c 'trap \"\" TERM; echo child $$; while :; do sleep 1; done' & echo parent $$; wait");
        var app = await builder.StartAsync(Token);
        var parent = Processes.LastNumber(await app.WaitForLineAsync("tree", "parent ", Token));
        var child = Processes.LastNumber(await app.WaitForLineAsync("tree", "child ", Token));
        Assert.True(Processes.IsRunning(parent) && Processes.IsRunning(child));

        await app.StopAsync(Token);

        Assert.False(Processes.IsRunning(parent), "the resource itself still runs");
        Assert.False(Processes.IsRunning(child), "its child, in a session of its own, still runs");
    }

    [Fact]
    public async Task Stop_takes_dependents_first()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var stopped = new List<string>();
        var lower = builder.AddShell("lower", "sleep 1000");
        var middle = builder.AddShell("middle", "sleep 1000").WaitForStart(lower);
        var upper = builder.AddShell("upper", "sleep 1000").WaitForStart(middle);
        foreach (var resource in new[] { lower, middle, upper })
        {
            resource.OnResourceStopped((r, _, _) =>
            {
                lock (stopped)
                {
                    stopped.Add(r.Name);
                }

                return Task.CompletedTask;
            });
        }

        var app = await builder.StartAsync(Token);
        await app.StopAsync(Token);

        Assert.Equal(["upper", "middle", "lower"], stopped);
    }

    [Fact]
    public async Task Commands_start_stop_and_restart_a_resource()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddTestApp("app").WithExplicitStart();
        var app = await builder.StartAsync(Token);
        Assert.Equal(KnownResourceStates.NotStarted, app.Now("app").State?.Text);

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("app", KnownResourceCommands.StartCommand, Token)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);
        var first = await app.GetAsync("app", "/pid", Token);
        Assert.Contains("already running", (await app.ResourceCommands.ExecuteCommandAsync("app", KnownResourceCommands.StartCommand, Token)).ErrorMessage, StringComparison.Ordinal);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("app", KnownResourceCommands.RestartCommand, Token)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);
        var second = await app.GetAsync("app", "/pid", Token);
        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("app", KnownResourceCommands.StopCommand, Token)).Success);

        Assert.NotEqual(first, second);
        Assert.Equal(KnownResourceStates.Exited, app.Now("app").State?.Text);
        Assert.False(Processes.IsRunning(int.Parse(second, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_crashed_resource_is_started_again_by_command()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);
        var first = await app.GetAsync("app", "/pid", Token);
        Processes.Crash(int.Parse(first, CultureInfo.InvariantCulture));
        var crashed = await app.ResourceNotifications.WaitForResourceAsync("app", e => e.Snapshot.State?.Text == KnownResourceStates.Exited, Token);
        Assert.Equal(ResourceCommandState.Enabled, crashed.Snapshot.Commands.Single(c => c.Name == KnownResourceCommands.StartCommand).State);

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("app", KnownResourceCommands.StartCommand, Token)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        Assert.NotEqual(first, await app.GetAsync("app", "/pid", Token));
    }

    [Fact]
    public async Task WithCommand_gives_a_resource_a_command_of_its_own()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("tool", "sleep 1000").WithCommand(
            "greet", "Greet",
            context => Task.FromResult(CommandResults.Success($"hello {context.ResourceName}")),
            new CommandOptions
            {
                UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running
                    ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            });
        builder.AddShell("broken", "sleep 1000").WithCommand(
            "fail", "Fail", _ => throw new InvalidOperationException("it does not work"));
        var app = await builder.StartAsync(Token);

        var greeted = await app.ResourceCommands.ExecuteCommandAsync("tool", "greet", Token);
        var failed = await app.ResourceCommands.ExecuteCommandAsync("broken", "fail", Token);
        var unknown = await app.ResourceCommands.ExecuteCommandAsync("tool", "dance", Token);

        Assert.Equal((true, "hello tool"), (greeted.Success, greeted.Message));
        Assert.Equal((false, "it does not work"), (failed.Success, failed.ErrorMessage));
        Assert.Contains("'tool' has no command 'dance'; it has:", unknown.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(ResourceCommandState.Enabled, app.Now("tool").Commands.Single(c => c.Name == "greet").State);
    }

    [Fact]
    public async Task A_command_that_cannot_tell_its_state_is_disabled_and_keeps_nothing_else_from_being_told()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("tool", "sleep 1000").WithCommand(
            "greet", "Greet", _ => Task.FromResult(CommandResults.Success()),
            new CommandOptions { UpdateState = _ => throw new InvalidOperationException("who knows") });
        builder.Resources.Single().Annotations.Add(new ResourceCommandAnnotation(
            "stop", "End", _ => ResourceCommandState.Enabled, _ => Task.FromResult(CommandResults.Failure("never")), null, null, null, null, null, false));
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceAsync("tool", KnownResourceStates.Running, Token);

        var commands = app.Now("tool").Commands;
        Assert.Equal(["start", "restart", "greet", "stop"], commands.Select(c => c.Name));
        Assert.Equal(ResourceCommandState.Disabled, commands[2].State);
        Assert.Contains("who knows", commands[2].DisplayDescription, StringComparison.Ordinal);
        Assert.Equal("End", commands[3].DisplayName);
    }

    [Fact]
    public async Task Stop_during_start_gives_up_the_waits()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var never = builder.AddShell("never", "sleep 1000").WithHttpEndpoint().WithHttpHealthCheck();
        builder.AddShell("late", "sleep 1000").WaitFor(never);
        var app = await builder.BuildAsync(Token);
        var start = app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceAsync("late", KnownResourceStates.Waiting, Token);
        await app.ResourceNotifications.WaitForResourceAsync("never", KnownResourceStates.Running, Token);

        await app.StopAsync(Token);
        await start;

        Assert.Equal(KnownResourceStates.NotStarted, app.Now("late").State?.Text);
        Assert.Equal(KnownResourceStates.Exited, app.Now("never").State?.Text);
    }
}
