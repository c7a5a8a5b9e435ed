using System.Text.Json;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

public sealed class ExportCommandTests : IDisposable
{
    private const string Spec = "worker_pools:\n  web:\n    image: nginx:1\n    port: 80\n    min_replicas: 2\n    warm_standby: 1\n";
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Kubernetes_goes_to_standard_output_and_warnings_beside_it()
    {
        _run.Write("nexus.yaml", Spec);

        var result = await _run.RunAsync("export", "kubernetes", "--namespace", "shop");

        Assert.Equal(0, result.Code);
        Assert.StartsWith("apiVersion: apps/v1\nkind: Deployment\n", result.Out, StringComparison.Ordinal);
        Assert.Equal(4, result.Out.Split("---\n").Length);
        Assert.Equal(4, result.Out.Split("namespace: shop").Length - 1);
        Assert.Equal("nexus.yaml:6:5: warning: worker_pools.web.warm_standby: there are no paused replicas; raise the replicas instead\n", result.Error);
    }

    [Fact]
    public async Task Files_go_into_a_folder_and_over_nothing()
    {
        _run.Write("a.yaml", Spec);

        var first = await _run.RunAsync("export", "kubernetes", "a.yaml", "--output-path", "out/k8s");
        var files = Directory.GetFiles(Path.Combine(_run.Directory, "out/k8s")).Select(Path.GetFileName).Order();
        _run.Write("out/k8s/mine.txt", "mine");
        var second = await _run.RunAsync("export", "kubernetes", "a.yaml", "--output-path", "out/k8s");
        var forced = await _run.RunAsync("export", "kubernetes", "a.yaml", "--output-path", "out/k8s", "--force");

        Assert.Equal([0, 2, 0], [first.Code, second.Code, forced.Code]);
        Assert.Equal(["10-web.yaml", "20-ingress.yaml"], files);
        Assert.Contains("is not empty; name another", second.Error);
        Assert.True(File.Exists(Path.Combine(_run.Directory, "out/k8s/mine.txt")));
        Assert.Equal(["k8s"], Directory.GetFileSystemEntries(Path.Combine(_run.Directory, "out")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(4, "bad.yaml:1:", "export", "kubernetes", "bad.yaml")]
    [InlineData(4, "bad.yaml:1:", "export", "compose", "bad.yaml")]
    [InlineData(2, "error: nexus.yaml does not exist", "export", "compose")]
    [InlineData(2, "error: --namespace No is no namespace", "export", "kubernetes", "--namespace", "No")]
    [InlineData(4, "bad.yaml:1:1: error: services is missing", "import", "compose", "bad.yaml")]
    [InlineData(4, "error: empty.yaml is empty; a compose file names at least one service", "import", "compose", "empty.yaml")]
    [InlineData(1, "cannot be written", "import", "compose", "good.yaml", "--output-path", "bad.yaml/x/out.yaml")]
    [InlineData(2, "bad.yaml exists; name another", "import", "compose", "good.yaml", "--output-path", "bad.yaml")]
    public async Task Failures_exit_as_documented(int code, string words, params string[] args)
    {
        _run.Write("bad.yaml", "worker_pools: 3");
        _run.Write("empty.yaml", " \n");
        _run.Write("good.yaml", "services: {web: {image: a, user: 1}}");

        var result = await _run.RunAsync(args);

        Assert.Equal((code, ""), (result.Code, result.Out));
        Assert.Contains(words, result.Error);
        Assert.Equal("worker_pools: 3", await File.ReadAllTextAsync(Path.Combine(_run.Directory, "bad.yaml"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_compose_file_becomes_a_spec_that_is_valid()
    {
        _run.Write("shop/.env", "TAG=7\n");
        _run.Write("shop/compose.yaml", "services:\n  web:\n    image: app:${TAG}\n    user: 1000\n    ports: ['80:80']\n");

        var imported = await _run.RunAsync("import", "compose", "shop/compose.yaml", "--output-path", "made.yaml");

        Assert.Equal((0, "made.yaml: written; look it over, then nexus plan made.yaml\n"), (imported.Code, imported.Out));
        Assert.Contains("shop/compose.yaml:3:12: warning: services.web.image: variable TAG is set", imported.Error);
        using var check = new CliRun();
        check.Write("made.yaml", await File.ReadAllBytesAsync(Path.Combine(_run.Directory, "made.yaml"), TestContext.Current.CancellationToken));
        Assert.Equal(new CliResult(0, "made.yaml: valid\n", ""), await check.RunAsync("validate", "made.yaml"));
    }

    [Fact]
    public async Task What_was_imported_is_exported_with_its_volume_held_by_one()
    {
        _run.Write("compose.yaml", "name: shop\nservices:\n  db:\n    image: postgres:16\n    user: 999\n    volumes: ['data:/d']\n");

        var imported = await _run.RunAsync("import", "compose", "compose.yaml", "--output-path", "nexus.yaml");
        var compose = await _run.RunAsync("export", "compose");
        var kubernetes = await _run.RunAsync("export", "kubernetes");

        Assert.Equal([0, 0, 0], [imported.Code, compose.Code, kubernetes.Code]);
        Assert.Contains("compose.yaml:3:3: warning: services.db: has no port", imported.Error);
        Assert.Contains("compose.yaml:6:15: warning: services.db.volumes[0]: volume shop_data stays on the node where it was made", imported.Error);
        Assert.Contains("order: stop-first\n", compose.Out);
        Assert.Contains("type: Recreate\n", kubernetes.Out);
        Assert.DoesNotContain("kind: Service\n", kubernetes.Out); // without a port there is nothing to reach
    }

    [Fact]
    public async Task Json_is_one_document_with_files_and_problems()
    {
        _run.Write("nexus.yaml", Spec);

        var result = await _run.RunAsync("export", "compose", "-o", "json");

        using var json = JsonDocument.Parse(result.Out);
        Assert.Equal("compose.yaml", json.RootElement.GetProperty("files")[0].GetProperty("path").GetString());
        Assert.True(json.RootElement.GetProperty("problems").GetArrayLength() >= 2);
    }

    [Fact]
    public async Task The_same_warning_of_many_services_is_one_line_and_json_has_all()
    {
        _run.Write("compose.yaml", "services:\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"  s{i}: {{image: a, user: '1', expose: [80], ulimits: {{nofile: 1}}}}\n")));

        var text = await _run.RunAsync("import", "compose", "compose.yaml", "--output-path", "a.yaml");

        var line = Assert.Single(text.Error.Split('\n'), line => line.Contains("ulimits", StringComparison.Ordinal));
        Assert.EndsWith($"(60 services: {string.Join(", ", Enumerable.Range(1, 60).Select(i => $"s{i}"))})", line, StringComparison.Ordinal);
        using var other = new CliRun();
        other.Write("compose.yaml", await File.ReadAllBytesAsync(Path.Combine(_run.Directory, "compose.yaml"), TestContext.Current.CancellationToken));
        using var json = JsonDocument.Parse((await other.RunAsync("import", "compose", "compose.yaml", "-o", "json")).Out);
        Assert.Equal(60, json.RootElement.GetProperty("problems").EnumerateArray().Count(p => p.GetProperty("key").GetString()!.EndsWith("ulimits", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "", "", "web")]
    [InlineData("debug", "", "", "web tools")]
    [InlineData("", "debug", "", "web tools")]
    [InlineData("", "", "debug,docs", "web tools docs")]
    [InlineData("docs", "debug", "debug", "web docs")]
    [InlineData("", "docs", "debug", "web docs")]
    [InlineData("*", "", "", "web tools docs")]
    public async Task Profiles_come_from_the_option_the_environment_and_the_file_of_variables(string option, string variable, string file, string expected)
    {
        _run.Write("compose.yaml", "services: {web: {image: a}, tools: {image: b, profiles: [debug]}, docs: {image: c, profiles: [docs]}}");
        _run.Write(".env", file.Length > 0 ? $"COMPOSE_PROFILES={file}\n" : "A=b\n");
        if (variable.Length > 0)
        {
            _run.Set("COMPOSE_PROFILES", variable);
        }

        var result = await _run.RunAsync([.. (string[])["import", "compose", "compose.yaml"], .. option.Length > 0 ? (string[])["--profile", option] : []]);

        Assert.Equal(0, result.Code);
        Assert.Equal(expected, string.Join(' ', new[] { "web", "tools", "docs" }.Where(name => result.Out.Contains($"\n  {name}:\n", StringComparison.Ordinal))));
    }
}
