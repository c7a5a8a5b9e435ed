using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.Docker.Resources.ComposeNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class ComposePublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-compose-").FullName;

    private static CancellationToken Token => Deadline.Token;

    private string Output => Path.Combine(_folder, "deploy");

    private string Compose => File.ReadAllText(Path.Combine(Output, "docker-compose.yaml"));

    private string Env => File.ReadAllText(Path.Combine(Output, ".env"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_application_becomes_services_that_compose_accepts()
    {
        await PublishAsync(Application);

        Assert.Contains("image: ${APP_IMAGE}", Compose.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("tool", Compose, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(Output, ".env"), "APP_IMAGE=app:1\nAPP_PORT=8080\nPASSWORD=magic\n", Token);
        var resolved = await ComposeConfigAsync();
        Assert.Contains("image: app:1", resolved, StringComparison.Ordinal);
        Assert.Contains("CACHE_URL: http://cache:6379", resolved, StringComparison.Ordinal);
        Assert.Contains("KEY: magic$$9", resolved.Replace("magic$9", "magic$$9", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("condition: service_healthy", resolved, StringComparison.Ordinal);
        Assert.Contains("cap_drop", resolved, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_and_values_stay_out_and_the_same_application_gives_the_same_bytes()
    {
        await PublishAsync(Application, "--Parameters:password=hunter2");
        var first = (Compose, Env);
        Assert.DoesNotContain("hunter2", Compose + Env, StringComparison.Ordinal);
        Assert.Equal(["APP_IMAGE=", "APP_PORT=", "PASSWORD="], Env.Split('\n').Where(line => line.Contains('=') && !line.StartsWith('#')));

        Directory.Delete(Output, recursive: true);
        await PublishAsync(Application);

        Assert.Equal(first, (Compose, Env));
    }

    [Fact]
    public async Task Values_that_people_filled_in_survive_the_next_publish()
    {
        await PublishAsync(Application);
        await File.WriteAllTextAsync(Path.Combine(Output, ".env"), "PASSWORD=magic=1\nOWN=kept\n", Token);

        await PublishAsync(Application);

        Assert.Contains("\nPASSWORD=magic=1\n", Env, StringComparison.Ordinal);
        Assert.Contains("\nOWN=kept\n", Env, StringComparison.Ordinal);
        Assert.Contains("\nAPP_IMAGE=\n", Env, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_files_can_be_changed_before_they_are_written()
    {
        await PublishAsync(builder => builder.AddDockerComposeEnvironment("env")
            .WithDashboard()
            .ConfigureComposeFile(file => file.AddService(new Service { Name = "extra", Image = "extra:1.0", Command = ["yes", "1.0"] }))
            .ConfigureEnvFile(variables => variables["EXTRA"] = new() { Name = "EXTRA", Description = "Something else", DefaultValue = "5" }));

        Assert.Contains("env-dashboard", Compose, StringComparison.Ordinal);
        Assert.Contains("- \"yes\"", Compose, StringComparison.Ordinal);
        Assert.Contains("# Something else (usually 5)\nEXTRA=\n", Env, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(Output, ".env"), Env.Replace("=\n", "=x\n", StringComparison.Ordinal), Token);
        await ComposeConfigAsync();
    }

    [Fact]
    public async Task In_run_mode_there_is_no_environment()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();

        builder.AddDockerComposeEnvironment("env");

        Assert.Empty(builder.Resources);
    }

    private static void Application(IDistributedApplicationTestingBuilder builder)
    {
        builder.AddDockerComposeEnvironment("env").WithDashboard(false).WithProperties(e => e.DefaultNetworkName = "net");
        var password = builder.AddParameter("password", secret: true);
        var cache = builder.AddContainer("cache", "redis", "7").WithEndpoint(targetPort: 6379, scheme: "http", name: "tcp")
            .WithVolume("data", "/data").WithArgs("--requirepass", password)
            .PublishAsDockerComposeService((_, service) =>
            {
                service.Healthcheck = new Healthcheck { Test = ["CMD", "true"], Interval = "5s", Timeout = "1s", Retries = 3, StartPeriod = "0s" };
                service.CapDrop = ["ALL"];
            });
        builder.AddExecutable("tool", "sh", "/");
        builder.AddProject<Projects.Nexus_Hosting_TestApp>("app").WithHttpEndpoint()
            .WithEnvironment("CACHE_URL", cache.GetEndpoint("tcp"))
            .WithEnvironment("KEY", $"{password}$9")
            .WaitFor(cache)
            .PublishAsDockerComposeService((_, service) => service.DependsOn["cache"].Condition = "service_healthy");
    }

    private async Task PublishAsync(Action<IDistributedApplicationTestingBuilder> declare, params string[] args)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(["--operation", "publish", "--output-path", Output, .. args]);
        declare(builder);
        var app = await builder.BuildAsync(Token);
        await app.RunAsync(Token);
    }

    /// <summary>What docker-compose makes of the file; fails when it does not accept it.</summary>
    private async Task<string> ComposeConfigAsync()
    {
        var standsAlone = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "docker-compose")));
        using var process = Process.Start(new ProcessStartInfo(standsAlone ? "docker-compose" : "docker", standsAlone ? ["config"] : ["compose", "config"])
        {
            WorkingDirectory = Output,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, $"{await errors}\n{Compose}");
        return output;
    }
}
