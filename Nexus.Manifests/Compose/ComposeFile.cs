using System.Collections.Immutable;
using System.Text;
using Nexus.Core.Spec;
using Nexus.Manifests.Parts;

namespace Nexus.Manifests.Compose;

/// <summary>
/// <c>compose.yaml</c> follows from a machine's roles alone; what differs between two machines of the same roles stands in
/// <c>.env</c>. All parts use the machine's own network: Consul and the gateway need its addresses, and nothing is between a
/// request and the gateway.
/// </summary>
internal static class ComposeFile
{
    /// <summary>The compose file of a machine.</summary>
    public static string Compute(Machine machine, ClusterSpec spec, BundleOptions options)
    {
        var parts = NexusPart.Of(machine).ToImmutableArray();
        var text = new StringBuilder(Head(machine, options));
        foreach (var part in parts)
        {
            text.Append('\n').Append(Service(part, spec, options));
        }

        text.Append("\nsecrets:\n");
        foreach (var part in parts)
        {
            text.Append($"  {part.Name}-token:\n    file: /etc/nexus/secrets/{part.Name}.token\n");
        }

        return text.ToString();
    }

    /// <summary>The machine's own values; <c>install.sh</c> fills in the last two.</summary>
    public static string Environment(Machine machine, BundleOptions options)
    {
        var text = new StringBuilder($"""
            # Values of {machine.Name} for compose.yaml.
            COMPOSE_PROJECT_NAME=nexus
            NODE_NAME={machine.Name}
            NODE_ADDRESS={machine.Address}
            NODE_HOST={PartSettings.HostOf(machine.Address)}
            CONSUL_IMAGE={Images.Consul(options)}

            """);
        foreach (var part in NexusPart.Of(machine))
        {
            text.Append($"{part.Name.ToUpperInvariant()}_IMAGE={Images.Of(part.Name, options)}\n");
        }

        return text.Append($"""
            CLI_IMAGE={Images.Of("cli", options)}
            # install.sh puts this machine's own values here: the group of Docker's socket, the number of cores, and of files that the
            # containers may open.
            DOCKER_GID=999
            GATEWAY_CPUS=1
            OPEN_FILES=65536
            """).Append('\n').ToString();
    }

    /// <summary>Folders of the machine that the containers write to, by the users they run as.</summary>
    public static string Directories(Machine machine)
    {
        var text = new StringBuilder($"""
            d /var/lib/nexus 0755 root root -
            d /var/log/nexus 0750 root root -
            d /etc/nexus 0755 root root -
            d /etc/nexus/secrets 0711 root root -
            d /etc/nexus/consul 0750 root {NexusPart.Consul} -
            d /etc/nexus/consul/tls 0750 root {NexusPart.Consul} -
            d /var/lib/consul 0700 {NexusPart.Consul} {NexusPart.Consul} -

            """);
        foreach (var part in NexusPart.Of(machine).Where(part => part.Role != MachineRoles.Manager))
        {
            text.Append($"d /var/lib/nexus/{part.Name} 0700 {part.UserId} {NexusPart.Group} -\n");
        }

        return text.ToString();
    }

    private static string Head(Machine machine, BundleOptions options) => $$"""
        # Nexus on a machine with the roles {{string.Join(", ", NodeEnvironment.Roles(machine))}}. Started by install.sh; values come from .env beside this file.
        x-part: &part
          platform: linux/{{options.Architecture}}
          network_mode: host
          restart: unless-stopped
          read_only: true
          cap_drop: [ALL]
          security_opt: ["no-new-privileges:true"]
          pids_limit: 1024
          # Some engines give 1024 only, with which Consul refuses its limits and a gateway its clients.
          ulimits: { nofile: "${OPEN_FILES}" }
          stop_grace_period: 45s
          tmpfs: ["/tmp:rw,noexec,nosuid,nodev,size=64m"]
          logging:
            driver: json-file
            options: { max-size: "20m", max-file: "5" }

        services:
          consul:
            <<: *part
            image: ${CONSUL_IMAGE}
            container_name: nexus-consul
            user: "{{NexusPart.Consul}}:{{NexusPart.Consul}}"
            # Not the image's own entry point, which wants to be root.
            entrypoint: ["/bin/consul"]
            command: ["agent", "-config-dir=/etc/nexus/consul"]
            volumes:
              - /etc/nexus/consul:/etc/nexus/consul:ro
              - /var/lib/consul:/var/lib/consul
            mem_limit: 512m
            cpus: 1
            healthcheck:
              test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8500/v1/status/leader"]
              interval: 30s
              timeout: 5s
              retries: 3
              start_period: 30s
        """ + "\n";

    private static string Service(NexusPart part, ClusterSpec spec, BundleOptions options)
    {
        var upper = part.Name.ToUpperInvariant();
        var text = new StringBuilder($$"""
              {{part.Name}}:
                <<: *part
                image: ${{{upper}}_IMAGE}
                container_name: nexus-{{part.Name}}
                user: "{{part.UserId}}:{{NexusPart.Group}}"

            """);
        text.Append(part.Role switch
        {
            MachineRoles.Gateway => "    volumes:\n      - /var/lib/nexus/gateway:/var/lib/nexus/gateway\n",
            MachineRoles.Worker => WorkerRights,
            _ => "",
        });
        text.Append("    environment:\n      NEXUS_SECRETS_DIRECTORY: /run/secrets\n");
        if (part.Role != MachineRoles.Manager)
        {
            text.Append($"      {(part.Role == MachineRoles.Gateway ? "Gateway" : "Worker")}__StateDirectory: /var/lib/nexus/{part.Name}\n");
        }

        var escaped = options with
        {
            // Compose would read a dollar as the start of a variable.
            Environment = options.Environment.ToDictionary(it => it.Key, it => it.Value.Replace("$", "$$", StringComparison.Ordinal)),
        };
        foreach (var (key, value) in PartSettings.Compute(part, "${NODE_HOST}", "${NODE_NAME}", spec, escaped))
        {
            text.Append($"      {key}: \"{Quote(key, value)}\"\n");
        }

        return text.Append($$"""
                secrets:
                  - source: {{part.Name}}-token
                    target: Consul__Token
                mem_limit: {{part.MemoryMegabytes}}m
                cpus: {{(part.Role == MachineRoles.Gateway ? "${GATEWAY_CPUS}" : "1")}}
                healthcheck:
                  test: ["CMD", "/app/{{part.Program}}", "--healthcheck", "{{PartSettings.HealthUrl(part, "${NODE_HOST}")}}"]
                  interval: 30s
                  timeout: 10s
                  retries: 3
                  start_period: 30s
            """).Append('\n').ToString();
    }

    /// <summary>The agent sees the machine's processes, so that it learns of a death at once, and speaks to the engine.</summary>
    private const string WorkerRights = """
            group_add: ["${DOCKER_GID}"]
            pid: host
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock
              - /var/lib/nexus/worker:/var/lib/nexus/worker

        """;

    private static string Quote(string key, string value)
    {
        // Addresses in settings are bare, in URLs an IPv6 one has brackets.
        var own = key is "Gateway__Address" or "Worker__Address" ? "${NODE_ADDRESS}" : value;
        return own.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }
}
