using System.Net;
using System.Net.Sockets;
using Nexus.Hosting.Engine;
using Nexus.Hosting.Engine.Processes;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class AppHostProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-apphost-").FullName;

    private static CancellationToken Token => Deadline.Token;

    private string Owner => EngineSettings.OwnerOf(Projects.Nexus_Hosting_TestAppHost.ProjectPath, _folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_run_tells_its_progress_ends_with_a_table_and_stops_on_a_signal()
    {
        await using var run = new AppHostProcess(_folder);
        await run.ReadUntilAsync("Press Ctrl-C to stop.", Token);
        Assert.Equal(["app", "parent"], OwnerMark.Find(Owner).Select(p => p.Resource).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

        var exitCode = await run.StopAsync(Token);

        Assert.Equal(0, exitCode);
        Assert.Empty(OwnerMark.Find(Owner));
        Assert.Contains($"Logs: {_folder}/logs", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"app +Healthy +[\d.]+ s +[\d.]+ s +http://localhost:\d+", run.Output);
        Assert.Matches(@"parent +Waiting +[\d.]+ s +\(for app\)", run.Output);
        Assert.Contains("child ", await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "parent.log"), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_is_closed_ends_a_run_like_CtrlC()
    {
        await using var run = new AppHostProcess(_folder);
        await run.ReadUntilAsync("Press Ctrl-C to stop.", Token);

        Assert.Equal(0, await run.HangUpAsync(Token));
        Assert.Empty(OwnerMark.Find(Owner));
    }

    [Theory]
    [InlineData("from user secrets", "", "", "nobody else says anything")]
    [InlineData("from the environment", "from the environment", "", "the environment is closer to the run than a file")]
    [InlineData("from the command line", "from the environment", "from the command line", "the command line is closest")]
    public async Task A_parameter_comes_from_secrets_environment_or_command_line(string expected, string variable, string argument, string because)
    {
        var secrets = Directory.CreateDirectory(Path.Combine(_folder, ".microsoft", "usersecrets", "nexus-hosting-tests")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "secrets.json"), """{ "Parameters:greeting": "from user secrets" }""", Token);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = _folder, ["DOTNET_ENVIRONMENT"] = "Development" };
        if (variable.Length > 0)
        {
            environment["Parameters__greeting"] = variable;
        }

        await using var run = new AppHostProcess(_folder, environment, argument.Length > 0 ? [$"--Parameters:greeting={argument}"] : []);
        var row = await run.ReadUntilAsync("app       Healthy", Token);
        using var http = new HttpClient { BaseAddress = new Uri(row[row.IndexOf("http://", StringComparison.Ordinal)..].Trim()) };

        Assert.True(await http.GetStringAsync(new Uri("/env/GREETING", UriKind.Relative), Token) == expected, because);
    }

    [Fact]
    public async Task What_a_killed_run_left_behind_is_stopped_by_the_next()
    {
        await using var killed = new AppHostProcess(_folder, "--logs");
        await killed.ReadUntilAsync("Press Ctrl-C to stop.", Token);
        await killed.ReadUntilAsync("parent | child ", Token);
        var left = OwnerMark.Find(Owner);
        killed.Crash();
        await killed.ExitAsync(Token);
        Assert.All(left, process => Assert.True(Processes.IsRunning(process.Pid)));

        await using var next = new AppHostProcess(_folder);
        var line = await next.ReadUntilAsync("Stopped what an earlier run left behind", Token);
        await next.ReadUntilAsync("Press Ctrl-C to stop.", Token);

        Assert.True(left.Count >= 3, $"app, parent and its child were expected, not {string.Join(", ", left)}");
        Assert.All(left, process => Assert.Contains($"{process.Resource} (pid {process.Pid})", line, StringComparison.Ordinal));
        Assert.All(left, process => Assert.False(Processes.IsRunning(process.Pid)));
    }

    [Fact]
    public async Task A_second_run_beside_the_first_is_refused_and_harms_nothing()
    {
        await using var first = new AppHostProcess(_folder);
        await first.ReadUntilAsync("Press Ctrl-C to stop.", Token);
        var running = OwnerMark.Find(Owner);

        await using var second = new AppHostProcess(_folder);
        await second.ReadUntilAsync("already runs, as pid", Token);

        Assert.Equal(1, await second.ExitAsync(Token));
        Assert.All(running, process => Assert.True(Processes.IsRunning(process.Pid)));
    }

    [Fact]
    public async Task A_resource_that_cannot_start_is_shown_and_makes_the_exit_code()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var run = new AppHostProcess(_folder, $"--port={port}");
        await run.ReadUntilAsync("Nothing of it runs.", Token);

        Assert.Equal(1, await run.ExitAsync(Token));
        Assert.Matches($@"app +port {port} of the endpoint 'http' of 'app' is in use by pid {Environment.ProcessId}", run.Output);
        Assert.Matches(@"(?m)parent +it waits for a resource that failed: 'app' is FailedToStart\r?$", run.Output);
    }

    [Fact]
    public async Task Logs_go_to_the_console_when_asked()
    {
        await using var run = new AppHostProcess(_folder, "--logs");

        await run.ReadUntilAsync("parent | child ", Token);
    }
}
