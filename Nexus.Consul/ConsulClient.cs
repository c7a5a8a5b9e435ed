using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Nexus.Consul;

/// <summary>
/// A typed client of Consul's HTTP API, 1.8 and later. Safe for concurrent use; one per process is enough.
/// A refusal by Consul (a lost CAS, a held lock, a failed transaction) is a value; anything unforeseen is a
/// <see cref="ConsulException"/>.
/// </summary>
public sealed class ConsulClient : IDisposable
{
    private readonly ConsulTransport _transport;

    /// <summary>Opens no connection until the first call.</summary>
    /// <param name="options">Read once, here.</param>
    /// <param name="timeProvider">The clock of every timeout, retry and backoff.</param>
    /// <param name="loggerFactory">Where failing and recovering watches are logged.</param>
    /// <param name="handler">Stands in for the network, and stays its owner's to dispose; null means real sockets.</param>
    /// <param name="jitter">Chance in [0, 1), asked from several threads; null means the system's.</param>
    public ConsulClient(
        ConsulOptions options,
        TimeProvider timeProvider,
        ILoggerFactory? loggerFactory = null,
        HttpMessageHandler? handler = null,
        Func<double>? jitter = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        var validation = new ConsulOptionsValidator().Validate(name: null, options);
        if (validation.Failed)
        {
            throw new OptionsValidationException(ConsulOptions.Section, typeof(ConsulOptions), validation.Failures);
        }

        var chance = jitter ?? SystemChance;
        _transport = new ConsulTransport(options, timeProvider, chance, handler);
        var watcher = new ConsulWatcher(
            _transport,
            timeProvider,
            chance,
            (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<ConsulWatcher>());

        Address = options.Address;
        Kv = new ConsulKv(_transport, watcher);
        Sessions = new ConsulSessions(_transport);
        Agent = new ConsulAgent(_transport);
        Catalog = new ConsulCatalog(_transport, watcher);
        Health = new ConsulHealth(_transport, watcher);
        Transactions = new ConsulTransactions(_transport);
        Status = new ConsulStatus(_transport);
    }

    /// <summary>The address asked.</summary>
    public Uri Address { get; }

    /// <summary>The key-value store.</summary>
    public ConsulKv Kv { get; }

    /// <summary>Sessions, which hold locks for as long as their checks pass.</summary>
    public ConsulSessions Sessions { get; }

    /// <summary>The agent at <see cref="Address"/>: its services and checks.</summary>
    public ConsulAgent Agent { get; }

    /// <summary>What is registered anywhere in the datacenter, healthy or not.</summary>
    public ConsulCatalog Catalog { get; }

    /// <summary>What is registered anywhere in the datacenter, with its checks.</summary>
    public ConsulHealth Health { get; }

    /// <summary>Several KV operations, all or none.</summary>
    public ConsulTransactions Transactions { get; }

    /// <summary>The servers: their leader and peers.</summary>
    public ConsulStatus Status { get; }

    /// <summary>Closes all connections; running calls and watches fail.</summary>
    public void Dispose() => _transport.Dispose();

    // Thread-safe, unlike an instance of Random.
    private static double SystemChance() => RandomNumberGenerator.GetInt32(1 << 24) / (double)(1 << 24);
}
