using k8s;
using k8s.Models;
using static Nexus.Manifests.Tests.Exports.ExportSamples;

namespace Nexus.Manifests.Tests.Kubernetes;

public sealed class KubernetesExportTests
{
    public static TheoryData<string, string, string> Deployments => new()
    {
        { "min_replicas: 4", "replicas 4, RollingUpdate 1/0", "as the spec has it" },
        { "min_replicas: 2\nmax_replicas: 5", "replicas none, RollingUpdate 1/0", "the autoscaler has the say" },
        { "min_replicas: 0", "replicas 0, RollingUpdate 1/0", "none is a number too" },
        { "rollout: {order: stop_first}", "replicas 1, Recreate", "only Recreate waits for the old pod's end" },
        { "min_replicas: 3\nrollout: {order: stop_first, max_unavailable: 2}", "replicas 3, RollingUpdate 0/2", "of several, not all at once" },
        { "min_replicas: 10\nrollout: {max_surge: 25%, max_unavailable: 25%}", "replicas 10, RollingUpdate 3/2", "shares are of min_replicas" },
        { "port: 80\nhost_port: 80\nmin_replicas: 3", "replicas 3, RollingUpdate 0/1", "a port of the node is held by one" },
    };

    [Theory]
    [MemberData(nameof(Deployments))]
    public void A_deployment_has_the_pools_replicas_and_manner(string keys, string expected, string because)
    {
        var spec = Of<V1Deployment>(OnePool(keys)).Spec;
        var rolling = spec.Strategy.RollingUpdate is { } update ? $" {update.MaxSurge.Value}/{update.MaxUnavailable.Value}" : "";

        var found = $"replicas {spec.Replicas?.ToString() ?? "none"}, {spec.Strategy.Type}{rolling}";

        Assert.True(expected == found, $"{because}, but found {found}");
    }

    [Theory]
    [InlineData("port: 80", null)]
    [InlineData("port: 80\nprotocol: http1", null)]
    [InlineData("port: 80\nprotocol: h2c", "kubernetes.io/h2c")]
    public void A_service_names_the_protocol_of_its_port(string keys, string? expected) =>
        Assert.Equal(expected, Assert.Single(Of<V1Service>(OnePool(keys)).Spec.Ports).AppProtocol);

    public static TheoryData<string, string, string> Probes => new()
    {
        { "port: 80\nhealth: {path: /h}", "http /h 60x1s 2x2s 3x2s", "the default times" },
        { "port: 80", "tcp 60x1s 2x2s 3x2s", "tcp holds for any server" },
        { "health: {command: [a, b]}", "exec a b 60x1s 2x2s 3x2s", "a command of the replica" },
        { "port: 80\nhealth: {path: /h, interval: 300ms, startup_timeout: 10s}", "http /h 10x1s 2x1s 3x1s", "whole seconds, rounded up" },
        { "image: x", "none", "without a port nothing is asked" },
    };

    [Theory]
    [MemberData(nameof(Probes))]
    public void Probes_follow_the_health_check(string keys, string expected, string because)
    {
        var container = Of<V1Deployment>(OnePool(keys).Replace("    image: nginx:1\n    image", "    image", StringComparison.Ordinal)).Spec.Template.Spec.Containers[0];
        var probes = new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe };

        var found = probes[0] is null ? "none" : $"{Asked(probes[0])} {string.Join(' ', probes.Select(p => $"{p.FailureThreshold}x{p.PeriodSeconds}s"))}";

        Assert.True(expected == found, $"{because}, but found {found}");
        Assert.All(probes, probe => Assert.True(probe is null || Asked(probe) == Asked(probes[0])));
        Assert.True(container.LivenessProbe?.SuccessThreshold is null or 1, "the API server refuses any other");
    }

    [Theory]
    [InlineData("user: 0", "root, user 0, group , fs , sysctl 0", "root needs no sysctl")]
    [InlineData("port: 80", "user 65532, group 65532, fs , sysctl 1", "a low port needs no privilege")]
    [InlineData("user: 1000:2000\nport: 8080\nvolumes: [aa:/a]", "user 1000, group 2000, fs 2000, sysctl 0", "an empty claim is root's")]
    [InlineData("user: 1000\nport: 8080\nvolumes: [/a:/a]", "user 1000, group , fs , sysctl 0", "a directory of the node keeps its rights")]
    public void A_pod_may_do_as_little_as_before(string keys, string expected, string because)
    {
        var pod = Of<V1Deployment>(OnePool(keys)).Spec.Template.Spec;
        var context = pod.SecurityContext;
        var container = pod.Containers[0].SecurityContext;

        var found = $"{(context.RunAsNonRoot == true ? "" : "root, ")}user {context.RunAsUser}, group {context.RunAsGroup}, fs {context.FsGroup}, sysctl {context.Sysctls?.Count ?? 0}";

        Assert.True(expected == found, $"{because}, but found {found}");
        Assert.False(container.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.Capabilities.Drop);
    }

    [Fact]
    public void A_drain_is_a_sleep_before_the_end_and_the_grace_holds_both()
    {
        var pod = Of<V1Deployment>(OnePool("drain: {timeout: 15s, stop_timeout: 20s}")).Spec.Template.Spec;

        Assert.Equal((15, 35), ((int)pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds, (int)pod.TerminationGracePeriodSeconds!));
        Assert.Null(Of<V1Deployment>(OnePool("drain: {timeout: 0s}")).Spec.Template.Spec.Containers[0].Lifecycle);
    }

    [Fact]
    public void What_Kubernetes_would_expand_is_kept_as_it_is()
    {
        var container = Of<V1Deployment>(Full).Spec.Template.Spec.Containers[0];

        Assert.Equal(["serve", "--p=$$(X)", "$HOME"], container.Args);
        Assert.Null(container.Command);
        Assert.Equal("x$$(y)", container.Env.Single(e => e.Name == "B").Value);
        Assert.Equal("80", container.Env.Single(e => e.Name == "PORT").Value);
    }

    [Fact]
    public void A_deadline_is_longer_than_the_time_of_health()
    {
        var spec = Of<V1Deployment>(OnePool("rollout: {min_healthy_time: 30s, progress_deadline: 20s}")).Spec;

        Assert.Equal((30, 31), (spec.MinReadySeconds!.Value, spec.ProgressDeadlineSeconds!.Value));
    }

    [Fact]
    public void Replicas_that_exclude_each_other_do_so_there()
    {
        var alone = Of<V1Deployment>(OnePool("placement: {spread: required}")).Spec.Template.Spec;
        var spread = Of<V1Deployment>(OnePool("placement: {arch: arm64, constraints: {zone: a}}")).Spec.Template.Spec;

        Assert.Equal("web", alone.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0].LabelSelector.MatchLabels["app.kubernetes.io/name"]);
        Assert.Equal("ScheduleAnyway", spread.TopologySpreadConstraints[0].WhenUnsatisfiable);
        Assert.Equal(["kubernetes.io/arch=arm64", "zone=a"], spread.NodeSelector.Select(l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("min_replicas: 1", 0, 0)]
    [InlineData("min_replicas: 3", 0, 1)]
    [InlineData("min_replicas: 2\nmax_replicas: 4\nresources: {cpu: 0.5}", 1, 1)]
    public void Budgets_and_autoscalers_are_where_they_help(string keys, int autoscalers, int budgets)
    {
        var objects = Objects(ToKubernetes(OnePool(keys)));

        Assert.Equal((autoscalers, budgets), (objects.OfType<V2HorizontalPodAutoscaler>().Count(), objects.OfType<V1PodDisruptionBudget>().Count()));
    }

    [Fact]
    public void Routes_become_rules_and_the_namespace_is_everywhere()
    {
        var export = ToKubernetes(Full, "shop");
        var rules = Objects(export).OfType<V1Ingress>().Single().Spec.Rules;

        Assert.Equal(["*.example.org / web", " /api web"], rules.SelectMany(r => r.Http.Paths.Select(p => $"{r.Host} {p.Path} {p.Backend.Service.Name}")));
        Assert.All(Objects(export), one => Assert.Equal("shop", one.Metadata.NamespaceProperty));
        Assert.Equal(["00-volumes.yaml", "10-web.yaml", "10-db.yaml", "10-cron.yaml", "20-ingress.yaml"], export.Files.Select(f => f.Path));
    }

    [Fact]
    public void What_has_no_counterpart_is_warned_of_at_its_place()
    {
        Assert.Equal(
            [
                "2:1 drills", "9:38 worker_pools.web.env.DB", "11:43 worker_pools.web.resources.pids", "14:15 worker_pools.web.volumes[0]",
                "14:53 worker_pools.web.volumes[2]", "15:14 worker_pools.web.health.path", "15:29 worker_pools.web.health.interval", "15:46 worker_pools.web.health.timeout",
                "16:46 worker_pools.web.drain.websocket_window", "17:15 worker_pools.web.restart.initial_delay",
                "18:15 worker_pools.web.rollout.strategy", "18:112 worker_pools.web.rollout.auto_rollback", "20:5 worker_pools.web.warm_standby",
                "27:15 worker_pools.db.volumes[0]", "28:3 worker_pools.job", "35:3 gateway.slow_start", "37:8 gateway.routes[0].host",
                "37:51 gateway.routes[0].timeout", "38:31 gateway.routes[1].strip_prefix",
            ],
            ToKubernetes(Full).Warnings.Select(w => $"{w.Line}:{w.Column} {w.Key}"));
    }

    [Theory]
    [InlineData("rollout: {auto_rollback: false}\nwarm_standby: 0\nrestart: {initial_delay: 10s}\nhealth: {type: none}")]
    [InlineData("min_replicas: 2\nmax_replicas: 2\nresources: {pids: 0}\ndrain: {timeout: 3s}")]
    public void What_says_what_holds_there_anyway_is_not_warned_of(string keys) => Assert.Empty(ToKubernetes(OnePool(keys)).Warnings);

    [Fact]
    public void The_same_spec_gives_the_same_bytes() =>
        Assert.Equal(ToKubernetes(Full).Files.AsEnumerable(), ToKubernetes(Full).Files);

    [Fact]
    public async Task Kubernetes_own_schemas_accept_it()
    {
        var sample = await File.ReadAllTextAsync(Path.Combine(Testing.RepositoryRoot.Path, "samples", "nexus.yaml"), TestContext.Current.CancellationToken);
        foreach (var yaml in new[] { Full, sample, OnePool("placement: {spread: required}\nuser: 0\nread_only: true") })
        {
            Assert.Equal("", await KubernetesSchemas.ComplaintsAsync(ToKubernetes(yaml, "shop").Files.Select(f => f.Content)));
        }
    }

    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 3}\n", "must have required property")]
    [InlineData("apiVersion: apps/v1\nkind: Deploiment\nmetadata: {name: x}\n", "no such kind")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: eighty}]}\n", "must be integer")]
    public async Task The_schemas_refuse_what_is_wrong(string yaml, string complaint) =>
        Assert.Contains(complaint, await KubernetesSchemas.ComplaintsAsync([yaml]));

    private static string Asked(V1Probe probe) => probe switch
    {
        { HttpGet: { } http } => $"http {http.Path}",
        { TcpSocket: not null } => "tcp",
        _ => $"exec {string.Join(' ', probe.Exec.Command)}",
    };

    private static T Of<T>(string yaml) => Objects(ToKubernetes(yaml)).OfType<T>().First();

    // Read back by the client itself.
    private static List<IMetadata<V1ObjectMeta>> Objects(Manifests.Exports.ManifestExport export) =>
        [.. export.Files.SelectMany(f => KubernetesYaml.LoadAllFromString(f.Content)).Cast<IMetadata<V1ObjectMeta>>()];
}
