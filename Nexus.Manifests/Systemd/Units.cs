using System.Collections.Immutable;
using System.Text;
using Nexus.Core.Spec;
using Nexus.Manifests.Parts;

namespace Nexus.Manifests.Systemd;

/// <summary>
/// Units of a machine. None waits for Consul: every part starts without it and goes on without it. Programs are found through
/// <c>/opt/nexus/current</c>, which <c>install.sh</c> points to the release in force.
/// </summary>
internal static class Units
{
    /// <summary>What all units may not do. No MemoryDenyWriteExecute: .NET compiles at run time.</summary>
    private const string Sandbox = """
        NoNewPrivileges=yes
        LockPersonality=yes
        PrivateDevices=yes
        PrivateTmp=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHome=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        ProtectSystem=strict
        RemoveIPC=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallErrorNumber=EPERM
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged @resources
        """;

    /// <summary>The files, for the machine's folder.</summary>
    public static ImmutableArray<ManifestFile> Compute(Machine machine, ClusterSpec spec, BundleOptions options) =>
    [
        new("systemd/consul.service", Consul()),
        .. NexusPart.Of(machine).Select(part => new ManifestFile($"systemd/nexus-{part.Name}.service", Service(part, options))),
        .. NexusPart.Of(machine).Select(part => new ManifestFile($"etc/{part.Name}.env", EnvironmentFile(part, machine, spec, options))),
        new("systemd/nexus.sysusers", Users(machine, options)),
        new("systemd/nexus.tmpfiles", Directories()),
    ];

    private static string Consul() => $"""
        [Unit]
        Description=Consul agent of Nexus
        Documentation=https://developer.hashicorp.com/consul/docs
        Wants=network-online.target
        After=network-online.target
        ConditionFileNotEmpty=/etc/nexus/consul/nexus.hcl
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        User=consul
        Group=consul
        ExecStart=/opt/nexus/bin/consul agent -config-dir=/etc/nexus/consul
        ExecReload=/bin/kill --signal HUP $MAINPID
        Restart=always
        RestartSec=2
        # It is ready when it has joined another; until then it tries on.
        TimeoutStartSec=infinity
        TimeoutStopSec=30
        LimitNOFILE=65536
        MemoryMax=1G
        StateDirectory=consul
        StateDirectoryMode=0700
        UMask=0077
        CapabilityBoundingSet=
        ProtectProc=invisible
        {Sandbox}

        [Install]
        WantedBy=multi-user.target
        """ + "\n";

    private static string Service(NexusPart part, BundleOptions options) => $"""
        [Unit]
        Description=Nexus {Describe(part)}
        Wants=network-online.target consul.service
        After=network-online.target{(UsesDocker(part, options) ? " docker.service" : "")}
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        NotifyAccess=main
        User=nexus-{part.Name}
        Group=nexus{(UsesDocker(part, options) ? "\nSupplementaryGroups=docker" : "")}
        EnvironmentFile=/etc/nexus/{part.Name}.env
        # Settings of this machine alone; install.sh never writes it.
        EnvironmentFile=-/etc/nexus/{part.Name}.local.env
        LoadCredential=Consul__Token:/etc/nexus/secrets/{part.Name}.token
        ExecStart=/opt/nexus/current/bin/{part.Program}
        Restart=always
        RestartSec=1
        WatchdogSec={part.WatchdogSeconds}
        TimeoutStartSec=60
        TimeoutStopSec=45
        TimeoutAbortSec=5
        LimitNOFILE=65536
        LimitCORE=0
        {Limits(part, options)}
        StateDirectory=nexus/{part.Name}
        StateDirectoryMode=0700
        ReadWritePaths=/var/log/nexus
        WorkingDirectory=/var/lib/nexus/{part.Name}
        UMask=0027
        {Rights(part)}
        {Sandbox}
        # The runtime does not start without it.
        SystemCallFilter=sched_setaffinity

        [Install]
        WantedBy=multi-user.target
        """ + "\n";

    private static bool UsesDocker(NexusPart part, BundleOptions options) =>
        part.Role == MachineRoles.Worker && options.Runtime == ReplicaRuntime.Docker;

    private static string Describe(NexusPart part) => part.Role switch
    {
        MachineRoles.Manager => "manager",
        MachineRoles.Gateway => "gateway",
        _ => "worker agent",
    };

    /// <summary>Replicas that are processes live in the agent's group and outlive the agent: they are neither killed nor limited with it.</summary>
    private static string Limits(NexusPart part, BundleOptions options) =>
        part.Role == MachineRoles.Worker && options.Runtime == ReplicaRuntime.Process
            ? "KillMode=process"
            : $"KillMode=mixed\nMemoryMax={part.MemoryMegabytes}M\nTasksMax=1024";

    /// <summary>
    /// The gateway takes ports below 1024. No ProtectProc: the agent sees the processes of its replicas, and .NET looks at its
    /// parent in /proc to learn that systemd waits for its word.
    /// </summary>
    private static string Rights(NexusPart part) => part.Role == MachineRoles.Gateway
        ? "AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE"
        : "CapabilityBoundingSet=";

    private static string EnvironmentFile(NexusPart part, Machine machine, ClusterSpec spec, BundleOptions options)
    {
        var text = new StringBuilder(
            $"# Settings of the {Describe(part)} on {machine.Name}. What this machine alone needs goes into {part.Name}.local.env.\n");
        text.Append($"Logging__File__Path=/var/log/nexus/{part.Name}-.log\n");
        foreach (var (key, value) in PartSettings.Compute(part, PartSettings.HostOf(machine.Address), machine.Name, spec, options))
        {
            text.Append($"{key}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n");
        }

        return text.ToString();
    }

    private static string Users(Machine machine, BundleOptions options)
    {
        var text = new StringBuilder("""
            # Who runs what. Only the worker agent may speak to Docker, which is as good as being root.
            g nexus - -
            u consul - "Consul" /var/lib/consul

            """);
        foreach (var part in NexusPart.Of(machine))
        {
            text.Append($"u nexus-{part.Name} - \"Nexus {Describe(part)}\" /var/lib/nexus/{part.Name}\nm nexus-{part.Name} nexus\n");
            if (UsesDocker(part, options))
            {
                text.Append($"m nexus-{part.Name} docker\n");
            }
        }

        return text.ToString();
    }

    private static string Directories() => """
        d /var/lib/nexus 0755 root root -
        d /var/log/nexus 2770 root nexus -
        d /etc/nexus 0755 root root -
        d /etc/nexus/secrets 0700 root root -
        d /etc/nexus/consul 0750 root consul -
        d /etc/nexus/consul/tls 0750 root consul -
        """ + "\n";
}
