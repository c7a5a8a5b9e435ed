using System.Diagnostics;
using Nexus.Consul;

namespace Nexus.Testing;

/// <summary>
/// One real Consul server on free loopback ports with a folder of its own, ready for writes and sessions. It ends with
/// its test; whatever it kept goes with it.
/// </summary>
public sealed class ConsulServer : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-consul-").FullName;
    private readonly string _extraHcl;
    private ServerPorts _ports = ServerPorts.Next();
    private ServerProcess? _process;

    private ConsulServer(string extraHcl) => _extraHcl = extraHcl;

    /// <summary>Where it answers; stays the same over restarts.</summary>
    public Uri Address => new($"http://127.0.0.1:{_ports.Http}");

    /// <summary>The name of its node.</summary>
    public string NodeName => $"test-{_ports.Http}";

    /// <summary>The options of a client for it.</summary>
    public ConsulOptions Options => new() { Address = Address, WatchWait = TimeSpan.FromSeconds(10) };

    /// <summary>Starts a server and waits until it leads and takes writes.</summary>
    public static Task<ConsulServer> StartAsync(CancellationToken cancellationToken) => StartAsync("", cancellationToken);

    /// <summary>Starts a server with more configuration and waits until it leads and takes (or forbids) writes.</summary>
    /// <param name="extraHcl">Added to the configuration as it is.</param>
    /// <param name="cancellationToken">Gives up and cleans up.</param>
    public static async Task<ConsulServer> StartAsync(string extraHcl, CancellationToken cancellationToken)
    {
        var server = new ConsulServer(extraHcl);
        try
        {
            for (var attempt = 1; !await server.TryLaunchAsync(cancellationToken); attempt++)
            {
                if (attempt == StartAttempts)
                {
                    throw new InvalidOperationException($"Consul found its ports taken {StartAttempts} times.");
                }

                server._ports = ServerPorts.Next();
                server.DeleteData();
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A new client for this server; the caller's to dispose.</summary>
    public ConsulClient CreateClient() => new(Options, TimeProvider.System);

    /// <summary>Ends the server at once, as a power cut would. Its data stays.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    /// <summary>Ends the server if it runs, and starts it again with its ports and data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await KillAsync();
        for (var attempt = 1; !await TryLaunchAsync(cancellationToken); attempt++)
        {
            if (attempt == StartAttempts)
            {
                throw new InvalidOperationException($"Consul's ports ({_ports}) were taken by another program while it was down.");
            }

            await Task.Delay(Glance * 4, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>As <see cref="RestartAsync"/>, with all its data lost, so that its indexes begin anew.</summary>
    public async Task RestartEmptyAsync(CancellationToken cancellationToken)
    {
        await KillAsync();
        DeleteData();
        await RestartAsync(cancellationToken);
    }

    /// <summary>Ends the server and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>False when a port was taken.</summary>
    private async Task<bool> TryLaunchAsync(CancellationToken cancellationToken)
    {
        var configuration = Path.Combine(_folder, "server.hcl");
        await File.WriteAllTextAsync(configuration, Configuration(), cancellationToken);
        _process = ServerProcess.Start(ConsulBinary.Path, ["agent", $"-config-file={configuration}"]);
        if (await WaitUntilReadyAsync(_process, cancellationToken))
        {
            return true;
        }

        var output = _process.Output;
        await KillAsync();
        return output.Contains("address already in use", StringComparison.OrdinalIgnoreCase)
            ? false
            : throw new InvalidOperationException($"Consul ended while starting:{Environment.NewLine}{output}");
    }

    /// <summary>False when the process ended first.</summary>
    private async Task<bool> WaitUntilReadyAsync(ServerProcess process, CancellationToken cancellationToken)
    {
        using var client = CreateClient();
        var started = Stopwatch.GetTimestamp();
        ConsulException? last = null;
        while (!process.HasExited)
        {
            try
            {
                if (await IsReadyAsync(client, cancellationToken))
                {
                    return true;
                }
            }
            catch (ConsulException exception) when (exception.IsPermissionDenied)
            {
                return true;
            }
            catch (ConsulException exception)
            {
                last = exception;
            }

            if (Stopwatch.GetElapsedTime(started) > ReadyLimit)
            {
                throw new TimeoutException($"Consul took no writes within {ReadyLimit}:{Environment.NewLine}{process.Output}", last);
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }

        return false;
    }

    /// <summary>Writable, and its own node registered: a session needs that.</summary>
    private async Task<bool> IsReadyAsync(ConsulClient client, CancellationToken cancellationToken)
    {
        if (await client.Status.LeaderAsync(cancellationToken) is null)
        {
            return false;
        }

        const string Probe = "nexus-testing/ready";
        await client.Kv.PutAsync(Probe, default, cancellationToken);
        await client.Kv.DeleteAsync(Probe, cancellationToken);
        var checks = await client.Health.NodeAsync(NodeName, cancellationToken);
        return checks.Value.Any(check => check is { CheckId: HealthCheck.NodeCheckId, Status: CheckStatus.Passing });
    }

    private string DataFolder => Path.Combine(_folder, "data");

    private void DeleteData()
    {
        if (Directory.Exists(DataFolder))
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }

    private string Configuration() => $$"""
        server = true
        bootstrap_expect = 1
        node_name = "{{NodeName}}"
        data_dir = "{{DataFolder.Replace('\\', '/')}}"
        bind_addr = "127.0.0.1"
        client_addr = "127.0.0.1"
        log_level = "warn"
        disable_update_check = true
        leave_on_terminate = false
        performance { raft_multiplier = 1 }
        limits { http_max_conns_per_client = 1000 }
        ports {
          http = {{_ports.Http}}
          server = {{_ports.Rpc}}
          serf_lan = {{_ports.Serf}}
          serf_wan = -1
          dns = -1
          grpc = -1
          {{(ConsulBinary.Version >= new Version(1, 14) ? "grpc_tls = -1" : "")}}
        }
        {{_extraHcl}}
        """;

    private sealed record ServerPorts(int Http, int Rpc, int Serf)
    {
        public static ServerPorts Next() => new(FreePort.Next(), FreePort.Next(), FreePort.Next());
    }
}
