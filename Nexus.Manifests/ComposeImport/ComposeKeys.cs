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
        .Lost("models", "a spec knows no models of AI services: run one as a pool")
        .Refused("include", "is not followed; run `docker compose config` and import what it prints");

    /// <summary>The keys of a service.</summary>
    public static ComposeKeys Service { get; } = new ComposeKeys()
        .Read("image build command entrypoint environment env_file ports expose volumes deploy healthcheck user read_only restart "
            + "stop_grace_period stop_signal scale mem_limit cpus pids_limit cap_add cap_drop platform tmpfs init security_opt logging "
            + "privileged networks network_mode labels pull_policy mem_reservation memswap_limit depends_on profiles secrets configs attach")
        .Refused("extends", "is not followed; run `docker compose config` and import what it prints")
        .Lost("links external_links", "a pool that has a port is found as NAME.service.consul")
        .Lost("tty stdin_open", "a replica has no terminal and no standard input; a program that needs one ends at once")
        .Lost("working_dir", "the command starts in the image's own directory; where that matters: [sh, -c, \"cd DIR && exec …\"]")
        .Lost("cpu_quota cpu_period cpu_count cpu_percent cpu_shares", "write resources.cpu, in cores")
        .Lost("extra_hosts", "names resolve as they do on the node; write the address where the name is used")
        .Lost("dns dns_opt dns_search", "names resolve as they do on the node")
        .Lost("volumes_from", "name the volumes under volumes")
        .Lost("devices gpus device_cgroup_rules", "a replica gets no device of its node")
        .Lost("oom_score_adj oom_kill_disable", "a replica over its memory limit is killed and started again")
        .Lost("container_name hostname", "replicas are named by their pool and number")
        .Lost("develop", "is for developing only")
        .Lost("annotations blkio_config cgroup cgroup_parent cpu_rt_period cpu_rt_runtime "
            + "cpuset credential_spec domainname driver_opts group_add ipc "
            + "isolation label_file mac_address mem_swappiness models pid post_start pre_stop provider "
            + "pull_refresh_after runtime shm_size storage_opt sysctls ulimits use_api_socket userns_mode uts");

    /// <summary>How a service hangs on a network.</summary>
    public static ComposeKeys Attachment { get; } = new ComposeKeys()
        .Lost("aliases", "others find the pool by its own name only")
        .Lost("ipv4_address ipv6_address link_local_ips mac_address", "a replica gets the address that its node's engine gives it")
        .Lost("driver_opts gw_priority interface_name priority");

    /// <summary>The keys of a volume that the file declares.</summary>
    public static ComposeKeys DeclaredVolume { get; } = new ComposeKeys().Read("name driver driver_opts external").Lost("labels");

    /// <summary>The keys of a network that the file declares.</summary>
    public static ComposeKeys DeclaredNetwork { get; } = new ComposeKeys().Read("name driver external internal attachable enable_ipv4")
        .Lost("ipam", "replicas get the addresses that their node's engine gives them")
        .Lost("driver_opts enable_ipv6 labels");

    /// <summary>The keys of a health check.</summary>
    public static ComposeKeys Healthcheck { get; } = new ComposeKeys().Read("test interval timeout retries start_period disable")
        .Lost("start_interval", "until its first good check, a replica is asked several times a second");

    /// <summary>The keys of a file of variables in its long form.</summary>
    public static ComposeKeys EnvironmentFile { get; } = new ComposeKeys().Read("path required format");

    /// <summary>The keys of <c>deploy</c>.</summary>
    public static ComposeKeys Deploy { get; } = new ComposeKeys().Read("replicas mode resources update_config restart_policy placement")
        .Lost("rollback_config", "a rollback goes as the rollout does")
        .Lost("labels endpoint_mode");

    /// <summary>The keys of <c>deploy.update_config</c>.</summary>
    public static ComposeKeys Update { get; } = new ComposeKeys().Read("parallelism order failure_action monitor")
        .Lost("delay", "the next replica is replaced when the one before is proven (min_healthy_time)")
        .Lost("max_failure_ratio", "a rollout counts failures of new replicas, not their share: rollout.max_failures");

    /// <summary>The keys of <c>deploy.restart_policy</c>.</summary>
    public static ComposeKeys Restart { get; } = new ComposeKeys().Read("condition delay")
        .Lost("max_attempts", "a replica that ends is started again without a limit, with growing delays")
        .Lost("window", "the count of restarts begins at one again after restart.reset_after of health");

    /// <summary>The keys of <c>deploy.placement</c>.</summary>
    public static ComposeKeys Placement { get; } = new ComposeKeys().Read("constraints max_replicas_per_node")
        .Lost("preferences", "replicas are spread over the nodes anyway");

    /// <summary>The keys of a port in its long form.</summary>
    public static ComposeKeys Port { get; } = new ComposeKeys().Read("target published protocol host_ip mode name app_protocol");

    /// <summary>The keys of a volume in its long form.</summary>
    public static ComposeKeys Volume { get; } = new ComposeKeys().Read("type source target read_only bind volume tmpfs consistency").Lost("image");

    /// <summary>What a volume of type bind may add. A path that is missing is never made.</summary>
    public static ComposeKeys Bind { get; } = new ComposeKeys().Read("create_host_path")
        .Lost("propagation selinux recursive", "the Docker Engine's default holds");

    /// <summary>What a volume of type volume may add.</summary>
    public static ComposeKeys NamedVolume { get; } = new ComposeKeys()
        .Lost("subpath", "the whole volume is mounted, so that the files are found in other places than before")
        .Lost("nocopy", "an empty volume gets the files that the image has at its target")
        .Lost("labels");

    /// <summary>The keys of a secret or config in its long form.</summary>
    public static ComposeKeys MountedFile { get; } = new ComposeKeys().Read("source target")
        .Lost("uid gid mode", "the file is mounted with the owner and mode that it has on the node");

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
            else if (reason is not null && !IsOff(cursor, entry.Name))
            {
                at.Warn(reason);
            }
        }
    }

    // A key that Compose takes as a boolean loses nothing where it says no.
    private static bool IsOff(SpecCursor cursor, string name) =>
        (name is "tty" or "stdin_open" or "oom_kill_disable" or "use_api_socket" or "nocopy" or "enable_ipv6")
        && ComposeValue.Flag(cursor, name) == false;

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
