using System.Collections.Concurrent;
using Nexus.Core.Spec;

namespace Nexus.Testing.Specs;

/// <summary>
/// A spec of odd values that the reader accepts, the same for the same seed. Each key is offered to the reader and kept where it is
/// accepted, so the values cover what the reader really lets through and not what a test thinks that it does.
/// </summary>
/// <param name="Seed">What it was made from; a failing test names it.</param>
/// <param name="Yaml">The document.</param>
/// <param name="Spec">The document as read.</param>
public sealed record GeneratedSpec(int Seed, string Yaml, ClusterSpec Spec)
{
    private const int MaxPools = 4;
    private const int MaxRoutes = 8;

    private static readonly ConcurrentDictionary<int, GeneratedSpec> Known = new();

    /// <summary>The specs of the seeds from 0 on.</summary>
    public static IEnumerable<GeneratedSpec> Many(int count) => Enumerable.Range(0, count).Select(Of);

    /// <summary>The spec of a seed.</summary>
    public static GeneratedSpec Of(int seed) => Known.GetOrAdd(seed, Generate);

    private static GeneratedSpec Generate(int seed)
    {
        var values = new OddValues(new Random(seed));
        var pools = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = values.Up(MaxPools); i > 0; i--)
        {
            var name = values.Name();
            pools[name] = "image: a";
            Offer("", values.Image(), keys => $"worker_pools: {{{name}: {{{keys}}}}}", keys => pools[name] = keys);
        }

        foreach (var name in pools.Keys.ToList())
        {
            foreach (var key in values.PoolKeys())
            {
                Offer(pools[name], key, keys => $"worker_pools: {{{name}: {{{keys}}}}}", keys => pools[name] = keys);
            }
        }

        var document = $"cluster: {values.Name()}\nworker_pools:\n{string.Concat(pools.Select(p => $"  {p.Key}: {{{p.Value}}}\n"))}gateway:\n";
        var gateway = "slow_start: 1s";
        foreach (var key in values.GatewayKeys())
        {
            Offer(gateway, key, keys => $"{document}  {{{keys}}}\n", keys => gateway = keys);
        }

        var routes = "";
        for (var i = values.Up(MaxRoutes); i > 0; i--)
        {
            Offer(routes, values.Route(pools.Keys), keys => $"{document}  {{{gateway}, routes: [{keys}]}}\n", keys => routes = keys);
        }

        var yaml = $"{document}  {{{gateway}, routes: [{routes}]}}\n";
        return new GeneratedSpec(seed, yaml, SpecReader.Read(yaml, $"seed {seed}").Spec
            ?? throw new InvalidOperationException($"Parts that are accepted one by one are refused together; seed {seed}:\n{yaml}"));
    }

    private static void Offer(string before, string key, Func<string, string> document, Action<string> keep)
    {
        var keys = before.Length == 0 ? key : $"{before}, {key}";
        if (SpecReader.Read(document(keys), "offer").IsValid)
        {
            keep(keys);
        }
    }
}
