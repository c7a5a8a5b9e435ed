namespace Nexus.Gateway.Draining;

/// <summary>
/// The client's side of a WebSocket while YARP copies it to and from a replica. Hands everything through, and can say goodbye on
/// the replica's behalf: a close frame with 1001 (going away) at the next end of a frame, and nothing after it. The client's own
/// close then goes to the replica, so that both learn it in words of the protocol.
/// </summary>
internal sealed class WebSocketStream(Stream client) : AsyncStream
{
    private const ushort GoingAway = 1001;

    // FIN and opcode 8, two bytes of payload: the status. What goes to a replica is masked, with a mask of zeros: it hides nothing
    // here, since nothing of the client is in it.
    private static readonly byte[] CloseToClient = [0x88, 2, GoingAway >> 8, GoingAway & 0xFF];
    private static readonly byte[] CloseToReplica = [0x88, 0x82, 0, 0, 0, 0, GoingAway >> 8, GoingAway & 0xFF];

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _endingReads = new();
    private CancellationTokenSource? _eitherEnds;
    private FrameTracker _toClient;
    private FrameTracker _toReplica;
    private volatile bool _isLeaving;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Closes politely as soon as a frame ends. Once is enough.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _isLeaving = true;
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await SayGoodbyeAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The client does not answer the goodbye: the replica is told in its place, and no more is read.</summary>
    public Task EndReadsAsync() => _endingReads.CancelAsync();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (!_isLeaving)
            {
                _toClient.Take(buffer.Span, stopsAtBoundary: false);
                await client.WriteAsync(buffer, cancellationToken);
            }
            else if (!_toClient.IsAtBoundary)
            {
                var rest = _toClient.Take(buffer.Span, stopsAtBoundary: true);
                await client.WriteAsync(buffer[..rest], cancellationToken);
                await SayGoodbyeAsync(cancellationToken);
            }

            // Else the goodbye was said, and nothing follows it.
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_endingReads.IsCancellationRequested)
        {
            // YARP gives the same token to every read.
            _eitherEnds ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _endingReads.Token);
            try
            {
                var read = await client.ReadAsync(buffer, _eitherEnds.Token);
                _toReplica.Take(buffer.Span[..read], stopsAtBoundary: false);
                return read;
            }
            catch (OperationCanceledException) when (_endingReads.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Now it is our turn to speak.
            }
        }

        if (_toReplica.HasClosed || !_toReplica.IsAtBoundary || buffer.Length < CloseToReplica.Length)
        {
            return 0;
        }

        _toReplica.Take(CloseToReplica, stopsAtBoundary: false);
        CloseToReplica.CopyTo(buffer);
        return CloseToReplica.Length;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            client.Dispose();
            _eitherEnds?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task SayGoodbyeAsync(CancellationToken cancellationToken)
    {
        if (_toClient.IsAtBoundary && !_toClient.HasClosed)
        {
            _toClient.Take(CloseToClient, stopsAtBoundary: false);
            await client.WriteAsync(CloseToClient, cancellationToken);
            await client.FlushAsync(cancellationToken);
        }
    }
}
