using System.Collections.Immutable;
using Nexus.Core.Ids;
using Nexus.Core.Spec;

namespace Nexus.Core.Routing;

/// <summary>What a node can say of an allocation before the catalog does.</summary>
public enum NewsKind
{
    /// <summary>It serves.</summary>
    Serving,

    /// <summary>Its checks fail.</summary>
    Unhealthy,

    /// <summary>It shall get no new requests.</summary>
    Draining,

    /// <summary>Its container or process ended.</summary>
    Gone,
}

/// <summary>One allocation as its node last described it. It only runs ahead of the catalog, whose next word goes before it.</summary>
/// <param name="Allocation">The allocation.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Node">The node that says so.</param>
/// <param name="Attempt">Which life of it.</param>
/// <param name="Kind">What is said.</param>
/// <param name="Host">Where it is reached; null unless it serves.</param>
/// <param name="Port">Where it listens; zero unless it serves.</param>
public sealed record AllocationNews(
    AllocationId Allocation, PoolName Pool, PoolRevision Revision, NodeName Node, int Attempt, NewsKind Kind, string? Host, int Port)
{
    /// <summary>The news after one more; what is said of an earlier life says nothing about a later one.</summary>
    public static ImmutableDictionary<AllocationId, AllocationNews> With(
        ImmutableDictionary<AllocationId, AllocationNews> news, AllocationNews next)
    {
        ArgumentNullException.ThrowIfNull(news);
        ArgumentNullException.ThrowIfNull(next);
        return news.TryGetValue(next.Allocation, out var before) && before.Attempt > next.Attempt
            ? news
            : news.SetItem(next.Allocation, next);
    }

    /// <summary>The news that still hold once the catalog was looked at again: what it says anew of that life or a later one goes
    /// before them. A life that ended stays ended, unless the catalog calls it passing after it had not.</summary>
    /// <param name="news">What was pushed.</param>
    /// <param name="pool">The pool that was looked at.</param>
    /// <param name="before">The look before.</param>
    /// <param name="now">This look.</param>
    public static ImmutableDictionary<AllocationId, AllocationNews> After(
        ImmutableDictionary<AllocationId, AllocationNews> news, PoolName pool, PoolReading before, PoolReading now)
    {
        ArgumentNullException.ThrowIfNull(news);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        if (news.IsEmpty || now.Outcome != ReadingOutcome.Listed || now.Instances.IsEmpty)
        {
            return news; // An empty list may be a lost one.
        }

        return news.RemoveRange(news.Values
            .Where(one => one.Pool == pool && IsOverruled(one, Latest(before, one.Allocation), Latest(now, one.Allocation)))
            .Select(one => one.Allocation));
    }

    /// <summary>The news without those that nobody stands for any more because a node's stream broke off. An end remains an end.</summary>
    public static ImmutableDictionary<AllocationId, AllocationNews> Without(
        ImmutableDictionary<AllocationId, AllocationNews> news, NodeName node)
    {
        ArgumentNullException.ThrowIfNull(news);
        return news.RemoveRange(news.Values.Where(n => n.Node == node && n.Kind != NewsKind.Gone).Select(n => n.Allocation));
    }

    private static bool IsOverruled(AllocationNews news, CatalogInstance? was, CatalogInstance? now) => (was, now) switch
    {
        (_, { } listed) when listed.Attempt > news.Attempt => true,
        (_, { } listed) when listed.Attempt < news.Attempt => false,
        (_, not null) when news.Kind == NewsKind.Serving => true,
        (_, not null) when now == was => false,
        (_, not null) => news.Kind != NewsKind.Gone || now!.Health == InstanceHealth.Passing,

        // Not listed: somebody deregistered it, or nobody registered it yet.
        (null, null) => news.Kind != NewsKind.Serving,
        ({ } gone, null) => news.Kind != NewsKind.Serving || gone.Attempt >= news.Attempt,
    };

    private static CatalogInstance? Latest(PoolReading reading, AllocationId allocation) =>
        reading.Instances.Where(i => i.Allocation == allocation).MaxBy(i => i.Attempt);
}

/// <summary>Lays news over what the catalog says.</summary>
internal static class NewsOverlay
{
    public static string AddressOf(string host, int port) =>
        host.Contains(':', StringComparison.Ordinal) ? $"http://[{host}]:{port}" : $"http://{host}:{port}";

    /// <summary>The destinations after the news.</summary>
    /// <param name="destinations">What is known.</param>
    /// <param name="news">What was pushed.</param>
    /// <param name="isCurrent">Whether the catalog was just read: then it, and not a push, calls a life it lists healthy.</param>
    /// <param name="protocolOf">The protocol that replicas of a revision speak.</param>
    public static ImmutableArray<Destination> Over(
        ImmutableArray<Destination> destinations, List<AllocationNews> news, bool isCurrent, Func<PoolRevision, AppProtocol> protocolOf)
    {
        if (news.Count == 0)
        {
            return destinations;
        }

        var byId = destinations.ToDictionary(d => d.Id);
        foreach (var one in news)
        {
            if (Apply(byId.GetValueOrDefault(one.Allocation), one, isCurrent, protocolOf) is { } changed)
            {
                byId[one.Allocation] = changed;
            }
        }

        return [.. byId.Values.OrderBy(d => d.Id.Value, StringComparer.Ordinal)];
    }

    private static Destination? Apply(
        Destination? known, AllocationNews news, bool isCurrent, Func<PoolRevision, AppProtocol> protocolOf)
    {
        if (known is not null && known.Attempt > news.Attempt)
        {
            return null;
        }

        if (news.Kind == NewsKind.Serving)
        {
            return news is { Host: { Length: > 0 } host, Port: > 0 } && (known?.Attempt != news.Attempt || !isCurrent)
                ? new Destination(news.Allocation, AddressOf(host, news.Port), news.Attempt, Rotation.In, HasServed: true)
                {
                    Node = news.Node,
                    Revision = news.Revision,
                    Protocol = protocolOf(news.Revision),
                }
                : null;
        }

        // Of a later life than the one that is known: that one is over too.
        return known is null ? null : known with
        {
            Rotation = known.Attempt < news.Attempt ? Rotation.Gone : news.Kind switch
            {
                NewsKind.Draining => Rotation.Maintenance,
                NewsKind.Gone => Rotation.Gone,
                _ when known.Rotation == Rotation.In => Rotation.Unhealthy,
                _ => known.Rotation,
            },
            IsDoubted = false,
        };
    }
}
