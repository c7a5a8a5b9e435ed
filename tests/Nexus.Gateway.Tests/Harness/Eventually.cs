namespace Nexus.Gateway.Tests.Harness;

/// <summary>Looks again until it is so.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Fails by name after a while.</summary>
    public static async Task TrueAsync(Func<bool> isSo, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, $"{what} did not happen");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
