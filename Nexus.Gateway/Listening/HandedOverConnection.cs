using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Nexus.Gateway.Listening;

/// <summary>A connection of another listener, with features of its own over the original's.</summary>
internal sealed class HandedOverConnection(ConnectionContext original) : ConnectionContext
{
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the server is done with it.</summary>
    public Task Served => _served.Task;

    public override string ConnectionId { get => original.ConnectionId; set => original.ConnectionId = value; }

    public override IFeatureCollection Features { get; } = new FeatureCollection(original.Features);

    public override IDictionary<object, object?> Items { get => original.Items; set => original.Items = value; }

    public override IDuplexPipe Transport { get; set; } = original.Transport;

    public override EndPoint? LocalEndPoint { get => original.LocalEndPoint; set => original.LocalEndPoint = value; }

    public override EndPoint? RemoteEndPoint { get => original.RemoteEndPoint; set => original.RemoteEndPoint = value; }

    public override CancellationToken ConnectionClosed { get => original.ConnectionClosed; set => original.ConnectionClosed = value; }

    public override void Abort(ConnectionAbortedException abortReason) => original.Abort(abortReason);

    public override ValueTask DisposeAsync()
    {
        _served.TrySetResult();
        return base.DisposeAsync();
    }
}
