using System.Net.Sockets;
using System.Text.Json;

namespace Nexus.Cli.Drills.Sight;

/// <summary>A Consul server of this machine.</summary>
/// <param name="Address">Its HTTP API.</param>
/// <param name="Process">Its process.</param>
internal sealed record ConsulServer(Uri Address, LocalProcess Process);

/// <summary>
/// The Consul servers of this machine, found by the addresses that the services here use and the processes that listen there.
/// </summary>
/// <param name="Servers">Those found.</param>
/// <param name="Peers">How many servers there are in all.</param>
/// <param name="Obstacle">Why there are none, or not all.</param>
internal sealed record ConsulServers(IReadOnlyList<ConsulServer> Servers, int Peers, string? Obstacle)
{
    public const string AddressVariable = "Consul__Address";

    private static readonly Uri Usual = new("http://127.0.0.1:8500");

    public static async Task<ConsulServers> FindAsync(
        HttpClient http, IEnumerable<LocalProcess> services, IEnumerable<Uri> others, CancellationToken cancellationToken)
    {
        var addresses = services.Select(s => s.Environment.GetValueOrDefault(AddressVariable))
            .Select(a => a is null ? Usual : Uri.TryCreate(a, UriKind.Absolute, out var address) ? address : null)
            .OfType<Uri>().Concat(others).Where(a => a.IsLoopback).Select(a => new Uri(a, "/")).Distinct().ToList();
        var servers = new List<ConsulServer>();
        var peers = 0;
        string? obstacle = addresses.Count == 0 ? "no service of this machine tells which Consul it uses; name it with --consul" : null;
        foreach (var address in addresses)
        {
            if (await AskAsync(http, address, "/v1/agent/self", cancellationToken) is not { } self)
            {
                obstacle = $"Consul at {address} does not answer who it is";
            }
            else if (!self.GetProperty("Config").GetProperty("Server").GetBoolean())
            {
                obstacle = $"Consul at {address} is a client; its servers are elsewhere";
            }
            else if (Listeners.FindPid(address.Port) is not { } pid)
            {
                obstacle = $"the process behind Consul at {address} cannot be found";
            }
            else if (LocalServices.Find($"consul-{address.Port}", pid, out var why) is not { } process)
            {
                obstacle = why;
            }
            else
            {
                servers.Add(new ConsulServer(address, process));
                peers = Math.Max(peers, await AskAsync(http, address, "/v1/status/peers", cancellationToken) is { } all ? all.GetArrayLength() : 0);
            }
        }

        return new ConsulServers(servers, peers, obstacle ?? (servers.Count < peers ? $"only {servers.Count} of {peers} Consul servers were found here" : null));
    }

    /// <summary>Which of the servers leads; null while none does.</summary>
    public async Task<ConsulServer?> LeaderAsync(HttpClient http, CancellationToken cancellationToken)
    {
        foreach (var server in Servers)
        {
            if (await AskAsync(http, server.Address, "/v1/agent/self", cancellationToken) is { } self
                && self.TryGetProperty("Stats", out var stats) && stats.TryGetProperty("consul", out var consul)
                && consul.TryGetProperty("leader", out var leads) && leads.GetString() == "true")
            {
                return server;
            }
        }

        return null;
    }

    private static async Task<JsonElement?> AskAsync(HttpClient http, Uri address, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(address, path), cancellationToken);
            return answer.IsSuccessStatusCode
                ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken)).RootElement.Clone()
                : null;
        }
        catch (Exception away) when (away is HttpRequestException or SocketException or IOException or JsonException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
