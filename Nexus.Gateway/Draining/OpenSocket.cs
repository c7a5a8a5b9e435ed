using Nexus.Gateway.Forwarding;

namespace Nexus.Gateway.Draining;

/// <summary>An upgraded connection through this gateway, and how it is ended.</summary>
internal sealed class OpenSocket(WebSocketStream stream, Attempt attempt)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>YARP has let go of it.</summary>
    public void IsOver() => _over.TrySetResult();

    /// <summary>Closes politely after a while; then, if that is not answered, tells the replica too; then cuts.</summary>
    public async Task CloseAsync(TimeSpan after, TimeSpan grace, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await IsOverWithinAsync(after, time, cancellationToken))
        {
            return;
        }

        using (var patience = new CancellationTokenSource(grace, time))
        {
            try
            {
                await stream.LeaveAsync(patience.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The client reads nothing, or is gone: then what follows ends it.
            }
        }

        if (!await IsOverWithinAsync(grace, time, cancellationToken))
        {
            await stream.EndReadsAsync();
            if (!await IsOverWithinAsync(grace, time, cancellationToken))
            {
                attempt.Cut();
            }
        }
    }

    private async Task<bool> IsOverWithinAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await _over.Task.WaitAsync(limit, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
