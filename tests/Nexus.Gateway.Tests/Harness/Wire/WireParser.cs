using System.Globalization;
using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>
/// Reads HTTP/1.1 as RFC 9110 and 9112 define it, and says where they leave a recipient the choice. Shares no code with the gateway
/// or the framework, so that it can judge both.
/// </summary>
internal sealed class WireParser
{
    private const int MostBytes = 60_000;
    private const int MostFields = 150;
    private const int MostStartLine = 16_000;
    private const string TokenMarks = "!#$%&'*+-.^_`|~";

    private static readonly string[] Known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY"];

    private readonly byte[] _bytes;
    private readonly bool _ended;
    private readonly List<KeyValuePair<string, string>> _fields = [];
    private int _at;
    private string _startLine = "";
    private readonly HashSet<string> _reasons = new(StringComparer.Ordinal);
    private string _version = "";
    private string _forwarded = "";
    private string _host = "";
    private bool _hasHead;
    private bool _isInterim; // It is skipped, and with it what its fields are.
    private bool _endsWithConnection;
    private bool _mustClose;

    private WireParser(byte[] bytes, bool ended) => (_bytes, _ended) = (bytes, ended);

    /// <summary>The first request in some bytes.</summary>
    public static WireMessage Request(byte[] bytes) => new WireParser(bytes, ended: false).Read(p => p.ReadRequest());

    /// <summary>The final response in some bytes; interim ones are skipped.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="method">Method of the request.</param>
    /// <param name="ended">Whether the connection was closed after it, in order.</param>
    public static WireMessage Response(byte[] bytes, string method, bool ended) =>
        new WireParser(bytes, ended).Read(p => p.ReadResponse(method));

    public static bool IsToken(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || TokenMarks.Contains(c, StringComparison.Ordinal));

    private WireMessage Read(Func<WireParser, byte[]> read)
    {
        try
        {
            var body = read(this);
            return Result(_reasons.Count > 0 ? Verdict.Tolerable : Verdict.Valid, body);
        }
        catch (EndOfStreamException)
        {
            return Result(Verdict.Incomplete, []);
        }
        catch (FormatException e)
        {
            _reasons.Add(e.Message);
            return Result(Verdict.Invalid, []);
        }
    }

    private WireMessage Result(Verdict verdict, byte[] body) => new(verdict, _startLine, _fields, body, _at)
    {
        Reasons = _reasons,
        HasHead = _hasHead,
        EndsWithConnection = _endsWithConnection,
        IsLast = _mustClose || List("connection").Contains("close") || (_version == "HTTP/1.0" && !List("connection").Contains("keep-alive")),
        Forwarded = _forwarded,
        Host = _host,
    };

    private byte[] ReadRequest()
    {
        // A server may skip an empty line before a request (RFC 9112 §2.2).
        while (_at < _bytes.Length && _bytes[_at] is (byte)'\r' or (byte)'\n')
        {
            Tolerate("an empty line before the request");
            ReadLine();
        }

        _startLine = ReadLine();
        var words = _startLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 3 && _startLine != string.Join(' ', words))
        {
            Tolerate("more than a space between words of the request line"); // RFC 9112 §3.
            _startLine = string.Join(' ', words);
        }

        if (_startLine.Split(' ') is not [var method, var target, var version] || !IsToken(method) || target.Length == 0)
        {
            throw new FormatException("request line");
        }

        if (Array.Exists(Known, known => known.Equals(method, StringComparison.OrdinalIgnoreCase) && known != method))
        {
            Tolerate("a method that is none, but for its case");
        }

        _version = version;
        CheckVersion(version);
        CheckTarget(method, target);
        ReadFields(isRequest: true);
        CheckSize();
        CheckHost(version);
        CheckConnection(version);
        _hasHead = true;
        return ReadRequestBody(version);
    }

    private void CheckTarget(string method, string target)
    {
        // RFC 9112 §3.2: the origin form, the absolute form, and * for OPTIONS alone.
        var authority = target.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : -1;
        if (authority > 0)
        {
            var end = target.AsSpan(authority).IndexOfAny('/', '?') is var at and >= 0 ? authority + at : target.Length;
            _host = target[authority..end];
            _forwarded = end < target.Length && target[end] == '/' ? target[end..] : "/" + target[end..];
            if (_host.Length == 0 || target[..authority] != "http://")
            {
                Tolerate("an absolute target that is not plainly one");
            }
        }
        else
        {
            _forwarded = target;
            if (target[0] != '/' && (target != "*" || method != "OPTIONS"))
            {
                Tolerate("a target that is neither a path nor * nor a URI");
            }
        }

        if (target.Any(c => c is < '!' or > '~'))
        {
            throw new FormatException("a target with bytes that no URI has");
        }

        if (target.Any(c => "\"<>\\^`{|}#[]".Contains(c, StringComparison.Ordinal)) || target.Contains("%00", StringComparison.Ordinal))
        {
            Tolerate("a target with characters that no URI has");
        }

        if (method is "CONNECT" or "TRACE" || target == "*")
        {
            Tolerate("a request to the server itself");
        }
    }

    private void CheckHost(string version)
    {
        var hosts = Values("host");
        if (hosts.Count > 1 || (hosts.Count == 0 && version != "HTTP/1.0"))
        {
            throw new FormatException("not one Host");
        }

        // RFC 9112 §3.2.2: a proxy goes by the absolute target; whether it minds another Host beside it is its own choice.
        if (_host.Length > 0 && hosts is not [var same] || (hosts is [var other] && _host.Length > 0 && other != _host))
        {
            Tolerate("a Host that is not that of the target");
        }

        _host = _host.Length > 0 ? _host : hosts is [var one] ? one : "";
        if (_host.Length == 0 || hosts.Append(_host).Any(h => !IsPlainHost(h)))
        {
            Tolerate("a Host that is not plainly one");
        }
    }

    // RFC 3986 §3.2.2 lets a name be nearly anything, and asks for one that DNS could have.
    private static bool IsPlainHost(string host) =>
        host.Split('.').All(label => label.Length is > 0 and < 64 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    private void CheckConnection(string version)
    {
        if (Values("expect") is { Count: > 0 } expectations
            && (version == "HTTP/1.0" || expectations is not [var one] || !one.Equals("100-continue", StringComparison.OrdinalIgnoreCase)))
        {
            Tolerate("an expectation that is unknown, or in HTTP/1.0"); // RFC 9110 §10.1.1: 417, or ignored.
        }

        if (Values("upgrade").Count > 0 && List("connection").Contains("upgrade")
            && (Values("content-length").Exists(length => length != "0") || Values("transfer-encoding").Count > 0))
        {
            Tolerate("an Upgrade with a body"); // RFC 9110 §7.8: a server may ignore Upgrade, and may refuse it where it makes no sense.
        }
    }

    /// <summary>RFC 9110 §5.4 and §4.1 let a recipient refuse what is larger than it wishes to process; those of the gateway are 64 KiB and 200 lines.</summary>
    private void CheckSize()
    {
        if (_at > MostBytes || _fields.Count > MostFields || _startLine.Length > MostStartLine)
        {
            Tolerate("larger than a recipient must take");
        }
    }

    private byte[] ReadRequestBody(string version)
    {
        var codings = List("transfer-encoding");
        var lengths = Values("content-length");
        if (codings.Count > 0)
        {
            if (lengths.Count > 0 || version == "HTTP/1.0")
            {
                // RFC 9112 §6.1: refused, or read as chunked, and nothing more is read from the connection.
                Tolerate("Transfer-Encoding beside Content-Length or in HTTP/1.0");
                _mustClose = true;
            }

            if (codings is not ["chunked"])
            {
                throw new FormatException("a transfer coding other than chunked");
            }

            return ReadChunks(isRequest: true);
        }

        if (lengths.Count == 0 && version == "HTTP/1.0" && _startLine.StartsWith('P'))
        {
            Tolerate("POST or PUT in HTTP/1.0 without a length (RFC 1945 §7.2.2)");
        }

        return lengths.Count == 0 ? [] : ReadExactly(Length(lengths));
    }

    private byte[] ReadResponse(string method)
    {
        int status;
        string version;
        do
        {
            _fields.Clear();
            _startLine = ReadLine();
            (version, status) = CheckStatusLine();
            _isInterim = status is >= 100 and < 200 and not 101;
            ReadFields(isRequest: false);
        }
        while (_isInterim);

        _hasHead = true;
        _version = version;
        CheckSize();
        var codings = List("transfer-encoding");
        var lengths = Values("content-length");
        if (method == "HEAD" || status is 101 or 204 or 304)
        {
            if (lengths.Count > 0 && status == 204)
            {
                // RFC 9112 §6.3, first rule: it ends with its head whatever that says. A server sends none (RFC 9110 §8.6).
                Tolerate("Content-Length in a 204");
            }
            else if (lengths.Count > 0)
            {
                Length(lengths);
            }

            return [];
        }

        if (codings.Count > 0)
        {
            if (lengths.Count > 0 || version != "HTTP/1.1" || codings is not ["chunked"])
            {
                Tolerate("Transfer-Encoding beside Content-Length, in HTTP/1.0, or other than chunked");
            }

            if (codings[^1] == "chunked")
            {
                return ReadChunks(isRequest: false);
            }
        }
        else if (lengths.Count > 0)
        {
            return ReadExactly(Length(lengths));
        }

        return ReadToEnd();
    }

    private (string Version, int Status) CheckStatusLine()
    {
        var (line, code) = (_startLine, _startLine.Length >= 12 ? _startLine[9..12] : "");
        if (line.Length < 12 || line[8] != ' ' || !code.All(char.IsAsciiDigit) || (line.Length > 12 && line[12] != ' '))
        {
            throw new FormatException("status line");
        }

        CheckVersion(line[..8]);
        if (line.Length == 12)
        {
            Tolerate("no space after the status code");
        }

        if (line.Skip(12).Any(IsControl))
        {
            Tolerate("a control character in the reason phrase");
        }

        var status = int.Parse(code, CultureInfo.InvariantCulture);
        if (status is < 100 or > 599)
        {
            Tolerate("a status code outside 100 to 599");
        }

        return (line[..8], status);
    }

    private void CheckVersion(string version)
    {
        if (version.Length != 8 || !version.StartsWith("HTTP/1.", StringComparison.Ordinal) || !char.IsAsciiDigit(version[7]))
        {
            throw new FormatException("version");
        }

        if (version[7] > '1')
        {
            Tolerate("a minor version above 1");
        }
    }

    private void ReadFields(bool isRequest)
    {
        while (true)
        {
            var line = ReadLine();
            if (line.Length == 0)
            {
                return;
            }

            if (line[0] is ' ' or '\t')
            {
                Tolerate("a folded line");
                if (_fields.Count > 0)
                {
                    var last = _fields[^1];
                    _fields[^1] = new(last.Key, $"{last.Value} {line.Trim(' ', '\t')}".Trim());
                }

                continue;
            }

            AddField(line, isRequest);
        }
    }

    private void AddField(string line, bool isRequest)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (_isInterim)
        {
            if (colon <= 0 || !IsToken(line[..colon]) || line.Any(IsControl))
            {
                Tolerate("a malformed field of an interim response");
            }

            return;
        }

        if (colon <= 0)
        {
            throw new FormatException("a field without a name or colon");
        }

        var name = line[..colon];
        if (name[^1] is ' ' or '\t')
        {
            if (isRequest)
            {
                throw new FormatException("white space before the colon");
            }

            Tolerate("white space before the colon");
            name = name.TrimEnd(' ', '\t');
        }

        if (!IsToken(name))
        {
            throw new FormatException("a field name that is no token");
        }

        // RFC 9110 §5.5: CR and NUL are refused, or each replaced by a space before anything else is made of the value.
        var value = line[(colon + 1)..].Replace('\r', ' ').Replace('\0', ' ').Trim(' ', '\t');
        if (line[(colon + 1)..].Any(IsControl))
        {
            Tolerate("a control character in a field");
        }

        _fields.Add(new(name, value));
    }

    private byte[] ReadChunks(bool isRequest)
    {
        using var body = new MemoryStream();
        while (true)
        {
            var line = ReadLine();
            var semicolon = line.IndexOf(';', StringComparison.Ordinal);
            var digits = semicolon < 0 ? line : line[..semicolon];
            if (digits.Trim(' ', '\t') is var trimmed && trimmed != digits)
            {
                Tolerate("white space around a chunk's size");
                digits = trimmed;
            }

            if (digits.Length is 0 || !digits.All(char.IsAsciiHexDigit))
            {
                throw new FormatException("chunk size");
            }

            if (line.Skip(digits.Length).Any(c => IsControl(c) || c > '~') || (semicolon >= 0 && !IsToken(line[(semicolon + 1)..])))
            {
                Tolerate("an odd chunk extension");
            }

            if (digits.TrimStart('0').Length > 7)
            {
                Tolerate("a very large chunk");
            }

            var size = digits.TrimStart('0') is { Length: > 0 and <= 15 } hex ? long.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0;
            if (digits.TrimStart('0').Length > 15)
            {
                throw new FormatException("a chunk size beyond 60 bits");
            }

            if (size == 0)
            {
                break;
            }

            body.Write(ReadExactly(size));
            if (ReadLine().Length != 0)
            {
                throw new FormatException("a chunk longer than its size");
            }
        }

        var head = _fields.Count;
        ReadFields(isRequest);
        _fields.RemoveRange(head, _fields.Count - head); // Trailers may be discarded.
        return body.ToArray();
    }

    private long Length(List<string> lengths)
    {
        // RFC 9110 §8.6: the same number several times may be taken for one.
        var parts = lengths.SelectMany(l => l.Split(',')).Select(l => l.Trim(' ', '\t')).Distinct(StringComparer.Ordinal).ToList();
        if (lengths is not [var single] || single != parts[0])
        {
            Tolerate("Content-Length more than once");
        }

        if (parts is [var one] && one.Length is > 0 and < 19 && one.All(char.IsAsciiDigit))
        {
            return long.Parse(one, CultureInfo.InvariantCulture);
        }

        throw new FormatException("Content-Length");
    }

    private byte[] ReadExactly(long count)
    {
        if (_bytes.Length - _at < count)
        {
            throw new EndOfStreamException();
        }

        _at += (int)count;
        return _bytes[(_at - (int)count).._at];
    }

    private byte[] ReadToEnd()
    {
        _endsWithConnection = true;
        if (!_ended)
        {
            throw new EndOfStreamException();
        }

        return ReadExactly(_bytes.Length - _at);
    }

    private string ReadLine()
    {
        var feed = Array.IndexOf(_bytes, (byte)'\n', _at);
        if (feed < 0)
        {
            throw new EndOfStreamException();
        }

        var end = feed > _at && _bytes[feed - 1] == '\r' ? feed - 1 : feed;
        if (end == feed)
        {
            Tolerate("a line that ends with LF alone");
        }

        var line = Encoding.Latin1.GetString(_bytes, _at, end - _at);
        _at = feed + 1;
        if (line.Contains('\r', StringComparison.Ordinal))
        {
            Tolerate("a bare CR");
        }

        return line;
    }

    private List<string> Values(string name) =>
        [.. _fields.Where(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value)];

    private List<string> List(string name) =>
    [
        .. Values(name).SelectMany(v => v.Split(',')).Select(v => v.Trim(' ', '\t').ToLowerInvariant()),
    ];

    private void Tolerate(string because) => _reasons.Add(because);

    private static bool IsControl(char c) => c is < ' ' and not '\t' or '\u007f';
}
