using System.Net.Sockets;
using System.Text;

namespace Nexus.Gateway.Tests.Harness;

/// <summary>A client that sends bytes as they are.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient _client = new();

    public static async Task<RawClient> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync("127.0.0.1", port, cancellationToken);
        return raw;
    }

    public Stream Stream => _client.GetStream();

    public async Task SendAsync(string text, CancellationToken cancellationToken) =>
        await Stream.WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);

    /// <summary>Everything until the other side closes.</summary>
    public async Task<string> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var all = new MemoryStream();
        try
        {
            await Stream.CopyToAsync(all, cancellationToken);
        }
        catch (IOException)
        {
            // Reset: what arrived before counts.
        }

        return Encoding.Latin1.GetString(all.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}
