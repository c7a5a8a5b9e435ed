using Nexus.Gateway.Observability;

namespace Nexus.Gateway.Limits;

/// <summary>
/// A request body that ends with an <see cref="IOException"/> when it exceeds its limits. Once an answer has begun, a pause is no
/// fault: client and replica are in a conversation, as with gRPC streams.
/// </summary>
internal sealed class LimitedBody(Stream body, long? most, TimeSpan pause, HttpResponse response, TimeProvider time) : Stream
{
    private CancellationTokenSource? _ending;
    private CancellationToken _endingOf;
    private ITimer? _timer;
    private long _read;
    private volatile bool _isTimedOut;

    /// <summary>Which limit it exceeded; null for none.</summary>
    public RefusalReason? Exceeded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var ending = EndingOf(cancellationToken);
        return WaitAsync(body.ReadAsync(buffer, ending), cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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
        _timer.Change(pause, Timeout.InfiniteTimeSpan);
        try
        {
            return Count(await reading);
        }
        catch (OperationCanceledException e) when (_isTimedOut && !cancellationToken.IsCancellationRequested)
        {
            Exceeded = RefusalReason.BodyTimeout;
            throw new IOException($"The client paused for more than {pause.TotalSeconds} s within the request body.", e);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            Exceeded = RefusalReason.BodyTimeout; // The server's own least rate.
            throw;
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private int Count(int read)
    {
        if ((_read += read) > most)
        {
            Exceeded = RefusalReason.BodyTooLarge;
            throw new IOException($"The request body exceeds {most} bytes.");
        }

        return read;
    }

    private void PauseIsOver()
    {
        if (!response.HasStarted)
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
