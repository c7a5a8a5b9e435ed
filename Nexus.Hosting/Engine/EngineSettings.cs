using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;
using Nexus.Hosting.Testing;

namespace Nexus.Hosting.Engine;

/// <summary>How this run of the engine behaves; read once, when the declaration ends.</summary>
internal sealed record EngineSettings
{
    /// <summary>Marks every process and container of this application, run after run, so that a later run finds leftovers.</summary>
    public required string Owner { get; init; }

    /// <summary>Logs, the lock, and what is kept between runs.</summary>
    public required string StateDirectory { get; init; }

    public required string EnvironmentName { get; init; }

    /// <summary>Whether fixed public ports give way to free ones.</summary>
    public required bool RandomizePorts { get; init; }

    /// <summary>Whether the resources' logs go to the console too.</summary>
    public required bool StreamLogs { get; init; }

    /// <summary>Whether the resources' logs go to the application's own logging too.</summary>
    public bool ForwardsLogs { get; init; }

    /// <summary>Whether a test runs the application: no console, and the state folder goes with it.</summary>
    public required bool IsTest { get; init; }

    /// <summary>Where the projects' telemetry goes.</summary>
    public required OtlpSettings? Otlp { get; init; }

    /// <summary>Parameters that the command line gives a value.</summary>
    public IReadOnlyList<string> GivenParameters { get; init; } = [];

    /// <summary>What is wrong with the settings, told when the application starts.</summary>
    public required string? Problem { get; init; }

    /// <summary>How long a resource may take to end after it was asked to.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public string LogDirectory => Path.Combine(StateDirectory, "logs");

    public static EngineSettings From(IDistributedApplicationBuilder builder, TestingSession? testing)
    {
        var configuration = builder.Configuration;
        string? problem = null;
        return new EngineSettings
        {
            Owner = OwnerOf(builder.AppHostDirectory, configuration["Hosting:Instance"] ?? ""),
            StateDirectory = StateDirectoryOf(builder),
            EnvironmentName = builder.Environment.EnvironmentName,
            RandomizePorts = Switch("DcpPublisher:RandomizePorts"),
            StreamLogs = Switch("Hosting:Logs"),
            IsTest = testing is not null,
            Otlp = OtlpSettings.From(configuration),
            Problem = problem, // the last: what is read above may find one
        };

        bool Switch(string key)
        {
            try
            {
                return SettingReader.Switch(configuration, key, usual: false);
            }
            catch (DistributedApplicationException wrong)
            {
                problem ??= wrong.Message;
                return false;
            }
        }
    }

    public static string StateDirectoryOf(IDistributedApplicationBuilder builder) =>
        Path.GetFullPath(builder.Configuration["Hosting:StateDirectory"] ?? ".nexus", builder.AppHostDirectory);

    internal static string OwnerOf(string appHostDirectory, string instance) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{appHostDirectory}\n{instance}")))[..12];
}

/// <summary>Where telemetry goes.</summary>
internal sealed record OtlpSettings(string Endpoint, string Protocol, string? Headers)
{
    /// <summary>Whether people wait for it: then it is sent soon, and all of it.</summary>
    public bool IsLive { get; init; }

    public static OtlpSettings? From(IConfiguration configuration)
    {
        var dashboard = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"];
        var endpoint = dashboard ?? configuration["OTEL_EXPORTER_OTLP_ENDPOINT"];
        if (string.IsNullOrWhiteSpace(endpoint))
        {
            return null;
        }

        var protocol = dashboard is null ? configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] : null;
        var headers = configuration["AppHost:OtlpApiKey"] is { } key ? $"x-otlp-api-key={key}" : configuration["OTEL_EXPORTER_OTLP_HEADERS"];
        return new OtlpSettings(endpoint, protocol ?? "grpc", headers);
    }
}
