using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

/// <summary>What valid documents mean.</summary>
public sealed class SpecReaderValueTests
{
    [Fact]
    public void Read_takes_every_key()
    {
        const string Yaml = """
            cluster: shop
            worker_pools:
              api:
                min_replicas: 2
                max_replicas: 5
                image: ghcr.io:443/org/app:1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
                command: run --name "a b" 'c d' e\ f
                env: {A: 1, B: yes, C: true, D: "", E: 010, F: text}
                port: 0x50
                resources: {cpu: 500m, memory: 1.5GiB, pids: 0}
                user: 1000:1000
                read_only: true
                capabilities: [NET_RAW, CHOWN]
                volumes:
                  - data:/var/lib/x
                  - /etc/x:/etc/x:ro
                  - {source: logs, target: /logs, read_only: true}
                health: {path: /ready, interval: 5s, timeout: 500ms, unhealthy_threshold: 3, healthy_threshold: 2, startup_timeout: 1m30s}
                restart: {initial_delay: 1s, max_delay: 1m, reset_after: 2m}
                rollout: {max_surge: 2, max_unavailable: 1, min_healthy_time: 3s}
                placement: {constraints: {disk: ssd, rack: 7}, arch: arm64, spread: required, volume_affinity: preferred}
                drain: {timeout: 30s, stop_timeout: 20s}
                process: {command: [./app, --port, "{port}", 7], working_directory: /srv}
            gateway:
              routes:
                - {pool: api}
                - {pool: api, host: "*.example.org"}
                - {pool: api, host: example.org, path: /a/b, strip_prefix: true}
              headers: {content_security_policy: "", frame_options: DENY, referrer_policy: no-referrer, hsts_max_age: 365d}
            """;

        var result = SpecReader.Read(Yaml, "f");

        Assert.Empty(result.Lines);
        var spec = result.Spec!;
        var pool = Assert.Single(spec.Pools);
        var template = pool.Template;
        Assert.Equal(("shop", new PoolName("api"), 2, 5), (spec.Cluster, pool.Name, pool.MinReplicas, pool.MaxReplicas));
        Assert.Equal("ghcr.io:443/org/app:1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", template.Image);
        Assert.Equal(["run", "--name", "a b", "c d", "e f"], template.Command);
        Assert.Equal("A=1 B=yes C=true D= E=010 F=text", string.Join(' ', template.Env.Select(e => $"{e.Key}={e.Value}")));
        Assert.Equal(80, template.Port);
        Assert.Equal(new ResourceSpec { CpuMillicores = 500, MemoryBytes = 1_610_612_736, Pids = 0 }, template.Resources);
        Assert.Equal(("1000:1000", true), (template.User, template.ReadOnly));
        Assert.Equal(["NET_RAW", "CHOWN"], template.Capabilities);
        Assert.Equal(
            [new("data", "/var/lib/x", false), new("/etc/x", "/etc/x", true), new("logs", "/logs", true)], template.Volumes);
        Assert.Equal(
            new HealthSpec
            {
                Type = HealthCheckType.Http,
                Path = "/ready",
                Interval = TimeSpan.FromSeconds(5),
                Timeout = TimeSpan.FromMilliseconds(500),
                UnhealthyThreshold = 3,
                HealthyThreshold = 2,
                StartupTimeout = TimeSpan.FromSeconds(90),
            },
            template.Health);
        Assert.Equal("00:00:01 00:01:00 00:02:00", $"{template.Restart.InitialDelay} {template.Restart.MaxDelay} {template.Restart.ResetAfter}");
        Assert.Equal((2, 1, TimeSpan.FromSeconds(3)), (pool.Rollout.MaxSurge, pool.Rollout.MaxUnavailable, pool.Rollout.MinHealthyTime));
        Assert.Equal("disk=ssd rack=7", string.Join(' ', pool.Placement.Constraints.Select(e => $"{e.Key}={e.Value}")));
        Assert.Equal(("arm64", SpreadRule.Required), (pool.Placement.Arch, pool.Placement.Spread));
        Assert.Equal("00:00:30 00:00:20", $"{template.Drain.Timeout} {template.Drain.StopTimeout}");
        Assert.Equal(["./app", "--port", "{port}", "7"], template.Process!.Command);
        Assert.Equal("/srv", template.Process.WorkingDirectory);
        Assert.Equal(
            ["example.org /a/b True", "*.example.org / False", " / False"],
            spec.Gateway.Routes.Select(r => $"{r.Host} {r.Path} {r.StripPrefix}"));
        Assert.Equal(
            new SecurityHeadersSpec { ContentSecurityPolicy = "", FrameOptions = "DENY", ReferrerPolicy = "no-referrer", HstsMaxAge = TimeSpan.FromDays(365) },
            spec.Gateway.Headers);
    }

    [Fact]
    public void Read_gives_the_defaults_of_the_records()
    {
        var spec = SpecReader.Read("worker_pools: {web: {image: a, port: 1}}", "f").Spec!;

        var pool = Assert.Single(spec.Pools);
        Assert.Equal(("nexus", 1, 1), (spec.Cluster, pool.MinReplicas, pool.MaxReplicas));
        Assert.Equal(new PoolTemplate { Image = "a", Port = 1 }, pool.Template);
        Assert.Equal((new RolloutSpec(), new PlacementSpec()), (pool.Rollout, pool.Placement));
        Assert.Equal(new SecurityHeadersSpec(), spec.Gateway.Headers);
    }

    [Fact]
    public void Read_takes_everything_about_rollouts_and_retries()
    {
        var result = SpecReader.Read("""
            drills: allowed
            worker_pools:
              web:
                image: a
                port: 1
                min_replicas: 5
                warm_standby: 1
                replace: false
                drain: {websocket_window: 4s}
                rollout:
                  strategy: canary
                  order: start_first
                  max_surge: 50%
                  max_unavailable: 50%
                  progress_deadline: 10s
                  auto_rollback: false
                  canary: {steps: [{weight: 5, pause: 1m}, {count: 2}], max_error_rate: 0.1, max_p95_ratio: 3, min_requests: 9}
              db:
                image: b
                port: 5432
                host_port: 5432
                volumes: [{source: data, target: /data, exclusive: true}]
                placement: {volume_affinity: required}
                rollout: {max_surge: 0, max_unavailable: 1}
              site:
                image: c
                port: 2
                rollout: {strategy: blue_green, keep_old: 9s}
            gateway:
              slow_start: 5s
              retry: {attempts: 2, budget: 10%, buffer: 64KiB}
              routes: [{pool: web, timeout: 2s}]
            """, "f");
        Assert.Empty(result.Lines);
        var (web, db, site) = (result.Spec!.Pools[0], result.Spec.Pools[1], result.Spec.Pools[2]);
        Assert.True(result.Spec.DrillsAllowed);
        Assert.Equal((1, false, TimeSpan.FromSeconds(4)), (web.WarmStandby, web.Replace, web.Template.Drain.WebSocketWindow));
        Assert.Equal((RolloutStrategy.Canary, RolloutOrder.StartFirst, 3, 2), (web.Rollout.Strategy, web.Rollout.Order!.Value, web.Rollout.MaxSurge, web.Rollout.MaxUnavailable));
        Assert.Equal((TimeSpan.FromSeconds(10), false), (web.Rollout.ProgressDeadline, web.Rollout.AutoRollback));
        Assert.Equal([new CanaryStep { Weight = 5, Pause = TimeSpan.FromMinutes(1) }, new CanaryStep { Count = 2 }], web.Rollout.Canary.Steps);
        Assert.Equal((0.1, 3.0, 9), (web.Rollout.Canary.MaxErrorRate, web.Rollout.Canary.MaxP95Ratio, web.Rollout.Canary.MinRequests));
        Assert.Equal((5432, true, true), (db.Template.HostPort!.Value, db.Template.Volumes[0].Exclusive, db.Template.HoldsExclusively));
        Assert.Equal((RolloutStrategy.BlueGreen, TimeSpan.FromSeconds(9)), (site.Rollout.Strategy, site.Rollout.KeepOld));
        Assert.Equal(new RetrySpec { Attempts = 2, BudgetPercent = 10, BufferBytes = 65_536 }, result.Spec.Gateway.Retry);
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2)), (result.Spec.Gateway.SlowStart, result.Spec.Gateway.Routes[0].Timeout!.Value));
    }

    [Fact]
    public void Read_wants_a_port_to_bind_a_host_port_to() =>
        Assert.Contains("found a host_port without a port", Assert.Single(SpecReader.Read("worker_pools: {web: {image: a, host_port: 1}}", "f").Lines));

    [Theory]
    [InlineData("path", "port: 1, health: {path: /x}", HealthCheckType.Http)]
    [InlineData("command", "port: 1, health: {command: x}", HealthCheckType.Script)]
    [InlineData("a script needs no port", "health: {command: x}", HealthCheckType.Script)]
    [InlineData("a port alone", "port: 1", HealthCheckType.Tcp)]
    [InlineData("a port and an interval", "port: 1, health: {interval: 3s}", HealthCheckType.Tcp)]
    [InlineData("no port", "env: {A: b}", HealthCheckType.None)]
    [InlineData("said", "port: 1, health: {type: http}", HealthCheckType.Http)]
    [InlineData("said to be none", "port: 1, health: {type: none}", HealthCheckType.None)]
    public void Read_infers_the_type_of_check(string because, string keys, HealthCheckType expected)
    {
        var result = SpecReader.Read($"worker_pools: {{web: {{image: a, {keys}}}}}", "f");
        Assert.True(expected == result.Spec?.Pools[0].Template.Health.Type, $"{because}: {string.Join('\n', result.Lines)}");
    }

    [Theory]
    [InlineData("the only pool with a port", "db: {image: a, port: 1}, job: {image: a}", "/ db")]
    [InlineData("web among several", "db: {image: a, port: 1}, web: {image: a, port: 2}", "/ web")]
    [InlineData("none is obvious", "db: {image: a, port: 1}, app: {image: a, port: 2}", "")]
    [InlineData("web serves nothing", "web: {image: a}, db: {image: a, port: 1}, app: {image: a, port: 2}", "")]
    [InlineData("nothing serves", "web: {image: a}", "")]
    public void Read_applies_the_implicit_route(string because, string pools, string expected)
    {
        var spec = SpecReader.Read($"worker_pools: {{{pools}}}", "f").Spec!;
        Assert.True(expected == string.Join(',', spec.Gateway.Routes.Select(r => $"{r.Path} {r.Pool}")), because);
        Assert.Empty(SpecReader.Read($"worker_pools: {{{pools}}}\ngateway: {{routes: []}}", "f").Spec!.Gateway.Routes);
    }

    [Fact]
    public void Read_resolves_aliases_and_merges()
    {
        const string Yaml = """
            worker_pools:
              web: &web
                image: a
                port: &port 80
                env: &env {A: 1, B: 2}
              api:
                <<: *web
                image: b
                env: {<<: *env, B: 3, C: *port}
            """;

        var result = SpecReader.Read(Yaml, "f");

        Assert.Empty(result.Lines);
        var api = result.Spec!.Pools[1].Template;
        Assert.Equal(("b", 80), (api.Image, api.Port));
        Assert.Equal("A=1 B=3 C=80", string.Join(' ', api.Env.Select(e => $"{e.Key}={e.Value}")));
    }

    [Fact]
    public void Read_takes_a_byte_order_mark_and_other_line_ends() =>
        Assert.Empty(SpecReader.Read("\uFEFF# yes\r\nworker_pools:\r\n  web:\r\n    image: a\r\n", "f").Lines);

    [Theory]
    [InlineData("prot", "port")]
    [InlineData("Port", "port")]
    [InlineData("portt", "port")]
    [InlineData("ort", "port")]
    [InlineData("max_replica", "max_replicas")]
    [InlineData("zzzzz", null)]
    [InlineData("memory", null)]
    [InlineData("", null)]
    public void An_unknown_key_is_taken_for_the_nearest(string typed, string? expected)
    {
        var message = SpecReader.Read($"worker_pools: {{web: {{image: a, \"{typed}\": 1}}}}", "f").Problems[0].Message;
        Assert.Equal(expected is null ? null : $"unknown key; did you mean '{expected}'?", message.Contains("did you") ? message : null);
    }
}
