using System.Net.Sockets;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// A connection to a replica as SocketsHttpHandler uses it. While an upload is written it watches for the answer, which the
/// handler does not look at before all is sent, and stops the upload as <see cref="Upload"/> says. An answer that stopped an
/// upload is handed over with a Connection: close, so that nobody sends another request into the unfinished one.
/// </summary>
internal sealed class ReplicaStream(NetworkStream inner) : Stream
{
    private const int PassedOn = -1;

    private static readonly byte[] CloseField = "Connection: close\r\n"u8.ToArray();

    private readonly Lock _gate = new();

    private Upload? _upload;
    private Task? _watch;
    private byte[] _ahead = []; // Received while uploading, not handed over yet.
    private (int Status, int LineEnd)? _answer;
    private ITimer? _impatience;
    private bool _isReading;
    private bool _isAtEnd;
    private Exception? _failure;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Task? watch;
        bool isDirect;
        lock (_gate)
        {
            watch = _watch;
            _watch = null;
            isDirect = watch is null && _ahead.Length == 0 && !_isAtEnd && _failure is null;
            _isReading = isDirect;
        }

        if (watch is not null)
        {
            await watch.WaitAsync(cancellationToken);
        }

        return isDirect && await ReadDirectlyAsync(buffer, cancellationToken) is { } read
            ? read
            : await HandOverAsync(buffer, cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var upload = Upload.Current;
        if (!ReferenceEquals(upload, _upload))
        {
            Begin(upload);
        }

        if (upload is null)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        if (upload.IsStopped)
        {
            return;
        }

        upload.BeginWrite();
        try
        {
            await inner.WriteAsync(buffer, upload.Stopping);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException || (e is OperationCanceledException && upload.IsStopped))
        {
            upload.Stop(); // Why the replica takes no more, its answer may say; if there is none, reading fails.
        }
        finally
        {
            upload.EndWrite();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _impatience?.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>A new exchange begins; an upload's answer is watched for, unless the handler is reading by itself.</summary>
    private void Begin(Upload? upload)
    {
        lock (_gate)
        {
            _upload = upload is not null && upload.TryAttach() ? upload : null;
            _answer = null;
            if (_upload is { ReadsMeanwhile: false } && !_isReading)
            {
                _watch = WatchAsync(_upload);
            }
        }
    }

    /// <summary>The usual way, without a copy; null when the bytes went to those ahead, because an upload began meanwhile.</summary>
    private async ValueTask<int?> ReadDirectlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Upload? upload;
        lock (_gate)
        {
            _isReading = false;
            upload = _upload;
        }

        if (upload is null || buffer.Length == 0 || (upload.HasEnded && !MustClose(upload)))
        {
            return read;
        }

        Take(buffer.Span[..read], upload);
        if (!upload.ReadsMeanwhile)
        {
            await WatchAsync(upload);
        }

        return null;
    }

    private async ValueTask<int> HandOverAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_upload is { } upload)
        {
            if (!upload.ReadsMeanwhile)
            {
                await upload.Ended.WaitAsync(cancellationToken);
            }

            if (MustClose(upload))
            {
                await CloseAfterwardsAsync(upload);
            }
        }

        if (_ahead.Length == 0)
        {
            return _failure is null ? 0 : throw new IOException(_failure.Message, _failure);
        }

        var count = Math.Min(buffer.Length, _ahead.Length);
        _ahead.AsSpan(0, count).CopyTo(buffer.Span);
        _ahead = _ahead[count..];
        if (_answer is { LineEnd: > 0 } answer)
        {
            _answer = answer with { LineEnd = answer.LineEnd > count ? answer.LineEnd - count : PassedOn };
        }

        return count;
    }

    private bool MustClose(Upload upload) => upload.IsStopped && _answer is not { LineEnd: PassedOn };

    private async Task CloseAfterwardsAsync(Upload upload)
    {
        while (_answer is null && !_isAtEnd && _failure is null)
        {
            await ReceiveAsync(upload);
        }

        if (_answer is { Status: > 0 } answer)
        {
            _ahead = [.. _ahead.AsSpan(0, answer.LineEnd), .. CloseField, .. _ahead.AsSpan(answer.LineEnd)];
            _answer = (answer.Status, PassedOn);
        }

        // A replica that waits for the rest of the upload before it ends its answer learns that there is none.
        _impatience ??= upload.AfterPatience(EndSending);
    }

    private void EndSending()
    {
        try
        {
            inner.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private async Task WatchAsync(Upload upload)
    {
        while (_answer is null && !_isAtEnd && _failure is null && !(upload.HasEnded && _ahead.Length > 0))
        {
            await ReceiveAsync(upload);
        }
    }

    private async Task ReceiveAsync(Upload upload)
    {
        var buffer = new byte[4096];
        try
        {
            Take(buffer.AsSpan(0, await inner.ReadAsync(buffer)), upload);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            _failure = e; // For whoever reads next.
        }
    }

    private void Take(ReadOnlySpan<byte> received, Upload upload)
    {
        if (received.Length == 0)
        {
            _isAtEnd = true;
            return;
        }

        _ahead = [.. _ahead, .. received];
        if (_answer is null && EarlyAnswer.Find(_ahead) is { } answer)
        {
            _answer = answer;
            upload.Answer(answer.Status);
        }
    }
}
