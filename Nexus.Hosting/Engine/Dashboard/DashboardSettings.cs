using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace Nexus.Hosting.Engine.Dashboard;

/// <summary>Whether there is a dashboard, where, and what opens it. Names of settings are Aspire's where it has one.</summary>
internal sealed record DashboardSettings
{
    /// <summary>Aspire's own usual port, so that bookmarks stay.</summary>
    public const int UsualPort = 18888;

    public required bool Disabled { get; init; }

    /// <summary>Where the pages shall answer; 0 for anywhere.</summary>
    public required int Port { get; init; }

    public required string BrowserToken { get; init; }

    public required string OtlpApiKey { get; init; }

    public required string ApplicationName { get; init; }

    public static DashboardSettings From(IConfiguration configuration, EngineSettings engine, string applicationName) => new()
    {
        // In a test only who asks for it gets one.
        Disabled = SettingReader.Switch(configuration, "Dashboard:Disabled", usual: engine.IsTest),
        Port = SettingReader.Port(configuration, "Dashboard:Port") ?? (engine.RandomizePorts ? 0 : PortOf(configuration["ASPNETCORE_URLS"]) ?? UsualPort),
        BrowserToken = configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? token : NewSecret(),
        OtlpApiKey = configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key ? key : NewSecret(),
        ApplicationName = configuration["Dashboard:ApplicationName"] ?? applicationName,
    };

    /// <summary>As in Aspire the AppHost's own address is that of the dashboard.</summary>
    private static int? PortOf(string? urls) =>
        urls?.Split(';').Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : null).FirstOrDefault(uri => uri?.Scheme == "http")?.Port;

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
