using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Nexus.Gateway.Limits;

/// <summary>How much one client may ask of a gateway. Every limit that the server has is listed in docs/gateway.md.</summary>
internal sealed class LimitsOptions
{
    private const int MaxHeaderBytes = 16 << 20;

    /// <summary>Largest request line in bytes: method, target and version. Longer ones are answered 414.</summary>
    [Range(256, MaxHeaderBytes)]
    public int RequestLineSize { get; set; } = 16 << 10;

    /// <summary>Largest headers of a request, all together, in bytes. Larger ones are answered 431.</summary>
    [Range(1024, MaxHeaderBytes)]
    public int RequestHeadersSize { get; set; } = 64 << 10;

    /// <summary>Most header fields of a request. More are answered 431.</summary>
    [Range(10, 10_000)]
    public int RequestHeaderCount { get; set; } = 200;

    /// <summary>How long the headers of a request may take from the first byte on; then the answer is 408.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may pause within a request body; then the answer is 408. A route's <c>body_timeout</c> goes before it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan RequestBodyIdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Least bytes per second of a request body, on average after <see cref="RateGrace"/>; zero for no such limit.</summary>
    [Range(0, 1 << 30)]
    public int RequestBodyMinRate { get; set; }

    /// <summary>Least bytes per second at which a client must take an answer, after <see cref="RateGrace"/>; zero for no such limit.</summary>
    [Range(0, 1 << 30)]
    public int ResponseMinRate { get; set; }

    /// <summary>How long a client may be below a least rate.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan RateGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection without a request is kept open.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Requests at once on one HTTP/2 connection.</summary>
    [Range(1, 100_000)]
    public int Http2StreamsPerConnection { get; set; } = 100;

    /// <summary>After how long without a byte an HTTP/2 client is asked whether it is there; it has 20 s to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Http2PingDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests under way at once, WebSockets included; further ones are answered 503. Null: as many as the process may have
    /// open files for, at two connections each, and no more than 20,000.</summary>
    [Range(1, 1_000_000)]
    public int? Requests { get; set; }

    /// <summary>How long work may wait for a thread, again and again, before new requests are answered 503 so that those under way get
    /// done; zero for no such limit.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan SchedulingDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    public void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = RequestLineSize;
        limits.MaxRequestHeadersTotalSize = RequestHeadersSize;
        limits.MaxRequestHeaderCount = RequestHeaderCount;
        limits.MaxRequestBufferSize = Math.Max(1 << 20, Math.Max(RequestLineSize, RequestHeadersSize)); // Kestrel asks for as much.
        limits.RequestHeadersTimeout = RequestHeadersTimeout;
        limits.KeepAliveTimeout = KeepAliveTimeout;
        limits.MinRequestBodyDataRate = RequestBodyMinRate > 0 ? new MinDataRate(RequestBodyMinRate, RateGrace) : null;
        limits.MinResponseDataRate = ResponseMinRate > 0 ? new MinDataRate(ResponseMinRate, RateGrace) : null;
        limits.Http2.MaxStreamsPerConnection = Http2StreamsPerConnection;
        limits.Http2.MaxRequestHeaderFieldSize = RequestHeadersSize;
        limits.Http2.KeepAlivePingDelay = Http2PingDelay;
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }
}
