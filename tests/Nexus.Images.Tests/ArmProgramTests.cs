using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nexus.Images.Tests.Programs;
using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests;

public sealed class ArmProgramTests(PublishedPrograms programs) : IClassFixture<PublishedPrograms>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Manager_gateway_and_agent_start_and_are_healthy()
    {
        await using var cluster = await ArmCluster.StartAsync(programs, Cancellation);

        Assert.Contains("\"cluster\"", await cluster.ManagerHealthAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("\"node\"", await cluster.WorkerHealthAsync(Cancellation), StringComparison.Ordinal);

        // A gateway is healthy when it knows what to route; so the command is tried as well.
        await cluster.ApplyAsync(
            """
            worker_pools:
              web:
                port: 8080
                min_replicas: 1
                process:
                  command: [/bin/busybox, httpd, -f, -p, "127.0.0.1:{port}", -h, /usr/share/common-licenses]
            """, Cancellation);
        Assert.Contains("\"routing\"", await cluster.GatewayHealthAsync(Cancellation), StringComparison.Ordinal);

        var answer = await cluster.AnswerAsync(new Uri(cluster.Traffic, "Apache-2.0"), Cancellation);
        Assert.Contains("Apache License", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_says_its_version()
    {
        var version = await ArmProgram.RunAsync(Path.Combine(programs.Folder, "nexus"), ["--version"], Cancellation);

        Assert.Matches(@"^\d+\.\d+\.\d+", version);
    }

    [Fact]
    public async Task Sums_name_every_file_and_match()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(programs.Folder, "SHA256SUMS"), Cancellation);
        var sums = lines.Select(line => line.Split("  ", 2)).ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal);

        var files = Files().Where(file => file != "SHA256SUMS").Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(files, sums.Keys);
        foreach (var file in files)
        {
            await using var content = File.OpenRead(Path.Combine(programs.Folder, file));
            Assert.Equal(sums[file], Convert.ToHexStringLower(await SHA256.HashDataAsync(content, Cancellation)));
        }
    }

    [Theory]
    [InlineData("Nexus.Orchestrator.dll", "a service's own code")]
    [InlineData("Nexus.Core.dll", "code that all share")]
    [InlineData("Yarp.ReverseProxy.dll", "a package that comes as IL only")]
    [InlineData("System.Private.CoreLib.dll", "the runtime's own")]
    public void Assemblies_are_compiled_ahead_of_time(string file, string because)
    {
        using var reader = new PEReader(File.OpenRead(Path.Combine(programs.Folder, file)));

        Assert.True(reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0, $"{file} holds no native code: {because}");
    }

    [Fact]
    public async Task Nothing_says_where_it_was_built()
    {
        var path = Encoding.UTF8.GetBytes(RepositoryRoot.Path + "/");
        foreach (var file in Files().Where(file => Path.GetFileName(file).StartsWith("nexus", StringComparison.OrdinalIgnoreCase)))
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(programs.Folder, file), Cancellation);
            Assert.True(content.AsSpan().IndexOf(path) < 0, $"{file} holds {RepositoryRoot.Path}");
        }
    }

    [Fact]
    public async Task Bill_of_materials_names_packages_runtime_and_files()
    {
        var sbom = JsonNode.Parse(await File.ReadAllTextAsync(programs.Sbom, Cancellation))!;

        var packages = sbom["packages"]!.AsArray().Select(package => package!["name"]!.ToString()).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(
            new HashSet<string>(["Yarp.ReverseProxy", "YamlDotNet", "Microsoft.NETCore.App.Runtime.linux-arm64"], StringComparer.Ordinal),
            packages);
        var files = sbom["files"]!.AsArray().Select(file => file!["fileName"]!.ToString()[2..]);
        Assert.Equal(Files().Where(file => file != "SHA256SUMS").Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--arch", "riscv64", "allowed are arm64 and x64", "an architecture nobody has")]
    [InlineData("--out", "eng", "was not made by this command", "a folder with something else in it")]
    public async Task Wrong_arguments_are_refused_before_anything_is_built(string option, string value, string message, string because)
    {
        var argument = option == "--out" ? Path.Combine(RepositoryRoot.Path, value) : value;
        var result = await Command.ScriptAsync("publish.sh", [option, argument], Cancellation);

        Assert.True(result.ExitCode != 0, because);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(programs.Folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(programs.Folder, file));
}
