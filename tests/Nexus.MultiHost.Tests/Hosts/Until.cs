using System.Diagnostics;

namespace Nexus.MultiHost.Tests.Hosts;

/// <summary>Waits for states, never for time.</summary>
internal static class Until
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until a condition holds; an error of the network is a no. Returns how long it took.</summary>
    public static async Task<TimeSpan> HoldsAsync(
        Func<Task<bool>> condition, TimeSpan limit, string what, Func<Task<string>> details, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            Exception? trouble = null;
            try
            {
                if (await condition())
                {
                    return Stopwatch.GetElapsedTime(started);
                }
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException or Api.V1.NexusApiException)
            {
                trouble = e;
            }

            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"It did not happen within {limit.TotalSeconds} s: {what}. {trouble?.Message} {await details()}");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }
}
