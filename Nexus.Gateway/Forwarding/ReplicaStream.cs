using System.Net.Sockets;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// A connection to a replica as SocketsHttpHandler uses it. While an upload is written it watches for the answer, which the
/// handler does not look at before all is sent, and stops the upload as <see cref="Upload"/> says. An answer that stopped an
/// upload is handed over with a Connection: close, so that nobody sends another request into the unfinished one; so is one in
/// HTTP/1.0, whose sender closes the connection without a word, which the handler does not know.
/// </summary>
internal sealed class ReplicaStream(NetworkStream inner) : AsyncStream
{
    private const int PassedOn = -1;

    private const int LongestLine = 64 * 1024;

    private static readonly byte[] CloseField = "Connection: close\r\n"u8.ToArray();

    private readonly Lock _gate = new();

    private Upload? _upload;
    private Task? _watch;
    private byte[] _ahead = []; // Received while uploading, not handed over yet.
    private (int Status, int LineEnd)? _answer;
    private ITimer? _impatience;
    private bool _isReading;
    private bool _isFirst = true; // Whether what is read next begins a response.
    private bool _hasRead;
    private int _interim; // How much of an interim response is left to hand over before what follows is looked at.
    private bool _isAtEnd;
    private Exception? _failure;

    public override bool CanRead => true;

    public override bool CanWrite => true;

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
        else if (upload is null && _hasRead)
        {
            (_isFirst, _hasRead) = (true, false); // Without a body, whatever is written after an answer is another request.
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

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

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
            (_isFirst, _hasRead) = (true, false);
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

        _hasRead |= read > 0;
        var isOld = _isFirst && MayBeOld(buffer.Span[..read]);
        if (buffer.Length == 0 || (!isOld && (upload is null || (upload.HasEnded && !MustClose(upload)))))
        {
            _isFirst &= read == 0;
            return read;
        }

        Take(buffer.Span[..read], upload);
        if (upload is { ReadsMeanwhile: false })
        {
            await WatchAsync(upload);
        }

        return null;
    }

    /// <summary>Whether it begins a response in HTTP/1.0, or an interim one that may be followed by one.</summary>
    private static bool MayBeOld(ReadOnlySpan<byte> received) => received.Length > 0
        && (StartsAlike(received, "HTTP/1.0"u8) || StartsAlike(received, "HTTP/1.1 1"u8));

    private static bool StartsAlike(ReadOnlySpan<byte> received, ReadOnlySpan<byte> start) =>
        received.Length < start.Length ? start.StartsWith(received) : received.StartsWith(start);

    /// <summary>Has the handler close the connection of a response in HTTP/1.0. Interim responses before it are handed over as they come:
    /// the handler may wait for one.</summary>
    private async ValueTask CloseOldAsync()
    {
        while (_ahead.Length < LongestLine && !_isAtEnd && _failure is null)
        {
            if (!MayBeOld(_ahead))
            {
                break;
            }

            var feed = Array.IndexOf(_ahead, (byte)'\n');
            if (feed >= 0 && _ahead[7] == '0')
            {
                _ahead = [.. _ahead.AsSpan(0, feed + 1), .. CloseField, .. _ahead.AsSpan(feed + 1)];
                _answer = _answer is { LineEnd: > 0 } answer
                    ? answer with { LineEnd = answer.LineEnd == feed + 1 ? PassedOn : answer.LineEnd + CloseField.Length }
                    : _answer;
                break;
            }

            if (feed >= 0 && EarlyAnswer.EndOfHead(_ahead.AsSpan(feed)) is var rest and > 0)
            {
                if (!_ahead.AsSpan().StartsWith("HTTP/1.1 101"u8))
                {
                    _interim = feed + rest;
                    return;
                }

                break;
            }

            await ReceiveAsync(_upload);
        }

        _isFirst = false;
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

        if (_isFirst && _ahead.Length > 0 && _interim == 0)
        {
            await CloseOldAsync();
        }

        if (_ahead.Length == 0)
        {
            return _failure is null ? 0 : throw new IOException(_failure.Message, _failure);
        }

        var count = Math.Min(buffer.Length, _interim > 0 ? _interim : _ahead.Length);
        _interim -= Math.Min(count, _interim);
        _hasRead = true;
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

    private async Task ReceiveAsync(Upload? upload)
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

    private void Take(ReadOnlySpan<byte> received, Upload? upload)
    {
        if (received.Length == 0)
        {
            _isAtEnd = true;
            return;
        }

        _ahead = [.. _ahead, .. received];
        if (upload is not null && _answer is null && EarlyAnswer.Find(_ahead) is { } answer)
        {
            _answer = answer;
            upload.Answer(answer.Status);
        }
    }
}
