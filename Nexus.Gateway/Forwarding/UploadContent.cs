using System.Net;

namespace Nexus.Gateway.Forwarding;

/// <summary>The body that YARP copies, cut short when its upload is stopped. What Content-Length promises is then made up with
/// zeros, for the handler's count only: the connection sends nothing any more.</summary>
internal sealed class UploadContent : HttpContent
{
    private static readonly byte[] Nothing = new byte[1024 * 1024];

    private readonly HttpContent _body;
    private readonly Upload _upload;

    public UploadContent(HttpContent body, Upload upload)
    {
        (_body, _upload) = (body, upload);
        foreach (var (name, values) in body.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }

        body.Headers.ContentLength = null; // YARP counts too, and would take a stopped upload for a broken client.
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var counting = new CountingStream(stream);
        try
        {
            await _body.CopyToAsync(counting, context, cancellationToken);
            if (_upload.IsStopped)
            {
                await FillUpAsync(stream, counting.Written, cancellationToken);
            }
        }
        finally
        {
            _upload.End();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task FillUpAsync(Stream stream, long written, CancellationToken cancellationToken)
    {
        for (var left = (Headers.ContentLength ?? 0) - written; left > 0; left -= Nothing.Length)
        {
            await stream.WriteAsync(Nothing.AsMemory(0, (int)Math.Min(left, Nothing.Length)), cancellationToken);
        }
    }

    private sealed class CountingStream(Stream inner) : AsyncStream
    {
        public long Written { get; private set; }

        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
    }
}
