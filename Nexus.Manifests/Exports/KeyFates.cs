using System.Text.RegularExpressions;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Exports;

/// <summary>A key that the document gives.</summary>
/// <param name="Place">Where.</param>
/// <param name="Spec">The spec it belongs to.</param>
/// <param name="Pool">The pool it belongs to; null above the pools.</param>
internal sealed record KeyUse(SpecPlace Place, ClusterSpec Spec, PoolSpec? Pool)
{
    public PoolTemplate Template => Pool!.Template;
}

/// <summary>
/// What becomes of each key of the spec elsewhere. Nothing is dropped in silence: a key that is given and not in the table is warned
/// of, and so is one whose fate says what is lost.
/// </summary>
internal sealed partial class KeyFates(string target)
{
    private readonly Dictionary<string, Func<KeyUse, string?>> _fates = new(StringComparer.Ordinal);

    /// <summary>The keys that are decided on; <c>NAME</c> stands for a pool, <c>[]</c> for an item.</summary>
    public IReadOnlyCollection<string> Keys => _fates.Keys;

    public KeyFates Carried(string prefix, params ReadOnlySpan<string> keys) => Fate(prefix, keys, _ => null);

    public KeyFates Lost(string prefix, string reason, params ReadOnlySpan<string> keys) => Fate(prefix, keys, _ => reason);

    /// <summary>Lost unless the value is the one that says what holds there anyway.</summary>
    public KeyFates LostUnless(string key, string value, string reason) =>
        Lost(key, use => use.Place.Text == value ? null : reason);

    public KeyFates Lost(string key, Func<KeyUse, string?> reason)
    {
        _fates.Add(key, reason);
        return this;
    }

    /// <summary>Warns of every given key of which something is lost.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="places">The keys it gives.</param>
    /// <param name="pools">The pools that are exported; keys of others are not looked at.</param>
    /// <param name="warnings">Where warnings go.</param>
    public void Judge(ClusterSpec spec, SpecPlaces places, IReadOnlyList<PoolSpec> pools, ExportWarnings warnings)
    {
        foreach (var place in places.Given)
        {
            var pool = PoolKey().Match(place.Key) is { Success: true } match
                ? pools.FirstOrDefault(pool => pool.Name.Value == match.Groups["name"].Value)
                : null;
            if (pool is null && place.Key.StartsWith("worker_pools", StringComparison.Ordinal))
            {
                continue;
            }

            var pattern = Pattern(place.Key);
            if (_fates.TryGetValue(pattern, out var fate))
            {
                if (fate(new KeyUse(place, spec, pool)) is { } loss)
                {
                    warnings.Add(place.Key, loss);
                }
            }
            else if (place.Text is not null && !IsWithinKnown(pattern))
            {
                warnings.Add(place.Key, $"has no counterpart in {target}");
            }
        }
    }

    private KeyFates Fate(string prefix, ReadOnlySpan<string> keys, Func<KeyUse, string?> fate)
    {
        if (keys.IsEmpty)
        {
            _fates.Add(prefix, fate);
        }

        foreach (var key in keys)
        {
            _fates.Add($"{prefix}.{key}", fate);
        }

        return this;
    }

    private bool IsWithinKnown(string pattern)
    {
        for (var rest = pattern; rest.LastIndexOfAny(['.', '[']) is > 0 and var end;)
        {
            rest = rest[..end];
            if (_fates.ContainsKey(rest))
            {
                return true;
            }
        }

        return false;
    }

    private static string Pattern(string key) =>
        Index().Replace(PoolKey().Replace(key, "worker_pools.NAME"), "[]");

    [GeneratedRegex(@"^worker_pools\.(?<name>[^.\[]+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PoolKey();

    [GeneratedRegex(@"\[[0-9]+\]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Index();
}
