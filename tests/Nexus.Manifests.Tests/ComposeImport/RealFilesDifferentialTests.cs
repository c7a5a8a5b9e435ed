using System.Globalization;
using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;
using YamlDotNet.Serialization;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Compose's own reading of the files against ours: the variables, the volumes, the ports and the names are the same.</summary>
public sealed class RealFilesDifferentialTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => RealFiles.Names;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Compose_reads_the_same(string name)
    {
        var text = await PrepareAsync(name);
        var folder = _folder.Path;
        var judged = await Tool.RunAsync("docker-compose", ["-f", $"{name}.yaml", "config"], folder, new Dictionary<string, string> { ["COMPOSE_PROFILES"] = "flower,seed" });
        Assert.True(judged.Code == 0, judged.Error);
        var imported = ComposeImporter.Compute(new ComposeSource(
            text, $"{name}.yaml", folder, _ => null, path => File.Exists(path) ? File.ReadAllText(path) : null)
        { Profiles = ["*"], });
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));

        var ours = ExportSamples.Read(imported.Yaml).Pools;
        var theirs = (Dictionary<object, object>)Map(new DeserializerBuilder().Build().Deserialize<object>(judged.Output))["services"];
        var volumes = Map(new DeserializerBuilder().Build().Deserialize<object>(judged.Output)).GetValueOrDefault("volumes") as Dictionary<object, object> ?? [];

        foreach (var pool in ours)
        {
            var service = Map(theirs.Single(one => ((string)one.Key).Replace('_', '-') == pool.Name.Value).Value);
            Assert.Equal(EnvironmentOf(service), pool.Template.Env.Select(variable => $"{variable.Key}={variable.Value}"));
            Assert.Equal(Mounts(service, volumes), pool.Template.Volumes.Select(volume => $"{volume.Source}:{volume.Target.TrimEnd('/')}{(volume.ReadOnly ? ":ro" : "")}").Order(StringComparer.Ordinal));
            Assert.Equal(FirstPort(service), pool.Template.Port);
        }

        var leftOut = imported.Problems.Count(problem => problem.Message.StartsWith("is left out", StringComparison.Ordinal));
        Assert.Equal(theirs.Count, ours.Length + leftOut);
    }

    // 1.29 knows no name at the top, and wants the folders of build to be there.
    private async Task<string> PrepareAsync(string name)
    {
        foreach (var file in Directory.EnumerateFiles(RealFiles.Folder, "*.env"))
        {
            File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
        }

        foreach (var build in (string[])["vote", "result", "worker", "seed-data"])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, build));
        }

        var text = RealFiles.Text(name).Replace("name: immich\n", "", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, $"{name}.yaml"), text, TestContext.Current.CancellationToken);
        return text;
    }

    private static Dictionary<string, object> Map(object value) => ((Dictionary<object, object>)value).ToDictionary(one => (string)one.Key, one => one.Value, StringComparer.Ordinal);

    private static IEnumerable<string> EnvironmentOf(Dictionary<string, object> service) => service.GetValueOrDefault("environment") is { } map
        ? Map(map).Select(one => $"{one.Key}={((string?)one.Value ?? "").Replace("$$", "$", StringComparison.Ordinal)}").Order(StringComparer.Ordinal)
        : [];

    private IEnumerable<string> Mounts(Dictionary<string, object> service, Dictionary<object, object> volumes) =>
        ((List<object>?)service.GetValueOrDefault("volumes") ?? []).Select(one => one is string text ? text.Split(':') : Long(Map(one)))
            .Select(parts => $"{Source(parts[0], volumes)}:{parts[1].TrimEnd('/')}{(parts.Length > 2 && parts[2].Split(',').Contains("ro") ? ":ro" : "")}")
            .Order(StringComparer.Ordinal);

    private static string[] Long(Dictionary<string, object> volume) => [(string)volume["source"], (string)volume["target"], volume.GetValueOrDefault("read_only") as string == "true" ? "ro" : "rw"];

    private string Source(string source, Dictionary<object, object> volumes) => source.StartsWith('/') ? source.Length > 1 ? source.TrimEnd('/') : source
        : (volumes[source] as Dictionary<object, object>)?.GetValueOrDefault("name") as string ?? $"{Path.GetFileName(_folder.Path.TrimEnd('/')).ToLowerInvariant()}_{source}";

    private static int? FirstPort(Dictionary<string, object> service)
    {
        var ports = ((List<object>?)service.GetValueOrDefault("ports") ?? []).Select(port => port is string text ? text : $"{Map(port)["target"]}/{Map(port).GetValueOrDefault("protocol") ?? "tcp"}")
            .Concat(((List<object>?)service.GetValueOrDefault("expose") ?? []).Select(port => $"{port}"));
        var first = ports.FirstOrDefault(port => !port.EndsWith("/udp", StringComparison.Ordinal));
        return first is null ? null : int.Parse(first.Split('/')[0].Split(':')[^1], CultureInfo.InvariantCulture);
    }
}
