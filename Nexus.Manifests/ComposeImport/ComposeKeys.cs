using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The keys that one map of a compose file may have, and what is said of those that are not carried over.</summary>
internal sealed class ComposeKeys
{
    private const string Nowhere = "has no counterpart in a nexus.yaml, and is not carried over";
    private readonly Dictionary<string, string?> _keys = new(StringComparer.Ordinal);

    /// <summary>The keys at the top.</summary>
    public static ComposeKeys File { get; } = new ComposeKeys()
        .Read("services name volumes version networks secrets configs")
        .Refused("include", "is not followed; run `docker compose config` and import what it prints");

    /// <summary>The keys of a service.</summary>
    public static ComposeKeys Service { get; } = new ComposeKeys()
        .Read("image build command entrypoint environment env_file ports expose volumes deploy healthcheck user read_only restart "
            + "stop_grace_period stop_signal scale mem_limit cpus pids_limit cap_add cap_drop platform tmpfs init security_opt logging "
            + "privileged networks labels pull_policy mem_reservation tty stdin_open attach")
        .Refused("extends", "is not followed; run `docker compose config` and import what it prints")
        .Lost("depends_on", "pools start together; each is started again until what it needs answers")
        .Lost("links external_links", "a pool that has a port is found as NAME.service.consul")
        .Lost("secrets configs", "a spec cannot name secrets yet: mount a file of the node under volumes, or set a variable under env")
        .Lost("profiles", "there are no profiles: the pool runs always")
        .Lost("network_mode", "each replica has a network of its own")
        .Lost("container_name hostname", "replicas are named by their pool and number")
        .Lost("develop", "is for developing only")
        .Lost("annotations blkio_config cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares "
            + "cpuset credential_spec device_cgroup_rules devices dns dns_opt dns_search domainname driver_opts extra_hosts gpus group_add ipc "
            + "isolation label_file mac_address mem_swappiness memswap_limit models oom_kill_disable oom_score_adj pid post_start pre_stop provider "
            + "pull_refresh_after runtime shm_size storage_opt sysctls ulimits use_api_socket userns_mode uts volumes_from working_dir");

    /// <summary>The keys of a health check.</summary>
    public static ComposeKeys Healthcheck { get; } = new ComposeKeys().Read("test interval timeout retries start_period disable")
        .Lost("start_interval", "until the first good check, a replica is asked at the same interval");

    /// <summary>The keys of a file of variables in its long form.</summary>
    public static ComposeKeys EnvironmentFile { get; } = new ComposeKeys().Read("path required format");

    /// <summary>The keys of <c>deploy</c>.</summary>
    public static ComposeKeys Deploy { get; } = new ComposeKeys().Read("replicas mode resources update_config restart_policy placement")
        .Lost("rollback_config", "a rollback goes as the rollout does")
        .Lost("labels endpoint_mode");

    /// <summary>The keys of <c>deploy.update_config</c>.</summary>
    public static ComposeKeys Update { get; } = new ComposeKeys().Read("parallelism order failure_action monitor")
        .Lost("delay", "the next replica is replaced when the one before is proven (min_healthy_time)")
        .Lost("max_failure_ratio", "a rollout is given up after so many failures of replicas as rollout.max_failures says");

    /// <summary>The keys of <c>deploy.restart_policy</c>.</summary>
    public static ComposeKeys Restart { get; } = new ComposeKeys().Read("condition delay")
        .Lost("max_attempts", "what ends is started again, for ever, with growing delays")
        .Lost("window", "a replica counts as well after restart.reset_after");

    /// <summary>The keys of <c>deploy.placement</c>.</summary>
    public static ComposeKeys Placement { get; } = new ComposeKeys().Read("constraints max_replicas_per_node")
        .Lost("preferences", "replicas are spread over the nodes anyway");

    /// <summary>The keys of a port in its long form.</summary>
    public static ComposeKeys Port { get; } = new ComposeKeys().Read("target published protocol host_ip mode name app_protocol");

    /// <summary>The keys of a volume in its long form.</summary>
    public static ComposeKeys Volume { get; } = new ComposeKeys().Read("type source target read_only bind volume tmpfs consistency").Lost("image");

    /// <summary>The keys of <c>deploy.resources.limits</c> and <c>reservations</c>.</summary>
    public static ComposeKeys Resources { get; } = new ComposeKeys().Read("cpus memory pids").Lost("devices generic_resources");

    /// <summary>Refuses unknown keys, and says of the known ones that are not carried over why.</summary>
    public void Judge(SpecCursor cursor)
    {
        if (cursor.Node is not SpecMapping map)
        {
            return;
        }

        cursor.ReportFaults(map);
        foreach (var entry in map.Entries.Where(entry => !entry.Name.StartsWith("x-", StringComparison.Ordinal)))
        {
            var at = cursor.Enter(entry);
            if (!_keys.TryGetValue(entry.Name, out var reason))
            {
                at.Error(NearestName.Find(entry.Name, _keys.Keys) is { } near ? $"unknown key; did you mean '{near}'?" : "unknown key");
            }
            else if (reason is ['!', .. var refusal])
            {
                at.Error(refusal);
            }
            else if (reason is not null)
            {
                at.Warn(reason);
            }
        }
    }

    private ComposeKeys Read(string names) => Add(names, null);

    private ComposeKeys Refused(string names, string reason) => Add(names, $"!{reason}");

    private ComposeKeys Lost(string names, string reason = Nowhere) =>
        Add(names, reason == Nowhere ? Nowhere : $"is not carried over: {reason}");

    private ComposeKeys Add(string names, string? reason)
    {
        foreach (var name in names.Split(' '))
        {
            _keys.Add(name, reason);
        }

        return this;
    }
}
