using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Nexus.Gateway.Listening;

/// <summary>
/// A transport within this process: its connections were accepted elsewhere and are handed over once their protocol is known.
/// Kestrel decides between HTTP/1.1 and HTTP/2 by endpoint, so that one port can serve both without TLS only in this way.
/// </summary>
internal sealed class HandoverTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>(
        new UnboundedChannelOptions { SingleReader = true });

    public bool CanBind(EndPoint endpoint) => endpoint is HandoverEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(endpoint, _accepted));

    /// <summary>Hands a connection over; ends when it was served.</summary>
    public async Task ServeAsync(ConnectionContext connection)
    {
        await using var handedOver = new HandedOverConnection(connection);
        if (_accepted.Writer.TryWrite(handedOver)) // False once the listener is unbound.
        {
            await handedOver.Served;
        }
    }

    private sealed class Listener(EndPoint endpoint, Channel<ConnectionContext> accepted) : IConnectionListener
    {
        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await accepted.Reader.WaitToReadAsync(cancellationToken))
            {
                if (accepted.Reader.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            accepted.Writer.TryComplete();
            while (accepted.Reader.TryRead(out var left))
            {
                await left.DisposeAsync();
            }
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}

/// <summary>The address of <see cref="HandoverTransport"/>, as the log shows it.</summary>
internal sealed class HandoverEndPoint : EndPoint
{
    public override string ToString() => "h2c (on the ports above)";
}
