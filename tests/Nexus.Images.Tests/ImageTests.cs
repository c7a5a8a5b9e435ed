using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nexus.Images.Tests.Registry;
using Nexus.Images.Tests.Tools;
using Nexus.Testing;

namespace Nexus.Images.Tests;

public sealed partial class ImageTests(PushedImages images) : IClassFixture<PushedImages>
{
    private const int App = 1654;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly string[] KnownVariables = ["PATH", "HOME", "STATE_DIRECTORY", "ASPNETCORE_HTTP_PORTS"];

    /// <summary>Repository, architecture, entry point, ports.</summary>
    public static TheoryData<string, string, string, string> Images
    {
        get
        {
            var images = new TheoryData<string, string, string, string>();
            foreach (var architecture in new[] { "amd64", "arm64" })
            {
                images.Add("nexus/orchestrator", architecture, "/app/Nexus.Orchestrator", "8420/tcp");
                images.Add("nexus/gateway", architecture, "/app/Nexus.Gateway", "8080/tcp 8081/tcp");
                images.Add("nexus/worker", architecture, "/app/Nexus.WorkerAgent", "7410/tcp");
                images.Add("nexus/cli", architecture, "/app/nexus", "8080/tcp"); // Its base says so: the command listens nowhere.
            }

            return images;
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public async Task Image_says_what_it_is_runs_unprivileged_and_holds_nothing_secret(
        string repository, string architecture, string entryPoint, string ports)
    {
        var manifest = await ManifestAsync(repository, architecture);
        var configuration = await images.Client.ConfigurationAsync(repository, manifest, Cancellation);
        var config = configuration["config"]!;

        Assert.Equal(architecture, configuration["architecture"]!.ToString());
        Assert.Equal("linux", configuration["os"]!.ToString());
        Assert.Equal($"{App}", config["User"]!.ToString());
        Assert.Equal([entryPoint], WordsOf(config["Entrypoint"]));
        Assert.Equal(ports, string.Join(' ', PortsOf(config)));
        Assert.Equal(repository.Replace('/', '-'), config["Labels"]!["org.opencontainers.image.title"]!.ToString());
        Assert.Equal("MIT", config["Labels"]!["org.opencontainers.image.licenses"]!.ToString());
        Assert.Matches(@"^\d+\.\d+\.\d+$", config["Labels"]!["org.opencontainers.image.version"]!.ToString());

        var files = await images.Client.TopLayerAsync(repository, manifest, Cancellation);
        Assert.Contains(files, file => "/" + file.Name == entryPoint && file.Mode.HasFlag(UnixFileMode.OtherExecute));
        Assert.All(files, file => Assert.DoesNotMatch(SecretName(), file.Name));
        Assert.DoesNotContain(RepositoryRoot.Path, configuration.ToJsonString(), StringComparison.Ordinal);
        Assert.All(WordsOf(config["Env"]), variable => Assert.Contains(variable.Split('=')[0], KnownVariables));
    }

    [Theory]
    [InlineData("nexus/gateway", "app/state", "where the last routing is kept")]
    [InlineData("nexus/worker", "app/state", "where the last assignment is kept")]
    [InlineData("nexus/orchestrator", "app/log", "for a log file, where one is wanted")]
    public async Task Image_has_folders_its_user_may_write_to(string repository, string folder, string because)
    {
        var files = await images.Client.TopLayerAsync(repository, await ManifestAsync(repository, "arm64"), Cancellation);

        var found = files.SingleOrDefault(file => file.Name == folder);
        Assert.True(found is { IsFolder: true, Uid: App } && found.Mode.HasFlag(UnixFileMode.UserWrite), $"{folder}: {found}, {because}");
    }

    [Fact]
    public async Task Base_for_another_architecture_is_refused()
    {
        var result = await Command.ScriptAsync(
            "images.sh",
            ["--registry", images.Host, "--arch", "arm64", "--tag", "wrong", "--base", $"{images.Host}/{BaseImage.Repository}:amd64"],
            Cancellation);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("is not for linux/arm64", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Base_is_chiselled_unless_another_is_named()
    {
        var project = Path.Combine(RepositoryRoot.Path, "Nexus.Gateway");
        var image = await Command.RunAsync(
            "dotnet", ["msbuild", project, "-target:ComputeContainerBaseImage", "-getProperty:ContainerBaseImage"], Cancellation);

        Assert.EndsWith("/dotnet/aspnet:10.0-noble-chiseled", image, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manager_image_runs_read_only_and_is_healthy()
    {
        await using var consul = await ConsulServer.StartAsync(Cancellation);
        await using var container = await RunningContainer.StartAsync(
            $"{images.Host}/nexus/orchestrator:{PushedImages.Tag}", consul.Address, Cancellation);
        using var client = new HttpClient();

        var health = await Until.AnswersAsync(
            client, new Uri(container.Address, "health"), () => false, () => container.LogsAsync(Cancellation), Cancellation);

        Assert.Contains("\"cluster\"", health, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_image_says_its_version()
    {
        var image = $"{images.Host}/nexus/cli:{PushedImages.Tag}";
        var version = await Command.RunAsync(
            "docker", ["run", "--rm", "--read-only", "--network", "none", image, "--version"], Cancellation);
        await Command.RunAsync("docker", ["image", "rm", image], Cancellation);

        Assert.Matches(@"^\d+\.\d+\.\d+", version);
    }

    [Fact]
    public async Task Image_from_a_file_runs_on_a_base_without_dotnet()
    {
        var folder = Directory.CreateTempSubdirectory("nexus-archive-").FullName;
        var arch = BaseImage.Native == "amd64" ? "x64" : "arm64";
        await Command.RunScriptAsync(
            "images.sh",
            [
                "--archive", folder, "--arch", arch, "--tag", "from-file", "--self-contained",
                "--base", $"{images.Host}/{BaseImage.Repository}:{BaseImage.Bare}",
            ],
            Cancellation);
        var file = Directory.EnumerateFiles(Path.Combine(folder, "linux-" + arch), "*cli.tar.gz", SearchOption.AllDirectories).Single();
        await Command.RunAsync("docker", ["load", "--input", file], Cancellation);
        var version = await Command.RunAsync("docker", ["run", "--rm", "--network", "none", "nexus/cli:from-file", "--version"], Cancellation);
        await Command.RunAsync("docker", ["image", "rm", "nexus/cli:from-file"], Cancellation);
        Directory.Delete(folder, recursive: true);

        Assert.Matches(@"^\d+\.\d+\.\d+", version);
    }

    [GeneratedRegex(@"(^|/)(\.env|\.git|secrets\.json|appsettings\.[^/]*\.json|[^/]*\.(pem|key|pfx|user))$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretName();

    /// <summary>The manifest of one architecture behind the tag that both share.</summary>
    private async Task<JsonNode> ManifestAsync(string repository, string architecture)
    {
        var index = await images.Client.ManifestAsync(repository, PushedImages.Tag, Cancellation);
        var ours = index["manifests"]!.AsArray().Single(entry => entry!["platform"]!["architecture"]!.ToString() == architecture);
        return await images.Client.ManifestAsync(repository, ours!["digest"]!.ToString(), Cancellation);
    }

    private static IEnumerable<string> WordsOf(JsonNode? words) => words!.AsArray().Select(word => word!.ToString());

    private static IEnumerable<string> PortsOf(JsonNode config) =>
        config["ExposedPorts"]?.AsObject().Select(port => port.Key).Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
}
