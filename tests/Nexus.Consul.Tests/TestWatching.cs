namespace Nexus.Consul.Tests;

/// <summary>Reads a watch one step at a time, with a limit that names what did not come.</summary>
internal static class TestWatching
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static string Text(this KvPair? pair) => pair is null ? "(none)" : System.Text.Encoding.UTF8.GetString(pair.Value.Span);

    /// <summary>Each test keeps to a prefix of its own on the shared server.</summary>
    public static string UniqueName(string stem) => $"{stem}-{Guid.NewGuid():N}";

    public static async Task<T> NextAsync<T>(this IAsyncEnumerator<T> watch, string awaited)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().Within(awaited), $"The watch ended before {awaited}.");
        return watch.Current;
    }

    /// <summary>Skips what does not match: an index may move without the value.</summary>
    public static async Task<T> UntilAsync<T>(this IAsyncEnumerator<T> watch, Func<T, bool> match, string awaited)
    {
        while (true)
        {
            var seen = await watch.NextAsync(awaited);
            if (match(seen))
            {
                return seen;
            }
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, string awaited)
    {
        try
        {
            return await task.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"Within {Limit} this did not happen: {awaited}.", exception);
        }
    }
}
