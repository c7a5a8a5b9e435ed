namespace Nexus.Samples.Web;

/// <summary>Starts what the settings ask for: the web app or the TCP echo.</summary>
internal static class SampleProgram
{
    /// <summary>The exit code of <c>CRASH_ON_START</c>.</summary>
    public const int CrashOnStartCode = 3;

    public static async Task<int> RunAsync(SampleSettings settings, CancellationToken cancellationToken)
    {
        if (settings.StartDelay > TimeSpan.Zero)
        {
            await Task.Delay(settings.StartDelay, TimeProvider.System, cancellationToken);
        }

        if (settings.CrashOnStart)
        {
            await Console.Error.WriteLineAsync($"CRASH_ON_START is set: leaving with code {CrashOnStartCode}");
            return CrashOnStartCode;
        }

        if (settings.IsTcp)
        {
            await TcpEcho.RunAsync(settings, cancellationToken);
            return 0;
        }

        await using var app = WebSample.Build(settings, TimeProvider.System);
        await app.RunAsync(cancellationToken);
        return 0;
    }
}
