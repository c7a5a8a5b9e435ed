using System.Collections.Immutable;

namespace Nexus.Manifests.ConsulFiles;

/// <summary>
/// Consul's configuration of one machine. The first file holds for every version from 1.8 on; of the two dialects
/// <c>install.sh</c> takes the one that its Consul understands, and it adds the secrets, which are in no manifest.
/// </summary>
internal static class ConsulConfig
{
    /// <summary>The files, for the machine's folder.</summary>
    public static ImmutableArray<ManifestFile> Compute(Machine machine, ClusterTopology topology, BundleOptions options)
    {
        var isServer = machine.Roles.HasFlag(MachineRoles.ConsulServer);
        return
        [
            new("consul/nexus.hcl", Main(machine, topology, options, isServer)),
            new("consul/dialect-1.8.hcl", OldDialect(isServer)),
            new("consul/dialect-1.14.hcl", NewDialect(isServer)),
        ];
    }

    private static string Main(Machine machine, ClusterTopology topology, BundleOptions options, bool isServer)
    {
        var servers = topology.Machines.Where(m => m.Roles.HasFlag(MachineRoles.ConsulServer)).Select(m => m.Address).ToList();
        var role = isServer ? $"server           = true\nbootstrap_expect = {servers.Count}" : "server = false";
        return $$"""
            # Consul on {{machine.Name}}: {{(isServer ? $"one of {servers.Count} server{(servers.Count == 1 ? "" : "s")}" : "client agent")}}.
            {{role}}
            node_name  = "{{machine.Name}}"
            datacenter = "{{options.Datacenter}}"
            data_dir   = "/var/lib/consul"

            # Peers reach it at its private address; the API is for this machine alone. Replicas in containers ask the DNS at the
            # private address.
            bind_addr      = "{{machine.Address}}"
            advertise_addr = "{{machine.Address}}"
            client_addr    = "127.0.0.1"
            addresses {
              dns = "127.0.0.1 {{machine.Address}}"
            }

            # All servers, this machine too: it says that it is ready when it has joined one.
            retry_join     = [{{string.Join(", ", servers.Select(address => $"\"{address}\""))}}]
            retry_interval = "5s"

            # A restart is no farewell: its services stay listed.
            leave_on_terminate      = false
            skip_leave_on_interrupt = true
            disable_update_check    = true
            enable_script_checks    = false

            # Everything is forbidden but what the policies of a token allow.
            acl {
              enabled                  = true
              default_policy           = "deny"
              down_policy              = "extend-cache"
              enable_token_persistence = true
            }

            # Its own default, 5, makes an election take 15 s in place of 3 s.
            performance {
              raft_multiplier = 1
            }

            # The services of Nexus keep many waiting reads open; the 201st connection would be reset by default.
            limits {
              http_max_conns_per_client = 2000
            }

            telemetry {
              prometheus_retention_time = "60s"
              disable_hostname          = true
            }
            {{(options.FastNetwork ? FastGossip : "")}}
            """.TrimEnd('\n') + "\n";
    }

    private const string FastGossip = """

        # A network that never stalls: a dead machine is known within a second or so.
        gossip_lan {
          probe_interval  = "300ms"
          probe_timeout   = "150ms"
          gossip_interval = "60ms"
          suspicion_mult  = 2
        }
        """;

    private static string OldDialect(bool isServer) => $$"""
        # For Consul 1.8 to 1.13.
        ca_file                = "/etc/nexus/consul/tls/ca.pem"
        cert_file              = "/etc/nexus/consul/tls/cert.pem"
        key_file               = "/etc/nexus/consul/tls/key.pem"
        verify_incoming        = true
        verify_outgoing        = true
        verify_server_hostname = true
        ui                     = {{(isServer ? "true" : "false")}}
        """ + "\n";

    private static string NewDialect(bool isServer) => $$"""
        # For Consul 1.14 and later.
        tls {
          defaults {
            ca_file         = "/etc/nexus/consul/tls/ca.pem"
            cert_file       = "/etc/nexus/consul/tls/cert.pem"
            key_file        = "/etc/nexus/consul/tls/key.pem"
            verify_incoming = true
            verify_outgoing = true
          }
          internal_rpc {
            verify_server_hostname = true
          }
        }
        ui_config {
          enabled = {{(isServer ? "true" : "false")}}
        }
        ports {
          grpc     = -1
          grpc_tls = -1
        }
        """ + "\n";
}
