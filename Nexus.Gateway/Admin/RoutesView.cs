using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Nexus.Core.Routing;
using Nexus.Gateway.Ejecting;
using Nexus.Gateway.Live;

namespace Nexus.Gateway.Admin;

/// <summary>The routing in force and how it last changed, as the admin listener shows it.</summary>
internal sealed record RoutesView(
    long Revision, long SpecRevision, ImmutableArray<RouteView> Routes, ImmutableArray<PoolView> Pools,
    ImmutableArray<RotationChange> Changes)
{
    public static RoutesView Of(RoutingSnapshot snapshot, EjectionBook ejections, LivePools pools) => new(
        snapshot.Revision,
        snapshot.SpecRevision,
        [.. snapshot.Routes.Select(r => new RouteView(r.Host, r.Path, r.StripPrefix, r.Pool.Value))],
        [
            .. snapshot.Pools.Select(pool => new PoolView(
                pool.Name.Value,
                pool.Trust,
                [.. pool.Destinations.Select(d => DestinationView.Of(pool, d, ejections, pools))])),
        ],
        pools.Journal.Changes);
}

/// <summary>One route.</summary>
internal sealed record RouteView(string? Host, string Path, bool StripPrefix, string Pool);

/// <summary>One pool.</summary>
internal sealed record PoolView(string Pool, PoolTrust Trust, ImmutableArray<DestinationView> Destinations);

/// <summary>One destination; <see cref="Ejected"/> only while it is.</summary>
internal sealed record DestinationView(
    string Allocation, string Address, int Attempt, Rotation Rotation, int InFlight, EjectionReason? Ejected)
{
    /// <summary>Requests of the last 30 s.</summary>
    public long Requests { get; init; }

    /// <summary>Of those, 5xx answers and failed attempts.</summary>
    public long Failures { get; init; }

    public static DestinationView Of(PoolRouting pool, Destination destination, EjectionBook ejections, LivePools pools)
    {
        var live = pools.Find(pool.Name.Value)?.Find(destination.Id.Value);
        var (requests, failures) = live?.Traffic.Read(TrafficWindow.Longest) ?? default;
        return new(
            destination.Id.Value,
            destination.Address,
            destination.Attempt,
            destination.Rotation,
            live?.Busy ?? 0,
            ejections.Find(destination.Id.Value) is { Standing.Phase: EjectionPhase.Ejected } entry ? entry.Reason : null)
        {
            Requests = requests,
            Failures = failures,
        };
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RoutesView))]
internal sealed partial class RoutesJson : JsonSerializerContext;
