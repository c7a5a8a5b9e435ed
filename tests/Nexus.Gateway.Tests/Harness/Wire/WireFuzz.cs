using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>Random messages: made by the grammar, and then often damaged.</summary>
internal sealed class WireFuzz(Random random)
{
    private static readonly string[] Methods = ["GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"];

    private static readonly string[] RequestNames =
    [
        "Accept", "Accept-Language", "Authorization", "Cookie", "If-None-Match", "Origin", "Range", "Referer", "User-Agent", "X-Note",
        "x-trace_id", "Upgrade-Insecure-Requests", "Content-Type", "Content-Language", "Cache-Control", "Keep-Alive", "TE",
        "Proxy-Authorization", "X-Forwarded-For", "X-Real-IP", "Forwarded", "Priority", "Sec-Fetch-Mode", "Date", "traceparent",
    ];

    private static readonly string[] ResponseNames =
    [
        "Content-Type", "ETag", "Set-Cookie", "Location", "Cache-Control", "Vary", "X-Note", "Last-Modified", "Expires", "Allow",
        "Content-Encoding", "Content-Disposition", "X-Frame-Options", "Age", "Keep-Alive", "Proxy-Authenticate", "Retry-After",
        "Link", "WWW-Authenticate", "Access-Control-Allow-Origin", "Content-Language", "Via", "Warning", "Server",
    ];

    // 502 to 504 would be held against the replica by themselves.
    private static readonly int[] Statuses =
    [
        200, 200, 200, 200, 201, 202, 204, 205, 206, 226, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 412,
        413, 415, 418, 422, 426, 428, 429, 431, 451, 499, 500, 501, 505, 507, 599,
    ];

    public bool Chance(int percent) => random.Next(100) < percent;

    public byte[] Request()
    {
        var text = new StringBuilder();
        text.Append(Pick(Methods)).Append(' ').Append(Target()).Append(' ').Append(Chance(95) ? "HTTP/1.1" : "HTTP/1.0").Append("\r\n");
        text.Append("Host: any.test\r\n");
        Fields(text, RequestNames);
        text.Append(Chance(80) ? "" : $"Connection: {Pick(["close", "keep-alive"])}, X-Note\r\n");
        Body(text, mayBeUnframed: false);
        return Bytes(text);
    }

    public byte[] Response()
    {
        var text = new StringBuilder();
        while (Chance(8))
        {
            text.Append(Pick(["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"]));
        }

        text.Append(Chance(95) ? "HTTP/1.1 " : "HTTP/1.0 ").Append(Pick(Statuses)).Append(' ').Append(Chance(70) ? "Fine" : Value()).Append("\r\n");
        Fields(text, ResponseNames);
        text.Append(Chance(85) ? "" : "Connection: keep-alive, X-Note\r\n");
        Body(text, mayBeUnframed: true);
        return Bytes(text);
    }

    /// <summary>Changes some bytes: other ones, fewer, more, twice, or none from somewhere on.</summary>
    public byte[] Damage(byte[] bytes)
    {
        var damaged = bytes.ToList();
        for (var left = random.Next(1, 4); left > 0 && damaged.Count > 1; left--)
        {
            var at = Chance(60) ? random.Next(Math.Min(damaged.Count, 80)) : random.Next(damaged.Count);
            var length = Math.Min(random.Next(1, 12), damaged.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.RemoveRange(at, length);
                    break;
                case 2:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 4:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
                case 5:
                    damaged.InsertRange(at, Encoding.Latin1.GetBytes(Pick(
                        ["\r\n", "\n", "\r", " ", "\t", ":", "\0", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n", "X: \u0001\r\n", "\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n"])));
                    break;
                default:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. damaged];
    }

    private static byte[] Bytes(StringBuilder text) => Encoding.Latin1.GetBytes(text.ToString());

    private T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];

    private string Target()
    {
        var text = new StringBuilder();
        for (var segments = random.Next(1, 5); segments > 0; segments--)
        {
            text.Append('/').Append(Pick(["", "a", "..", ".", "%2F", "%2e%2E", "caf%C3%A9", "%zz", "a;b=c", "~x", "!$&'()*+,=:@", "%", "x%20y", "%ff"]));
        }

        return text.Append(Pick(["", "", "?", "?a=b&c", "??", "?q=%2F/../x", "?a=%"])).ToString();
    }

    private void Fields(StringBuilder text, string[] names)
    {
        foreach (var name in names.OrderBy(_ => random.Next()).Take(random.Next(8)))
        {
            text.Append(Chance(80) ? name : name.ToUpperInvariant()).Append(':').Append(Pick(["", " ", "  \t"])).Append(Value()).Append(Pick(["", "", " "])).Append("\r\n");
        }
    }

    private string Value()
    {
        var text = new StringBuilder();
        for (var left = random.Next(16); left > 0; left--)
        {
            text.Append(random.Next(6) switch
            {
                0 => (char)random.Next(0x80, 0x100),
                1 => Pick([' ', '\t', ',', ';', '"', '=', '\\', '(']),
                _ => (char)random.Next('!', '\u007f'),
            });
        }

        return text.ToString().Trim(' ', '\t');
    }

    private void Body(StringBuilder text, bool mayBeUnframed)
    {
        var body = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(256)));
        switch (random.Next(mayBeUnframed ? 5 : 4))
        {
            case 0:
                text.Append(mayBeUnframed ? "Content-Length: 0\r\n\r\n" : "\r\n");
                break;
            case 1 or 2:
                text.Append("Content-Length: ").Append(body.Length).Append("\r\n\r\n").Append(body);
                break;
            case 3:
                text.Append("Transfer-Encoding: chunked\r\n\r\n");
                foreach (var chunk in body.Chunk(random.Next(1, 30)))
                {
                    text.Append(chunk.Length.ToString(Chance(50) ? "x" : "X4")).Append(Chance(90) ? "" : ";a=b").Append("\r\n").Append(chunk).Append("\r\n");
                }

                text.Append("0\r\n").Append(Chance(90) ? "" : "X-Sum: 1\r\n").Append("\r\n");
                break;
            default:
                text.Append("\r\n").Append(body);
                break;
        }
    }
}
