using System.Diagnostics;

namespace Nexus.Bench.Cluster;

/// <summary>What the engine itself needs for the same image: the peer that our figures are set against.</summary>
internal static class EngineFloor
{
    /// <summary>Milliseconds from <c>docker run</c> to the first good answer.</summary>
    public static async Task<double> StartContainerAsync(CancellationToken cancellationToken)
    {
        var name = $"nexus-bench-floor-{Environment.ProcessId}";
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        await DockerAsync($"run -d --rm --name {name} -p 127.0.0.1::8080 nexus/sample-web:local", cancellationToken);
        try
        {
            var address = await DockerAsync($"port {name} 8080", cancellationToken);
            while (!await AnswersAsync(http, new Uri($"http://{address}/health"), cancellationToken))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }

            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        finally
        {
            await DockerAsync($"rm -f {name}", CancellationToken.None);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(address, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string> DockerAsync(string arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return output.Trim();
    }
}
