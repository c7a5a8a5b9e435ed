namespace Nexus.EndToEnd.Tests;

/// <summary>Specs of the tests: the sample's, with what a test changes.</summary>
internal static class Specs
{
    /// <summary>The shape of samples/nexus.yaml.</summary>
    public static string Sample(int web = 3, string version = "1", bool withApi = true) => $"""
        cluster: e2e
        worker_pools:
          web:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: {web}
            env: {"{"} APP_VERSION: "{version}" {"}"}
            resources: {"{"} cpu: 0.3, memory: 160MB {"}"}
            health: {"{"} path: /health, interval: 1s {"}"}
            drain: {"{"} timeout: 2s, stop_timeout: 3s {"}"}
            process: {"{"} command: [dotnet, "{SampleProgram}"] {"}"}
        {(withApi ? Api : "")}
          echo:
            image: nexus/sample-web:local
            port: 7000
            env: {"{"} MODE: tcp {"}"}
            process: {"{"} command: [dotnet, "{SampleProgram}"] {"}"}
        gateway:
          routes:
            - {"{"} path: /, pool: web {"}"}
        {(withApi ? "    - { path: /api, pool: api }" : "")}
        """;

    private static string Api => $"""
          api:
            image: nexus/sample-web:local
            port: 8080
            min_replicas: 2
            env: {"{"} PATH_BASE: /api {"}"}
            health: {"{"} path: /api/health, interval: 1s {"}"}
            process: {"{"} command: [dotnet, "{SampleProgram}"] {"}"}
        """;

    /// <summary>How the sample runs as a process, as YAML.</summary>
    public static string SampleCommand => $"[dotnet, \"{SampleProgram}\"]";

    private static string SampleProgram => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Nexus.Samples.Web", new DirectoryInfo(AppContext.BaseDirectory).Name, "Nexus.Samples.Web.dll"));
}
