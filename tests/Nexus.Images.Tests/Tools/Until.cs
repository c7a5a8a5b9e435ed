using System.Diagnostics;
using System.Net;

namespace Nexus.Images.Tests.Tools;

/// <summary>Waits for states, never for time.</summary>
internal static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until an address answers 200; returns the body.</summary>
    /// <param name="client">Asks.</param>
    /// <param name="address">What is asked.</param>
    /// <param name="hasEnded">Whether waiting is in vain.</param>
    /// <param name="output">What whoever is asked has printed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string> AnswersAsync(
        HttpClient client, Uri address, Func<bool> hasEnded, Func<Task<string>> output, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            string answer;
            try
            {
                using var response = await client.GetAsync(address, cancellationToken);
                var body = await response.Content.ReadAsStringAsync(cancellationToken);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return body;
                }

                answer = $"{(int)response.StatusCode} {body}";
            }
            catch (HttpRequestException exception)
            {
                answer = exception.Message;
            }

            if (hasEnded() || Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException(
                    $"{address} did not answer 200 within {Limit.TotalSeconds} s, or what should answer has ended. Last: {answer}{Environment.NewLine}{await output()}");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }
}
