namespace Nexus.Gateway.Forwarding;

/// <summary>
/// After an answer that came before the end of its upload: reads on what the client sends, so that one who reads only after
/// writing all gets the answer and not a reset.
/// </summary>
internal static class Linger
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public static async Task ReadOnAsync(HttpContext context, Upload upload, TimeProvider time)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol) || HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            return; // There the one stream is reset.
        }

        var started = time.GetTimestamp();
        var buffer = new byte[16 * 1024];
        var pending = upload.PendingRead ?? Task.FromResult(1);
        try
        {
            if (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.CompleteAsync();
            }

            while (await pending.WaitAsync(Pause, time, CancellationToken.None) > 0)
            {
                if (time.GetElapsedTime(started) > Limit)
                {
                    context.Abort();
                    break;
                }

                pending = context.Request.Body.ReadAsync(buffer, CancellationToken.None).AsTask();
            }
        }
        catch (TimeoutException)
        {
            context.Abort(); // It neither sends nor leaves.
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It left.
        }

        // To the server a read that goes on after the request is an error; this one ends with the connection, if it has not yet.
        await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }
}
