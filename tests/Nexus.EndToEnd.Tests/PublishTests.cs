namespace Nexus.EndToEnd.Tests;

/// <summary>What <c>--operation publish</c> writes, and what it says when it cannot.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-publish-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("single", "compose")]
    [InlineData("ha", "systemd")]
    public async Task Publish_writes_the_same_valid_files_every_time(string topology, string target)
    {
        var first = await PublishAsync("first", "--topology", topology, "--target", target);
        var second = await PublishAsync("second", "--topology", topology, "--target", target, "--step", "publish");

        Assert.Equal(first, second);
        Assert.Contains("docker-compose.yaml", first.Keys);
        Assert.Contains("nexus.yaml", first.Keys);
        Assert.Contains(first.Keys, file => file.StartsWith("machines/", StringComparison.Ordinal));
        Assert.DoesNotContain(first[".env"].Split('\n'), line => !line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal) && !line.EndsWith('='));
        await AssertComposeAcceptsAsync(Path.Combine(_folder, "first"));
    }

    [Theory]
    [InlineData("--topology huge", "--topology: found 'huge'; allowed are single, small, ha.")]
    [InlineData("--target vm", "--target: found 'vm'; allowed are compose and systemd.")]
    [InlineData("--runtime process", "--runtime process: goes with --target systemd only")]
    [InlineData("--workers 3", "--workers: changes a local run only")]
    [InlineData("--step deploy", "--step: there is no step 'deploy'; there are: publish, publish-compose, publish-machines, publish-prereq.")]
    [InlineData("--nonsense 1", "'--nonsense' is no option")]
    [InlineData("--output-path /proc/nexus", "--output-path: /proc/nexus cannot be written")]
    public async Task What_is_wrong_is_told_and_nothing_is_written(string arguments, string message)
    {
        await using var host = Start("deploy", arguments.Split(' '));

        Assert.Equal(1, await host.ExitAsync(Token));
        Assert.Contains(message, host.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_second_publish_takes_its_own_files_away_and_leaves_those_of_people()
    {
        await PublishAsync("deploy");
        var machines = Path.Combine(_folder, "deploy", "machines");
        Directory.CreateDirectory(Path.Combine(machines, "secrets"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(machines, "secrets", "key"), "mine", Token);
        await File.AppendAllTextAsync(Path.Combine(machines, ".files"), "nodes/gone\n", Token);
        Directory.CreateDirectory(Path.Combine(machines, "nodes"));
        await File.WriteAllTextAsync(Path.Combine(machines, "nodes", "gone"), "of a machine that is no more", Token);

        var again = await PublishAsync("deploy");

        Assert.Equal("mine", again["machines/secrets/key"]);
        Assert.DoesNotContain("machines/nodes/gone", again.Keys);
        Assert.False(File.GetUnixFileMode(Path.Combine(machines, "secrets")).HasFlag(UnixFileMode.OtherRead));
    }

    private async Task<SortedDictionary<string, string>> PublishAsync(string name, params string[] args)
    {
        await using var host = Start(name, args);
        Assert.True(await host.ExitAsync(Token) == 0, host.Output);
        var output = Path.Combine(_folder, name);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            files[Path.GetRelativePath(output, file)] = await File.ReadAllTextAsync(file, Token);
        }

        return files;
    }

    private AppHostProcess Start(string name, params string[] args) => AppHostProcess.Start(
        Path.Combine(_folder, "state"), ["--operation", "publish", "--output-path", Path.Combine(_folder, name), .. args]);

    /// <summary>With every key of the .env filled in, docker-compose takes the file.</summary>
    private static async Task AssertComposeAcceptsAsync(string folder)
    {
        var env = Path.Combine(folder, ".env");
        await File.WriteAllTextAsync(env, (await File.ReadAllTextAsync(env, Token)).Replace("=\n", "=x\n", StringComparison.Ordinal), Token);
        var standsAlone = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(path => File.Exists(Path.Combine(path, "docker-compose")));
        var file = Path.Combine(folder, "docker-compose.yaml");
        var result = standsAlone
            ? await CommandResult.RunAsync("docker-compose", ["--env-file", env, "--project-directory", folder, "-f", file, "config", "--quiet"], Token)
            : await CommandResult.RunAsync("docker", ["compose", "--env-file", env, "--project-directory", folder, "-f", file, "config", "--quiet"], Token);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
