using System.Buffers;

namespace Nexus.Consul;

/// <summary>Keys as paths, which Consul's router would otherwise rewrite silently.</summary>
internal static class KvPath
{
    private const string Root = "v1/kv/";

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-~");

    public static string OfKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return OfPrefix(key);
    }

    public static string OfPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Check(prefix);
        return prefix.AsSpan().ContainsAnyExcept(Plain)
            ? Root + Uri.EscapeDataString(prefix).Replace("%2F", "/", StringComparison.Ordinal)
            : Root + prefix;
    }

    private static void Check(string key)
    {
        var rest = key.AsSpan();
        while (rest.Length > 0)
        {
            var slash = rest.IndexOf('/');
            var segment = slash < 0 ? rest : rest[..slash];
            if (segment is "" or "." or "..")
            {
                throw new ArgumentException($"The key '{key}' has an empty, '.' or '..' segment; such keys cannot be addressed over HTTP.", nameof(key));
            }

            rest = slash < 0 ? [] : rest[(slash + 1)..];
        }
    }
}
