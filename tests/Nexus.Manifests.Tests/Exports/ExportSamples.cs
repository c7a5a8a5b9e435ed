using Nexus.Core.Spec;
using Nexus.Manifests.ComposeExport;
using Nexus.Manifests.Exports;
using Nexus.Manifests.Kubernetes;

namespace Nexus.Manifests.Tests.Exports;

/// <summary>Specs that say much.</summary>
internal static class ExportSamples
{
    public const string Full = """
        cluster: demo
        drills: allowed
        worker_pools:
          web:
            min_replicas: 3
            max_replicas: 6
            image: ghcr.io/o/web:1.2
            command: [serve, "--p=$(X)", "$HOME"]
            env: {ANSWER: "yes", B: "x$(y)", DB: "http://api.service.consul:80/"}
            port: 80
            resources: {cpu: 250m, memory: 192MB, pids: 100}
            read_only: true
            capabilities: [NET_BIND_SERVICE]
            volumes: ["data:/var/data", "/etc/x:/etc/x:ro", {source: my_lock, target: /lock}]
            health: {path: /health, interval: 500ms, timeout: 300ms, unhealthy_threshold: 3, healthy_threshold: 2, startup_timeout: 90s}
            drain: {timeout: 15s, stop_timeout: 20s, websocket_window: 5s}
            restart: {initial_delay: 5s}
            rollout: {strategy: canary, max_surge: 2, max_unavailable: 1, min_healthy_time: 5s, progress_deadline: 5m, auto_rollback: true}
            placement: {constraints: {zone: a}, arch: arm64}
            warm_standby: 1
            replace: false
          db:
            image: postgres:16
            user: 999
            port: 5432
            host_port: 5432
            volumes: [{source: pg, target: /var/lib/postgresql/data, exclusive: true}]
          job:
            process: {command: [sleep, 60]}
          cron:
            image: busybox
            command: crond -f
            health: {command: [test, -f, /x]}
        gateway:
          slow_start: 5s
          routes:
            - {host: "*.example.org", path: /, pool: web, timeout: 5s, strip_prefix: false}
            - {path: /api, pool: web, strip_prefix: true}
        """;

    public static ClusterSpec Read(string yaml)
    {
        var read = SpecReader.Read(yaml, "nexus.yaml");
        Assert.True(read.IsValid, string.Join('\n', read.Lines));
        return read.Spec!;
    }

    /// <summary>A spec of one pool, of which the keys are given.</summary>
    public static string OnePool(string keys) => $"worker_pools:\n  web:\n    image: nginx:1\n{Indented(keys)}\n";

    public static ManifestExport ToKubernetes(string yaml, string? space = null) =>
        KubernetesExport.Compute(Read(yaml), SpecPlaces.Of(yaml), space);

    public static ManifestExport ToCompose(string yaml) => ComposeExporter.Compute(Read(yaml), SpecPlaces.Of(yaml));

    public static IEnumerable<string> Warnings(ManifestExport export) => export.Warnings.Select(w => w.Format("nexus.yaml"));

    private static string Indented(string keys) => string.Join('\n', keys.Split('\n').Select(line => $"    {line}"));
}
