using Nexus.Gateway.Observability;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Nexus.Gateway.Limits;

/// <summary>
/// A request body that ends with an <see cref="IOException"/> when it exceeds the limits of its route. Once an answer has begun, a
/// pause is no fault: client and replica are in a conversation, as with gRPC streams.
/// </summary>
internal sealed class LimitedBody(Stream body, HttpContext context, TimeProvider time) : AsyncStream
{
    private CancellationTokenSource? _ending;
    private CancellationToken _endingOf;
    private ITimer? _timer;
    private long _read;
    private volatile bool _isTimedOut;

    /// <summary>The limits of the route that the request is on; they may change until the first byte is read.</summary>
    public BodyLimits Limits { get; private set; } = new(null, Timeout.InfiniteTimeSpan);

    /// <summary>Which limit it exceeded; null for none.</summary>
    public RefusalReason? Exceeded { get; private set; }

    public override bool CanRead => true;

    /// <summary>Sets the limits; false when Content-Length exceeds them.</summary>
    public bool TryLimit(BodyLimits limits)
    {
        Limits = limits;
        Exceeded = limits.Most is { } most && context.Request.ContentLength > most ? RefusalReason.BodyTooLarge : null;
        return Exceeded is null;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var ending = EndingOf(cancellationToken);
        return WaitAsync(body.ReadAsync(buffer, ending), cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timer?.Dispose();
            _ending?.Dispose();
        }

        base.Dispose(disposing); // The original is the server's.
    }

    private async ValueTask<int> WaitAsync(ValueTask<int> reading, CancellationToken cancellationToken)
    {
        if (reading.IsCompletedSuccessfully)
        {
            return Count(await reading);
        }

        _timer ??= time.CreateTimer(static self => ((LimitedBody)self!).PauseIsOver(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Limits.Pause, Timeout.InfiniteTimeSpan);
        int read;
        try
        {
            read = await reading;
        }
        catch (OperationCanceledException e) when (_isTimedOut && !cancellationToken.IsCancellationRequested)
        {
            Exceeded = RefusalReason.BodyTimeout;
            throw new IOException($"The client paused for more than {Limits.Pause.TotalSeconds} s within the request body.", e);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            Exceeded = RefusalReason.BodyTimeout; // The server's own least rate.
            throw;
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // The client reset the connection. The server takes the failed read for one that goes on, and reports an error when it looks
            // for the rest of the body; that it does not once the request is aborted.
            context.Abort();
            throw;
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        return Count(read);
    }

    private int Count(int read)
    {
        if ((_read += read) > Limits.Most)
        {
            Exceeded = RefusalReason.BodyTooLarge;
            throw new IOException($"The request body exceeds {Limits.Most} bytes.");
        }

        return read;
    }

    private void PauseIsOver()
    {
        if (!context.Response.HasStarted)
        {
            _isTimedOut = true;
            _ending?.Cancel();
        }
    }

    // Mostly the same token again, for one attempt reads it all.
    private CancellationToken EndingOf(CancellationToken cancellationToken)
    {
        if (_ending is null || _endingOf != cancellationToken)
        {
            _ending?.Dispose();
            _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _endingOf = cancellationToken;
        }

        return _ending.Token;
    }
}
