using System.Net.Sockets;
using Nexus.ServiceDefaults.Http;

namespace Nexus.ServiceDefaults.Health;

/// <summary>
/// <c>PROGRAM --healthcheck URL</c>: asks a running service how it fares, and leaves with 0 when it answers 2xx. For container
/// engines, whose checks are commands, in images that have neither a shell nor curl.
/// </summary>
public static class HealthProbe
{
    private const string Word = "--healthcheck";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Whether the command line asks for a probe and not for the service.</summary>
    public static bool IsAskedFor(string[] args) => args is [Word, ..];

    /// <summary>Asks once; 0 for a good answer, 1 for any other or none, 2 for a command line that cannot be understood.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(error);
        if (args is not [Word, var text] || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            await error.WriteLineAsync($"{Word} needs one address, such as http://127.0.0.1:8420/health; found '{string.Join(' ', args.Skip(1))}'.");
            return 2;
        }

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limit };
        try
        {
            using var answer = await client.GetAsync(url);
            if (answer.IsSuccessStatusCode)
            {
                return 0;
            }

            await error.WriteLineAsync($"{url} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException)
        {
            await error.WriteLineAsync($"{url} does not answer: {RequestFailure.Describe(e)}");
        }

        return 1;
    }
}
