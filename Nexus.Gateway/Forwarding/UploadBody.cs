using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// A client's body as one attempt sends it: it seems to end when its upload is stopped. A read of the server's own is never
/// cancelled, since the server takes it for going on for ever then; it is left to <see cref="Linger"/>.
/// </summary>
internal sealed class UploadBody : AsyncStream
{
    private const int Size = 64 * 1024;

    private readonly Stream _body;
    private readonly Upload _upload;
    private readonly Attempt _attempt;
    private readonly TimeProvider _time;
    private readonly byte[]? _buffer;
    private volatile bool _isOver;

    private UploadBody(Stream body, Upload upload, Attempt attempt, TimeProvider time)
    {
        (_body, _upload, _attempt, _time) = (body, upload, attempt, time);

        // One that seeks is kept for retries, and small.
        _buffer = body.CanSeek ? null : ArrayPool<byte>.Shared.Rent(Size);
    }

    public override bool CanRead => true;

    /// <summary>Stands in for the request's body; null when it has none.</summary>
    public static UploadBody? Begin(HttpContext context, Attempt attempt, TimeProvider time)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return null;
        }

        var upload = new Upload(time);
        var body = new UploadBody(context.Request.Body, upload, attempt, time);
        context.Features.Set(upload);
        context.Request.Body = body;
        Upload.Current = upload; // Of the calling flow.
        return body;
    }

    /// <summary>Puts the request's own body back.</summary>
    public void End(HttpContext context)
    {
        _isOver = true;
        context.Request.Body = _body;
        if (_buffer is not null && _upload.PendingRead is not { IsCompleted: false })
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Awaited once: itself when it is there, else as its task.")]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_upload.IsStopped)
        {
            return 0;
        }

        if (_buffer is null)
        {
            var reading = _body.ReadAsync(buffer, cancellationToken);
            return reading.IsCompletedSuccessfully ? await reading : await WaitForClientAsync(reading.AsTask());
        }

        var pending = _body.ReadAsync(_buffer.AsMemory(0, Math.Min(buffer.Length, Size)), CancellationToken.None);
        int count;
        if (pending.IsCompletedSuccessfully)
        {
            count = await pending;
        }
        else
        {
            _upload.PendingRead = pending.AsTask();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _upload.Stopping);
            try
            {
                count = await WaitForClientAsync(_upload.PendingRead.WaitAsync(ending.Token));
            }
            catch (OperationCanceledException) when (_upload.IsStopped && !cancellationToken.IsCancellationRequested)
            {
                return 0;
            }
        }

        _buffer.AsSpan(0, count).CopyTo(buffer.Span);
        return count;
    }

    private async Task<int> WaitForClientAsync(Task<int> reading)
    {
        _attempt.AwaitClient();
        try
        {
            return await reading;
        }
        finally
        {
            if (!_isOver) // else the attempt is another request's by now
            {
                _attempt.ClientSent(_time.GetTimestamp());
            }
        }
    }
}
