namespace Nexus.Dashboard.Tests.Cluster;

/// <summary>Two pools of the sample, where the first asks the second through the gateway.</summary>
internal static class DashboardSpec
{
    public static string Of(string gateway) => $"""
        cluster: dashboard
        worker_pools:
          web:
            image: nexus/sample-web:local
            port: 8080
            env: {"{"} UPSTREAM: "{gateway}/api/whoami" {"}"}
            health: {"{"} path: /health, interval: 1s {"}"}
            process: {"{"} command: [dotnet, "{Sample}"] {"}"}
          api:
            image: nexus/sample-web:local
            port: 8080
            env: {"{"} PATH_BASE: /api {"}"}
            health: {"{"} path: /api/health, interval: 1s {"}"}
            process: {"{"} command: [dotnet, "{Sample}"] {"}"}
        gateway:
          routes:
            - {"{"} path: /api, pool: api {"}"}
            - {"{"} path: /, pool: web {"}"}
        """;

    private static string Sample => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Nexus.Samples.Web", new DirectoryInfo(AppContext.BaseDirectory).Name, "Nexus.Samples.Web.dll"));
}
