using System.Text;

namespace Nexus.EndToEnd.Tests;

/// <summary>What <c>dotnet run --project Nexus.AppHost</c> does besides running: starting again, stopping, refusing.</summary>
public sealed class AppHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-e2e-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task After_a_kill_the_next_start_clears_up_and_CtrlC_leaves_nothing()
    {
        var spec = Path.Combine(_folder, "nexus.yaml");
        await File.WriteAllTextAsync(spec, Specs.Sample(web: 1, withApi: false), Token);
        var state = Path.Combine(_folder, "state");
        await using (var first = AppHostProcess.Start(state, "--runtime", "process", "--spec", spec, "--workers", "1"))
        {
            await first.SaysAsync("Press Ctrl-C to stop.", Token);
            await first.KillAsync(Token);
        }

        Assert.NotEmpty(LeftBehind());
        await using var second = AppHostProcess.Start(state, "--runtime", "process", "--spec", spec, "--workers", "1");
        await second.SaysAsync("Stopped what an earlier run left behind", Token);
        await second.SaysAsync("Press Ctrl-C to stop.", Token);

        Assert.Equal(0, await second.InterruptAsync(Token));
        Assert.Empty(LeftBehind());
    }

    [Fact]
    public async Task Every_wrong_argument_is_named_with_what_is_allowed()
    {
        await using var host = AppHostProcess.Start(
            Path.Combine(_folder, "state"), "--workers", "none", "--runtime", "vm", "--spec", Path.Combine(_folder, "missing.yaml"));

        Assert.Equal(1, await host.ExitAsync(Token));
        Assert.Contains("--workers: found 'none'; allowed is a whole number from 1 to 20.", host.Output, StringComparison.Ordinal);
        Assert.Contains("--runtime: found 'vm'; allowed are docker, process and auto.", host.Output, StringComparison.Ordinal);
        Assert.Contains("missing.yaml", host.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--topology huge", "--topology: found 'huge'; allowed are single, small, three, ha.")]
    [InlineData("--Parameters:speed=1", "--Parameters:speed: there is no parameter 'speed'; this application has none.")]
    [InlineData("--Dashboard:Port many", "--Dashboard:Port: found 'many'; allowed is a whole number from 0 to 65535.")]
    [InlineData("--Dashboard:Disabled maybe", "--Dashboard:Disabled: found 'maybe'; allowed are true and false.")]
    [InlineData("--DcpPublisher:RandomizePorts maybe", "--DcpPublisher:RandomizePorts: found 'maybe'; allowed are true and false.")]
    [InlineData("--Hosting:StateDirectory /proc/nexus", "--Hosting:StateDirectory: /proc/nexus cannot be written")]
    [InlineData("--workers", "--workers: its value is missing")]
    [InlineData("--api-port 8080", "--gateway-port and --api-port: both are 8080; they have to differ.")]
    [InlineData("--no-dashboard maybe", "--no-dashboard: found 'maybe'; allowed are true and false")]
    [InlineData("--spec /proc", "--spec: '/proc' is a folder; it must be a spec file.")]
    [InlineData("--spec /nowhere.yaml", "--spec: '/nowhere.yaml' does not exist; it must be a spec file.")]
    public async Task What_is_wrong_with_a_run_is_told_in_a_line_and_nothing_starts(string arguments, string message)
    {
        await using var host = AppHostProcess.Start(Path.Combine(_folder, "state"), ["--runtime", "process", .. arguments.Split(' ')]);

        Assert.Equal(1, await host.ExitAsync(Token));
        Assert.Contains(message, host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Starting", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_spec_is_shown_with_its_places_and_nothing_starts()
    {
        var spec = Path.Combine(_folder, "bad.yaml");
        await File.WriteAllTextAsync(spec, "worker_pools:\n  web:\n    image: x\n    port: http\n    replicas: 3\n", Token);

        await using var host = AppHostProcess.Start(Path.Combine(_folder, "state"), "--runtime", "process", "--spec", spec);

        Assert.Equal(1, await host.ExitAsync(Token));
        Assert.Contains($"{spec}:4:5: error: worker_pools.web.port", host.Output, StringComparison.Ordinal);
        Assert.Contains($"{spec}:5:5: error: worker_pools.web.replicas", host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("consul", host.Output, StringComparison.Ordinal);
    }

    /// <summary>Processes of ours that this test's cluster started: the state folder stands in their environment.</summary>
    private List<string> LeftBehind()
    {
        var left = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out var id) && id != Environment.ProcessId))
        {
            try
            {
                var environment = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(process, "environ")));
                if (environment.Contains(_folder, StringComparison.Ordinal))
                {
                    left.Add(File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' '));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return left;
    }
}
