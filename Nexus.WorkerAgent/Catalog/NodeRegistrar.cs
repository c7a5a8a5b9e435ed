using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.ServiceDefaults.Loops;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Runtimes;

namespace Nexus.WorkerAgent.Catalog;

/// <summary>
/// Keeps the node known: its record in KV, its service in the catalog, and a check that lives only while the agent's loops
/// turn, so a hung agent turns critical by itself. Puts back what Consul lost.
/// </summary>
internal sealed partial class NodeRegistrar(
    ConsulClient consul, AgentIdentity identity, RuntimeConnection runtime, RegistrarInputs inputs, ILogger<NodeRegistrar> logger)
    : BackgroundService
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RecordLookInterval = TimeSpan.FromSeconds(20);

    private readonly string _serviceId = $"{CatalogNames.Worker}-{identity.Node.Value}";
    private readonly string _key = StateKeys.Node(identity.Node);
    private DateTimeOffset _recordLookAt;
    private byte[] _written = [];
    private volatile bool _isForeign;
    private string? _consulNode;
    private bool _away;
    private bool _isOther;

    /// <summary>Whether Consul has heard of this node since the agent started.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether Consul does not hear of it at present.</summary>
    public bool IsAway => _away;

    private string CheckId => _serviceId + ":alive";

    /// <summary>Has what Consul knows of this node looked at at once.</summary>
    public void LookAgain() => _recordLookAt = default;

    /// <summary>The record was deleted or overwritten by others: it is written again. False before it was written once.</summary>
    public bool NoteForeign()
    {
        if (_written.Length == 0)
        {
            return false;
        }

        return _isForeign = true;
    }

    /// <summary>Takes the service out of the catalog; the node's record and its replicas stay.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await consul.Agent.DeregisterServiceAsync(_serviceId, cancellationToken);
        }
        catch (ConsulException e)
        {
            LogAway(consul.Address, e.Message);
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Runs until cancelled, on the caller's own flow.</summary>
    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        var api = await inputs.Api.WhenKnownAsync(stoppingToken);

        // A node that shows itself before its capacity is known would be passed over by the first placements.
        await runtime.WhenAskedAsync(stoppingToken);
        while (true)
        {
            try
            {
                if (inputs.Holder.IsOfOtherCluster)
                {
                    await LeaveAsync(stoppingToken);
                    await Task.Delay(Interval, inputs.Time, stoppingToken);
                    continue;
                }

                await KeepRecordAsync(api, stoppingToken);
                IsKnown |= await TryKeepServiceAsync(api, stoppingToken);
                TellBack();
            }
            catch (ConsulException e)
            {
                TellAway(e.Message);
            }

            await Task.Delay(Interval, inputs.Time, stoppingToken);
        }
    }

    // This machine was moved to another cluster with its containers: it does not join with them.
    private async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (_isOther)
        {
            return;
        }

        await consul.Agent.DeregisterServiceAsync(_serviceId, cancellationToken);
        _isOther = true;
        LogOtherCluster(inputs.Holder.Current.Assignment!.Cluster, identity.StateDirectory);
    }

    private async Task KeepRecordAsync(Uri api, CancellationToken cancellationToken)
    {
        _consulNode ??= (await consul.Agent.SelfAsync(cancellationToken)).NodeName;
        var document = StateJson.Write(Describe(api, _consulNode), StateJson.Default.NodeRecord);
        var now = inputs.Time.GetUtcNow();
        if (document.AsSpan().SequenceEqual(_written) && now < _recordLookAt && !_isForeign)
        {
            return;
        }

        _isForeign = false;
        var pair = await consul.Kv.GetAsync(_key, cancellationToken);
        if (pair is null || !pair.Value.Span.SequenceEqual(document))
        {
            if (!await consul.Kv.CompareAndSetAsync(_key, document, pair?.ModifyIndex ?? 0, cancellationToken))
            {
                return;
            }

            LogRecorded(_key);
        }

        (_written, _recordLookAt) = (document, now + RecordLookInterval);
    }

    private async Task<bool> TryKeepServiceAsync(Uri api, CancellationToken cancellationToken)
    {
        if (inputs.Heartbeats.FindStale() is [var stale, ..])
        {
            // Silence lets the check lapse, as it would if this loop hung as well.
            LogStale(stale.ToString());
            return false;
        }

        var problem = runtime.Problem;
        var status = problem is null ? CheckStatus.Passing : CheckStatus.Warning;
        var output = problem ?? runtime.Info?.Name ?? "runtime not asked yet";

        // At first it is not asked whether it knows this one: either way it shall have it as it is now.
        if (IsKnown && await TryBeatAsync(status, output, cancellationToken))
        {
            return true;
        }

        await consul.Agent.RegisterServiceAsync(Service(api, status), cancellationToken);
        await consul.Agent.UpdateTtlAsync(CheckId, status, output, cancellationToken);
        LogRegistered(_serviceId);

        // If it lost this one it may have lost the replicas too, and the state.
        _recordLookAt = default;
        await inputs.Catalog.TryResyncAsync(cancellationToken);
        inputs.Wake.Set();
        return true;
    }

    private async Task<bool> TryBeatAsync(CheckStatus status, string output, CancellationToken cancellationToken)
    {
        try
        {
            await consul.Agent.UpdateTtlAsync(CheckId, status, output, cancellationToken);
            return true;
        }
        catch (ConsulException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private ServiceRegistration Service(Uri api, CheckStatus status) => new()
    {
        Id = _serviceId,
        Name = CatalogNames.Worker,
        Address = api.Host,
        Port = api.Port,
        Tags = [CatalogNames.PoolTag],
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { [CatalogNames.MetaNode] = identity.Node.Value },
        Checks = [new TtlCheck { CheckId = CheckId, Name = "The agent's loops turn", Ttl = Ttl, InitialStatus = status }],
        ReplaceExistingChecks = true,
    };

    private NodeRecord Describe(Uri api, string consulNode)
    {
        // Nothing is offered before the runtime has answered: nothing can be placed then.
        var found = runtime.Info?.Capacity ?? default;
        return new NodeRecord
        {
            Node = identity.Node,
            Capacity = runtime.Info is null
                ? default
                : new NodeCapacity(inputs.Options.CpuMillicores ?? found.CpuMillicores, inputs.Options.MemoryBytes ?? found.MemoryBytes),
            Arch = runtime.Info?.Arch ?? (RuntimeInformation.OSArchitecture switch
            {
                Architecture.X64 => "amd64",
                var other => other.ToString().ToLowerInvariant(),
            }),
            Labels = inputs.Options.Labels.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Address = identity.Address,
            ApiAddress = api.ToString().TrimEnd('/'),
            ConsulNode = consulNode,
            Runtime = runtime.Current?.Kind ?? RuntimeKind.Docker,
            AgentVersion = identity.Version,
            Problem = ProblemOf(),
        };
    }

    private string? ProblemOf()
    {
        string[] problems = [.. new[] { runtime.Problem, inputs.File.Problem }.OfType<string>()];
        return problems.Length == 0 ? null : string.Join(" ", problems);
    }

    private void TellAway(string reason)
    {
        inputs.Desk.NoteRegistrar(silent: true);
        if (!_away)
        {
            _away = true;
            LogAway(consul.Address, reason);
        }
    }

    private void TellBack()
    {
        inputs.Desk.NoteRegistrar(silent: false);
        if (_away)
        {
            _away = false;
            LogBack(consul.Address);
        }
    }

    [LoggerMessage(5034, LogLevel.Warning, "Consul at {Address} does not hear of this node, trying on: {Reason}")]
    private partial void LogAway(Uri address, string reason);

    [LoggerMessage(5035, LogLevel.Information, "Consul at {Address} hears of this node again")]
    private partial void LogBack(Uri address);

    [LoggerMessage(5036, LogLevel.Information, "Registered as {Service}")]
    private partial void LogRegistered(string service);

    [LoggerMessage(5037, LogLevel.Information, "Described this node under {Key}")]
    private partial void LogRecorded(string key);

    [LoggerMessage(5044, LogLevel.Critical,
        "This machine runs containers of cluster {Cluster}, and Consul is that of a cluster of another name: the node does not join, its containers are neither "
        + "stopped nor registered there. Point Consul:Address at the cluster it belongs to; or, to move the machine, remove its containers and {Folder}")]
    private partial void LogOtherCluster(string cluster, string folder);

    [LoggerMessage(5038, LogLevel.Error, "The node's check is left to lapse: {Loop}")]
    private partial void LogStale(string loop);
}

/// <summary>What the registrar reads and wakes.</summary>
internal sealed record RegistrarInputs(
    ApiLocation Api, LoopHeartbeats Heartbeats, AssignmentHolder Holder, LocalCatalog Catalog, HealthDesk Desk, WakeSignal Wake, TimeProvider Time,
    WorkerOptions Options, AssignmentFile File);
