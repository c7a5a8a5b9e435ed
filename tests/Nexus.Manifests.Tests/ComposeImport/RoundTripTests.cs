using CsCheck;
using Nexus.Core.Spec;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>
/// Exported and imported again, a spec is the same in what both have. What one replica writes to comes back exclusive, for so it is in
/// Compose.
/// </summary>
public sealed class RoundTripTests
{
    private static readonly Gen<string> Pool = Gen.Select(
        OneOf("", "port: 8080", "port: 80\nhost_port: 8081", "port: 8080\nhealth: {path: /h/x, interval: 500ms, timeout: 100ms, unhealthy_threshold: 5}"),
        OneOf("", "command: [a, \"b c\", \"$(x)\", \"\", \"true\"]", "command: [\"- a\", \"#b\", \"c: d\"]", "read_only: true\nuser: 0:5"),
        OneOf("", "env: {A: \"yes\", B: \"22:30\", C: \"a\\nb\", D: \"$x ${y}\", E: \"\", F: \" x \", G: \"~\"}", "env: {A: \"\\u00e9 \\ud83d\\ude00 \\t\"}"),
        OneOf("", "volumes: [\"data:/d:ro\", \"/etc/x:/etc/x\"]", "volumes: [\"data:/d\", {source: data, target: /e, read_only: true}]", "volumes: [{source: data, target: /d, exclusive: true}]",
            "resources: {cpu: 1.25, memory: 300MB, pids: 7}", "capabilities: [CHOWN, KILL]"),
        OneOf("", "drain: {stop_timeout: 59m30s}", "placement: {arch: arm64, constraints: {zone: a.b}}", "placement: {spread: required}"),
        OneOf("", "rollout: {order: stop_first, max_unavailable: 2, min_healthy_time: 1500ms}", "rollout: {max_surge: 3, auto_rollback: false}"),
        (a, b, c, d, e, f) => string.Join('\n', new[] { a, b, c, d, e, f }.Where(keys => keys.Length > 0)));

    private static Gen<string> OneOf(params string[] keys) => Gen.Int[0, keys.Length - 1].Select(i => keys[i]);

    [Fact]
    public void What_both_have_survives() => Gen.Select(Pool, Gen.Int[1, 4]).Sample(
        (keys, replicas) =>
        {
            var isAlone = keys.Contains("host_port", StringComparison.Ordinal) || keys.Contains("exclusive", StringComparison.Ordinal);
            var count = isAlone ? 1 : replicas;
            var yaml = $"cluster: shop\n{ExportSamples.OnePool($"min_replicas: {count}\n{keys}")}";
            var spec = ExportSamples.Read(yaml);

            var imported = ComposeImportTests.Import(ExportSamples.ToCompose(yaml).Files[0].Content);

            Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
            Assert.Equal(Digest(AsComposeHasIt(spec)), Digest(ExportSamples.Read(imported.Yaml)));
        },
        iter: 300);

    private static ClusterSpec AsComposeHasIt(ClusterSpec spec) => spec with { Pools = [.. spec.Pools.Select(pool => pool with { Template = AsComposeHasIt(pool) })] };

    private static PoolTemplate AsComposeHasIt(PoolSpec pool) => pool.Template with
    {
        Volumes = [.. pool.Template.Volumes.Select(volume => volume with { Exclusive = !volume.ReadOnly && pool.MinReplicas == 1 })],
    };

    // The parts that both have; the default user is written out by the export.
    private static string Digest(ClusterSpec spec)
    {
        var pool = spec.Pools.Single();
        var template = pool.Template;
        var rollout = pool.Rollout;
        return string.Join('\n',
            spec.Cluster, pool.Name, pool.MinReplicas, template.Image, string.Join('|', template.Command),
            string.Join('|', template.Env.Select(e => $"{e.Key}={e.Value}")), template.Port, template.HostPort, template.Resources,
            template.User ?? "65532:65532", template.ReadOnly, string.Join('|', template.Capabilities), string.Join('|', template.Volumes),
            template.Health.Type, template.Health.Type == HealthCheckType.Http ? template.Health.Path : "", template.Health.Type == HealthCheckType.None
                ? "" : $"{template.Health.Interval} {template.Health.Timeout} {template.Health.UnhealthyThreshold} {template.Health.StartupTimeout}",
            template.Drain.StopTimeout, rollout.StopsFirst(template), rollout.SurgeFor(template), rollout.UnavailableFor(template),
            rollout.MinHealthyTime, rollout.AutoRollback, pool.Placement.Arch, pool.Placement.Spread,
            string.Join('|', pool.Placement.Constraints));
    }
}
