using Nexus.Core.Spec;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

public sealed class WindowsPathsTests
{
    [Theory]
    [InlineData(@"'D:\data:/data'", @"D:\\data")]
    [InlineData(@"'d:\data:/data:ro'", @"d:\\data")]
    [InlineData("'D:/data:/data'", "D:/data")]
    [InlineData("'D:/data:/data:ro'", "D:/data")]
    [InlineData("'D:data:/data'", "D:data")]
    [InlineData(@"'.\data:/data'", @".\\data")]
    [InlineData(@"'..\data:/data:rw'", @"..\\data")]
    [InlineData(@"'data\sub:/data'", @"data\\sub")]
    [InlineData(@"'\\.\pipe\docker_engine:\\.\pipe\docker_engine'", @"\\\\.\\pipe\\docker_engine")]
    [InlineData(@"'./data:D:\data'", @"D:\\data")]
    [InlineData(@"'D:\a:E:\b'", @"D:\\a")]
    [InlineData(@"{type: bind, source: 'D:\data', target: /data}", @"D:\\data")]
    [InlineData("{type: bind, source: 'D:/data', target: /data, read_only: true}", "D:/data")]
    [InlineData(@"{type: bind, source: .\data, target: /data}", @".\\data")]
    [InlineData(@"{type: volume, source: data, target: 'D:\data'}", @"D:\\data")]
    public void A_Windows_path_is_refused_at_its_place(string volume, string path)
    {
        var imported = ComposeImportTests.Import($"services: {{web: {{image: a, user: 1, volumes: [{volume}]}}}}");

        Assert.Null(imported.Yaml);
        var error = Assert.Single(imported.Problems, problem => problem.Severity == SpecSeverity.Error);
        Assert.StartsWith(
            $"compose.yaml:1:47: error: services.web.volumes[0]: found \"{path.Replace(@"\\", @"\", StringComparison.Ordinal)}\", a Windows path; nodes run Linux",
            error.Format("compose.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secrets", "[s]", @"D:\keys\s.txt", "secrets.s.file", @"D:\keys\s.txt")]
    [InlineData("secrets", "[s]", "D:/keys/s.txt", "secrets.s.file", "D:/keys/s.txt")]
    [InlineData("configs", "[{source: s}]", @".\s.conf", "configs.s.file", @".\s.conf")]
    [InlineData("configs", @"[{source: s, target: 'D:\s.conf'}]", "./s.conf", "services.web.configs[0].target", @"D:\s.conf")]
    [InlineData("secrets", @"[{source: s, target: keys\s}]", "./s.txt", "services.web.secrets[0].target", @"keys\s")]
    public void A_Windows_path_of_a_secret_or_config_is_refused_at_its_place(string section, string used, string file, string key, string path)
    {
        var imported = ComposeImportTests.Import($"services: {{web: {{image: a, user: 1, {section}: {used}}}}}\n{section}: {{s: {{file: '{file}'}}}}");

        Assert.Null(imported.Yaml);
        var error = Assert.Single(imported.Problems, problem => problem.Severity == SpecSeverity.Error);
        Assert.Equal(key, error.Key);
        Assert.StartsWith($"found \"{path}\", a Windows path; nodes run Linux", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x:/y", "p_x:/y:rw")]
    [InlineData("x:/y:ro", "p_x:/y:ro")]
    [InlineData("/x:/y", "/x:/y:rw")]
    [InlineData("./x:/y", "/srv/p/x:/y:rw")]
    public void A_letter_can_name_a_volume(string volume, string expected)
    {
        var imported = ComposeImportTests.Import($"services: {{web: {{image: a, user: 1, volumes: ['{volume}']}}}}");

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var mount = Assert.Single(ExportSamples.Read(imported.Yaml).Pools[0].Template.Volumes);
        Assert.Equal(expected, $"{mount.Source}:{mount.Target}:{(mount.ReadOnly ? "ro" : "rw")}");
    }
}
