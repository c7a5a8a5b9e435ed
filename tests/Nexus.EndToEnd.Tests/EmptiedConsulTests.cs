using System.Diagnostics;
using Nexus.Core.State;

namespace Nexus.EndToEnd.Tests;

/// <summary>Consul lost its data, with requests going on: nothing is stopped, and applying the spec is all it takes.</summary>
public sealed class EmptiedConsulTests
{
    private const string Kept = "containers run that no spec asks for";
    private static readonly string[] Arguments = ["--runtime", "process", "--topology", "small"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_Consul_lost_its_data_an_apply_takes_over_what_runs_without_a_failed_request(bool everything)
    {
        var spec = Specs.Sample(withApi: false);
        await using var cluster = await RunningCluster.StartAsync(spec, Token, Arguments);
        var before = Running(await cluster.UntilAsync(s => Running(s).Count == 4, "three of web and one of echo serve", Token));
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);
        await using var posts = SteadyLoad.OfPosts(cluster.Gateway, "/echo", perSecond: 5);

        await using var consul = everything ? await EmptiedConsul.RestartAsync(cluster.Consul.BaseAddress!.Port, Token) : null;
        if (!everything)
        {
            using var deleted = await cluster.Consul.DeleteAsync("/v1/kv/nexus/?recurse", Token);
            Assert.True(deleted.IsSuccessStatusCode, $"{deleted}");
        }

        var lost = await cluster.UntilAsync(
            s => s.SpecRevision == 0 && s.Warnings.Any(w => w.StartsWith("4 " + Kept, StringComparison.Ordinal)), "the status counts the containers", Token);
        Assert.Equal(before, Running(lost));

        await ApplyAndWaitAsync(cluster, spec);
        var after = await cluster.UntilAsync(s => s.Pools is [{ Healthy: 3, UpToDate: 3 }, { Healthy: 1 }], "all replicas are up to date", Token);
        Assert.Equal(before, Running(after));
        Assert.Empty(after.Warnings);

        // It is a cluster like any other again: another revision replaces what was taken over, successors first.
        await ApplyAndWaitAsync(cluster, Specs.Sample(version: "2", withApi: false));
        Assert.Equal("2", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
        await load.AssertNoneFailedAsync();
        await posts.AssertNoneFailedAsync();
    }

    [Fact]
    public async Task An_apply_right_after_the_loss_of_a_changed_spec_replaces_successors_first()
    {
        await using var cluster = await RunningCluster.StartAsync(Specs.Sample(withApi: false), Token, Arguments);
        await using var load = new SteadyLoad(cluster.Gateway, "/whoami", perSecond: 50);
        using var deleted = await cluster.Consul.DeleteAsync("/v1/kv/nexus/?recurse", Token);

        await ApplyAndWaitAsync(cluster, Specs.Sample(version: "2", withApi: false));

        await cluster.UntilAsync(s => Running(s).Count == 4, "nothing of the old revision is left", Token);
        Assert.Equal("2", (await cluster.WhoAmIAsync("/whoami", Token)).Version);
        await load.AssertNoneFailedAsync();
    }

    private static List<string> Running(Api.V1.StatusView status) =>
    [
        .. status.Allocations.Where(a => a is { Desired: DesiredStatus.Run, Healthy: true })
            .Select(a => $"{a.Id} at {a.Endpoint}, started {a.StartedAt:O}").Order(StringComparer.Ordinal),
    ];

    private static async Task ApplyAndWaitAsync(RunningCluster cluster, string spec)
    {
        var file = Path.Combine(Path.GetTempPath(), $"nexus-e2e-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, spec, Token);
        try
        {
            var applied = await cluster.NexusAsync(Token, "apply", file, "--wait", "90s");
            Assert.True(applied.ExitCode == 0, applied.ToString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The cluster's Consul, killed and started again on an empty disk.</summary>
    private sealed class EmptiedConsul(Process process) : IAsyncDisposable
    {
        public static async Task<EmptiedConsul> RestartAsync(int port, CancellationToken cancellationToken)
        {
            var (pid, line) = Directory.GetDirectories("/proc")
                .Select(folder => (Pid: Path.GetFileName(folder), Line: CommandLine(folder)))
                .Single(p => p.Line.Length > 1 && p.Line[1] == "agent" && p.Line.Contains($"-http-port={port}"));
            using (var running = Process.GetProcessById(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)))
            {
                running.Kill();
                await running.WaitForExitAsync(cancellationToken);
            }

            Directory.Delete(line.Single(a => a.StartsWith("-data-dir=", StringComparison.Ordinal))["-data-dir=".Length..], recursive: true);
            var start = new ProcessStartInfo(line[0]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            Array.ForEach(line[1..], start.ArgumentList.Add);
            var process = Process.Start(start)!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return new EmptiedConsul(process);
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        private static string[] CommandLine(string folder)
        {
            try
            {
                return int.TryParse(Path.GetFileName(folder), out _) ? File.ReadAllText(Path.Combine(folder, "cmdline")).TrimEnd('\0').Split('\0') : [];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return []; // It ended, or is somebody else's.
            }
        }
    }
}
