using System.Globalization;
using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>
/// Reads HTTP/1.1 as RFC 9110 and 9112 define it, and says where they leave a recipient the choice. Shares no code with the gateway
/// or the framework, so that it can judge both.
/// </summary>
internal sealed class WireParser
{
    private const string TokenMarks = "!#$%&'*+-.^_`|~";

    private static readonly string[] Known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "QUERY"];

    private readonly byte[] _bytes;
    private readonly bool _ended;
    private readonly List<KeyValuePair<string, string>> _fields = [];
    private int _at;
    private string _startLine = "";
    private string _because = "";
    private bool _isTolerable;
    private bool _hasHead;
    private bool _isInterim; // It is skipped, and with it what its fields are.
    private bool _endsWithConnection;

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
            return Result(_isTolerable ? Verdict.Tolerable : Verdict.Valid, body);
        }
        catch (EndOfStreamException)
        {
            return Result(Verdict.Incomplete, []);
        }
        catch (FormatException e)
        {
            _because = e.Message;
            return Result(Verdict.Invalid, []);
        }
    }

    private WireMessage Result(Verdict verdict, byte[] body) => new(verdict, _startLine, _fields, body, _at)
    {
        Because = _because,
        HasHead = _hasHead,
        EndsWithConnection = _endsWithConnection,
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
        if (_startLine.Split(' ') is not [var method, var target, var version] || !IsToken(method) || target.Length == 0)
        {
            throw new FormatException("request line");
        }

        if (Array.Exists(Known, known => known.Equals(method, StringComparison.OrdinalIgnoreCase) && known != method))
        {
            Tolerate("a method that is none, but for its case");
        }

        CheckVersion(version);
        CheckTarget(method, target);
        ReadFields(isRequest: true);
        _hasHead = true;
        CheckHost(version, target);
        return ReadRequestBody(version);
    }

    private void CheckTarget(string method, string target)
    {
        var isForm = target[0] == '/' || (target == "*" && method == "OPTIONS");
        if (!isForm)
        {
            Tolerate("a target that is neither a path nor *");
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

    private void CheckHost(string version, string target)
    {
        var hosts = _fields.Where(f => f.Key.Equals("host", StringComparison.OrdinalIgnoreCase)).Select(f => f.Value).ToList();
        if (hosts.Count > 1 || (hosts.Count == 0 && version != "HTTP/1.0"))
        {
            throw new FormatException("not one Host");
        }

        if (target[0] != '/' || hosts.Any(h => h.Length == 0 || !h.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':')))
        {
            Tolerate("a Host that is not plainly one");
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
                Tolerate("Transfer-Encoding beside Content-Length or in HTTP/1.0"); // Refused, or read as chunked and closed.
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
        var codings = List("transfer-encoding");
        var lengths = Values("content-length");
        if (method == "HEAD" || status is 101 or 204 or 304)
        {
            if (lengths.Count > 0)
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

        var value = line[(colon + 1)..].Trim(' ', '\t');
        if (value.Any(IsControl))
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

    private static long Length(List<string> lengths)
    {
        if (lengths is [var one] && one.Length is > 0 and < 19 && one.All(char.IsAsciiDigit))
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

    private void Tolerate(string because)
    {
        _isTolerable = true;
        _because = because;
    }

    private static bool IsControl(char c) => c is < ' ' and not '\t' or '\u007f';
}
