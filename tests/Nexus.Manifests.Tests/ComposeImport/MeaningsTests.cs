using Nexus.Core.Spec;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Keys that both have mean the same afterwards, or a warning says what is different.</summary>
public sealed class MeaningsTests
{
    public static TheoryData<string, string, string> Starts => new()
    {
        { "test: x, start_period: 2s, interval: 5s, retries: 2", "1m rollout 2m", "a start is never stopped in Compose; a minute is the least" },
        { "test: x, start_period: 40s, interval: 20s, retries: 4", "2m rollout 2m31s", "and its rollout waits for it" },
        { "test: x, start_period: 5m", "6m30s rollout 7m1s", "with Docker's own interval and retries" },
        { "test: x, interval: 10s, retries: 300", "50m rollout 50m31s", "what was asked for counts, not what it was cut to" },
        { "test: x, start_period: 30h", "1d rollout 1d", "the longest" },
        { "disable: true", "1m rollout 2m", "nothing is checked" },
    };

    public static TheoryData<string, string, string> Clamped => new()
    {
        { "healthcheck: {test: x, retries: 500}", "health.unhealthy_threshold: 100", "found 500; a pool takes 1 to 100, so it gets 100" },
        { "healthcheck: {test: x, interval: 0s}", "health.interval: 30s", "found 0s, which is Docker's default, 30s" },
        { "healthcheck: {test: x, timeout: 0s}", "health.timeout: 30s", "found 0s, which is Docker's default, 30s" },
        { "healthcheck: {test: x, interval: 2h}", "health.interval: 1h", "found 2h; a pool takes 100ms to 1h, so it gets 1h" },
        { "healthcheck: {test: x, interval: 5ms}", "health.interval: 100ms", "found 5ms; a pool takes 100ms to 1h, so it gets 100ms" },
        { "healthcheck: {test: x, timeout: 1h}", "health.timeout: 10m", "found 1h; a pool takes 50ms to 10m, so it gets 10m" },
        { "stop_grace_period: 2h", "drain.stop_timeout: 1h", "found 2h; a pool takes 0s to 1h, so it gets 1h" },
        { "mem_limit: 1k", "resources.memory: 6MiB", "found 1KiB; a pool takes 6MiB to 16TiB, so it gets 6MiB" },
        { "cpus: 0.001", "resources.cpu: 10m", "found 1m; a pool takes 10m to 1024, so it gets 10m" },
        { "pids_limit: 9999999", "resources.pids: 1000000", "found 9999999; a pool takes 0 to 1000000, so it gets 1000000" },
        { "pids_limit: 99999999999", "resources.pids: 1000000", "found 2147483647; a pool takes 0 to 1000000, so it gets 1000000" },
        { "healthcheck: {test: x, retries: 77777777777}", "health.unhealthy_threshold: 100", "found 2147483647; a pool takes 1 to 100" },
        { "healthcheck: {test: x, start_period: 48h}", "health.startup_timeout: 1d", "start_period and interval x retries together are longer than 1d" },
        { "cpus: '400000'", "resources.cpu: 1024", "found 400000; a pool takes 10m to 1024, so it gets 1024" },
        { "mem_limit: 9999999999999999t", "resources.memory: 16TiB", "found " },
        { "scale: 66666666666", "min_replicas: 1000", "found 2147483647; a pool takes 0 to 1000" },
        { "scale: 5000", "min_replicas: 1000", "found 5000; a pool takes 0 to 1000, so it gets 1000" },
        { "deploy: {restart_policy: {delay: 20m}}", "restart.max_delay: 20m", "is the delay before the second restart in a row; later ones double it, up to restart.max_delay" },
        { "deploy: {update_config: {parallelism: 7000, order: start-first}}", "rollout.max_surge: 1000", "found 7000; a pool takes 1 to 1000, so it gets 1000" },
        { "cap_add: [SYS_ADMIN, cap_chown, ALL]", "capabilities: [CHOWN]", "SYS_ADMIN is not carried over" },
    };

    public static TheoryData<string, string> Told => new()
    {
        { "command: []", "services.web.command: is not carried over: an empty command takes the image's CMD away" },
        { "entrypoint: ''", "services.web.entrypoint: is not carried over: an empty entrypoint takes the image's ENTRYPOINT away" },
        { "init: false", "services.web.init: is not carried over" },
        { "stop_signal: SIGQUIT", "services.web.stop_signal: SIGQUIT is not carried over: a replica gets the image's own STOPSIGNAL, else SIGTERM" },
        { "restart: on-failure:5", "services.web.restart: is not carried over: what ends is started again, with exit code 0 as well, and more often than 5 times" },
        { "network_mode: host", "services.web.network_mode: host is not carried over" },
        { "network_mode: service:vpn", "services.web.network_mode: service:vpn is not carried over: replicas do not share a network" },
        { "network_mode: none", "services.web.network_mode: none is not carried over: a replica has a network" },
        { "networks: {default: {ipv4_address: 10.1.2.3}}", "services.web.networks.default.ipv4_address: is not carried over" },
        { "security_opt: ['no-new-privileges:false']", "services.web.security_opt[0]: no-new-privileges:false is not carried over: nothing in a replica gains privileges" },
        { "read_only: true\n    tmpfs: '/tmp:size=1g'", "services.web.tmpfs: size=1g is not carried over: /tmp in memory has 64 MB" },
        { "logging: {driver: json-file, options: {max-size: 1g}}", "services.web.logging: json-file with these options is not carried over" },
        { "logging: {driver: none}", "services.web.logging: none is not carried over" },
        { "secrets: [{source: s, mode: 288}]", "services.web.secrets[0].mode: is not carried over: the file is mounted with the owner and mode" },
        { "tty: true", "services.web.tty: is not carried over: a replica has no terminal" },
        { "user: root", "services.web.user: runs as root without the capabilities that Docker gives it" },
        { "volumes: ['x:/x:ro,z']", "services.web.volumes[0]: the option z is not carried over" },
        { "volumes: [{type: volume, source: x, target: /x, volume: {subpath: a}}]", "services.web.volumes[0].volume.subpath: is not carried over: the whole volume is mounted" },
        { "volumes: [{type: bind, source: /x, target: /x, bind: {propagation: rslave}}]", "services.web.volumes[0].bind.propagation: is not carried over" },
        { "ports: [{target: 443, app_protocol: https}]", "services.web.ports[0].app_protocol: https is not carried over: gateways speak http1 or h2c to a pool, without TLS" },
        { "ports: ['[::1]:8080:80']", "services.web.ports[0]: [::1] is not carried over" },
        { "deploy: {resources: {limits: {memory: 1g}}}", "services.web.deploy.resources.limits.memory: is also what placement reserves on a node" },
        { "memswap_limit: 2g\n    mem_limit: 1g", "services.web.memswap_limit: is not carried over: a replica gets no swap" },
        { "expose: [80]\n    healthcheck: {test: [CMD, curl, -f, 'http://localhost/']}", "services.web.healthcheck.test: is asked over HTTP from outside the container" },
        { "depends_on: [gone]", "services.web.depends_on: needs gone, which is no service of the file" },
    };

    public static TheoryData<string, string> Declared => new()
    {
        { "volumes: {v: {driver_opts: {type: cifs, o: 'username=a,password=b', device: //nas/v}}}", "volumes.v.driver_opts: driver_opts (type cifs, o, device //nas/v) are not carried over" },
        { "volumes: {v: {driver: rexray/ebs}}", "volumes.v.driver: driver rexray/ebs is not carried over" },
        { "volumes: {v: {external: true}}", "volumes.v.external: an external volume that is missing keeps Compose from starting" },
        { "volumes: {v: {labels: {a: b}}}", "volumes.v.labels: has no counterpart" },
        { "networks: {n: {internal: true}}", "networks.n.internal: is not carried over: every pool can reach every other" },
        { "networks: {n: {ipam: {driver: default}}}", "networks.n.ipam: is not carried over" },
        { "models: {m: {}}", "models: is not carried over" },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_grace_is_no_deadline(string check, string expected, string because)
    {
        var pool = Pool($"healthcheck: {{{check}}}");

        var found = $"{Core.Spec.Values.SpecDuration.Format(pool.Template.Health.StartupTimeout)} rollout {Core.Spec.Values.SpecDuration.Format(pool.Rollout.ProgressDeadline)}";

        Assert.True(expected == found, $"{because}: {found}");
    }

    [Theory]
    [MemberData(nameof(Clamped))]
    public void A_value_out_of_bounds_gets_the_nearest_one(string keys, string expected, string warning)
    {
        var imported = ComposeImportTests.Import(File(keys));

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var places = SpecPlaces.Of(imported.Yaml).Given.Select(place => $"{place.Key}: {place.Text}").ToList();
        Assert.True(expected.EndsWith(']') ? imported.Yaml.Contains(expected, StringComparison.Ordinal) : places.Contains($"worker_pools.web.{expected}"), string.Join('\n', places));
        Assert.Contains(imported.Problems, p => p.Message.StartsWith(warning, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Told))]
    public void What_is_lost_is_told_where_it_is(string keys, string warning) => AssertTold(File(keys), warning);

    [Theory]
    [MemberData(nameof(Declared))]
    public void What_the_file_declares_is_not_lost_in_silence(string section, string warning) => AssertTold($"{File("user: 1")}{section}\n", warning);

    [Theory]
    [InlineData("curl http://localhost/up", HealthCheckType.Script, "without -f, any answer is a good one")]
    [InlineData("curl -sSf http://localhost/up", HealthCheckType.Http, "")]
    [InlineData("curl http://localhost/up --fail", HealthCheckType.Script, "a form that is not known is kept as it is")]
    [InlineData("wget --spider http://localhost/up", HealthCheckType.Http, "")]
    [InlineData("curl -f http://localhost:777777777777/up", HealthCheckType.Script, "no pool has such a port")]
    [InlineData("curl -f http://localhost:70000/up", HealthCheckType.Script, "nor such a one")]
    [InlineData("'wget -q http://localhost/up#top'", HealthCheckType.Script, "a pool's path has no fragment")]
    [InlineData("curl -f http://localhost/é", HealthCheckType.Script, "nor a letter beyond ASCII")]
    [InlineData("curl -f http://localhost/a%zz", HealthCheckType.Script, "nor a broken escape")]
    public void Only_a_check_that_fails_by_status_is_asked_from_outside(string test, HealthCheckType expected, string because)
    {
        var found = Pool($"expose: [80]\n    healthcheck: {{test: {test}}}").Template.Health.Type;

        Assert.True(expected == found, $"{because}: {found}");
    }

    [Theory]
    [InlineData("healthcheck: {test: []}")]
    [InlineData("healthcheck: {interval: 5s}")]
    public void A_check_without_a_test_is_none(string keys) => Assert.Equal(HealthCheckType.None, Pool(keys).Template.Health.Type);

    [Fact]
    public void Files_of_secrets_are_mounted_as_in_Compose()
    {
        var yaml = ComposeImportTests.Import($"{File("secrets: [a, {source: b, target: c}]\n    configs: [{source: d, target: /etc/d}]")}"
            + "secrets: {a: {file: ./a.txt}, b: {file: /b}}\nconfigs: {d: {file: ../d}}\n").Yaml!;

        Assert.Equal(["/srv/p/a.txt:/run/secrets/a", "/b:/run/secrets/c", "/srv/d:/etc/d"],
            ExportSamples.Read(yaml).Pools.Single().Template.Volumes.Select(volume => $"{volume.Source}:{volume.Target}"));
    }

    [Fact]
    public void Every_warning_of_a_large_file_is_there()
    {
        var services = string.Concat(Enumerable.Range(0, 150).Select(i => $"  s{i}: {{image: a, ulimits: {{nofile: 1}}, shm_size: 1g}}\n"));

        var problems = ComposeImportTests.Import($"services:\n{services}").Problems;

        Assert.Equal(300, problems.Count(p => p.Message.StartsWith("has no counterpart", StringComparison.Ordinal)));
        Assert.DoesNotContain(problems, p => p.Message.Contains("further problems", StringComparison.Ordinal));
    }

    [Fact]
    public void A_variable_whose_name_no_pool_takes_is_left_out_and_told()
    {
        var imported = ComposeImportTests.Import(File("environment: {'ConnectionStrings:Db': x, 'spring.list[0].url': y, 1A: z, OK: w}"));
        var told = imported.Problems.Where(problem => problem.Message.StartsWith("variable ", StringComparison.Ordinal)).Select(problem => problem.Message);

        Assert.Equal(["OK"], ExportSamples.Read(imported.Yaml!).Pools.Single().Template.Env.Keys);
        const string Allowed = "is not carried over: a pool's variable has a name of letters, digits, _ . and -, not starting with a digit";
        Assert.Equal(
            [
                $"variable 'ConnectionStrings:Db' {Allowed}; .NET takes ConnectionStrings__Db for the same",
                $"variable 'spring.list[0].url' {Allowed}",
                $"variable '1A' {Allowed}",
            ],
            told);
    }

    private static void AssertTold(string text, string warning)
    {
        var imported = ComposeImportTests.Import(text);
        var told = imported.Problems.Select(p => $"{p.Key}: {p.Message}").ToList();

        Assert.True(imported.Yaml is not null, string.Join('\n', told));
        Assert.True(told.Exists(line => line.StartsWith(warning, StringComparison.Ordinal)), string.Join('\n', told));
    }

    private static PoolSpec Pool(string keys)
    {
        var imported = ComposeImportTests.Import(File(keys));
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        return ExportSamples.Read(imported.Yaml).Pools.Single();
    }

    private static string File(string keys) => $"services:\n  web:\n    image: a\n    {keys}\n";
}
