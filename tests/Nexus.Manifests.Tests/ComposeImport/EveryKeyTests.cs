using Nexus.Core.Spec;
using Nexus.Testing;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Every key that a service may have in Compose changes the pool, or a warning says that it does not; and the documentation names it.</summary>
public sealed class EveryKeyTests
{
    // Of the Compose Specification, each with a value that matters.
    public static TheoryData<string, string> Keys => new()
    {
        { "annotations", "{a: b}" }, { "blkio_config", "{weight: 300}" }, { "build", "." }, { "cap_add", "[CHOWN]" }, { "cgroup", "host" },
        { "cgroup_parent", "a" }, { "command", "run it" }, { "configs", "[a]" }, { "container_name", "a" }, { "cpu_count", "2" }, { "cpu_percent", "50" }, { "cpu_period", "1000" },
        { "cpu_quota", "500" }, { "cpu_rt_period", "1" }, { "cpu_rt_runtime", "1" }, { "cpu_shares", "10" }, { "cpus", "0.5" }, { "cpuset", "'0'" }, { "credential_spec", "{file: a}" },
        { "depends_on", "[b]" }, { "deploy", "{replicas: 3}" }, { "develop", "{watch: []}" }, { "device_cgroup_rules", "['c 1:3 mr']" }, { "devices", "['/dev/a:/dev/a']" }, { "dns", "1.1.1.1" },
        { "dns_opt", "[a]" }, { "dns_search", "a" }, { "domainname", "a" }, { "entrypoint", "[a]" }, { "env_file", "vars" }, { "environment", "{A: b}" }, { "expose", "[80]" },
        { "external_links", "[a]" }, { "extra_hosts", "['a:1.1.1.1']" }, { "gpus", "all" }, { "group_add", "['1']" }, { "healthcheck", "{test: x}" }, { "hostname", "a" },
        { "init", "false" }, { "ipc", "host" }, { "isolation", "a" }, { "label_file", "a" }, { "labels", "{a: b}" }, { "links", "[b]" }, { "logging", "{driver: syslog}" },
        { "mac_address", "a" }, { "mem_limit", "1g" }, { "mem_reservation", "1g" }, { "mem_swappiness", "1" }, { "memswap_limit", "1g" }, { "models", "[a]" }, { "network_mode", "host" },
        { "networks", "[a]" }, { "oom_kill_disable", "true" }, { "oom_score_adj", "1" }, { "pid", "host" }, { "pids_limit", "9" }, { "platform", "linux/arm64" }, { "ports", "['80']" },
        { "post_start", "[{command: a}]" }, { "pre_stop", "[{command: a}]" }, { "privileged", "true" }, { "provider", "{type: a}" }, { "pull_policy", "always" }, { "pull_refresh_after", "1h" },
        { "read_only", "true" }, { "restart", "on-failure" }, { "runtime", "a" }, { "scale", "2" }, { "secrets", "[a]" }, { "security_opt", "['seccomp:unconfined']" }, { "shm_size", "1g" },
        { "stdin_open", "true" }, { "stop_grace_period", "3s" }, { "stop_signal", "SIGINT" }, { "storage_opt", "{size: 1G}" }, { "sysctls", "{a: 1}" }, { "tmpfs", "/a" }, { "tty", "true" },
        { "ulimits", "{nofile: 1}" }, { "use_api_socket", "true" }, { "user", "'5'" }, { "userns_mode", "host" }, { "uts", "host" }, { "volumes", "['a:/a']" }, { "volumes_from", "[b]" },
        { "working_dir", "/a" },
    };

    private static readonly string[] WithoutEffect = ["attach", "cap_drop", "image", "profiles", "extends"];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_changes_the_pool_or_is_warned_of(string key, string value)
    {
        const string other = "  b: {image: b, user: '1', expose: [1]}\n";
        var without = ComposeImportTests.Import($"services:\n{other}  web:\n    image: a\n");
        var with = ComposeImportTests.Import($"services:\n{other}  web:\n    image: a\n    {key}: {value}\n");

        Assert.True(with.Yaml is not null, string.Join('\n', with.Problems));
        Assert.True(
            with.Yaml != without.Yaml || with.Problems.Any(p => p.Severity == SpecSeverity.Warning && p.Key.StartsWith($"services.web.{key}", StringComparison.Ordinal)),
            $"{key} is dropped without a word");
    }

    [Fact]
    public void The_documentation_says_of_every_key_what_it_becomes()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "migrating.md"));

        Assert.All(Keys.Select(row => row.Data.Item1).Concat(WithoutEffect), key => Assert.Contains($"`{key}`", text, StringComparison.Ordinal));
    }
}
