using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nexus.Core.Spec.Values;

/// <summary>The path of a URL in the form in which paths are compared (RFC 3986, 6.2.2): case is kept.</summary>
public static class UrlPath
{
    private const int OctetLength = 3; // %2F

    /// <summary>
    /// A raw path with percent-encoded octets decoded and dot segments resolved. An encoded slash, percent sign or control character and
    /// what is not UTF-8 stay encoded, with upper-case digits, so that two paths are equal only if every server reads them alike.
    /// </summary>
    public static string Canonical(string raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        var decoded = raw.Contains('%') ? Decode(raw) : raw;
        return decoded.Contains("/.", StringComparison.Ordinal) ? WithoutDotSegments(decoded) : decoded;
    }

    /// <summary>Why no request can have this path or begin with it; null when one can.</summary>
    public static string? Objection(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        for (var at = path.IndexOf('%'); at >= 0; at = path.IndexOf('%', at + 1))
        {
            if (!TryOctet(path, at, out var octet))
            {
                return "% is followed by two hexadecimal digits";
            }

            if (octet is < 0x20 or 0x7f)
            {
                return $"%{octet:X2} is a control character, which no request may have in its path";
            }
        }

        var decoded = Decode(path);
        return decoded.Split('/').Any(segment => segment is "." or "..")
            ? ". and .. are resolved before a request is routed, so no request has them in its path"
            : null;
    }

    /// <summary>Whether a percent sign is not followed by two hexadecimal digits.</summary>
    public static bool HasBrokenOctet(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var at = text.IndexOf('%'); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (!TryOctet(text, at, out _))
            {
                return true;
            }
        }

        return false;
    }

    private static string Decode(string raw)
    {
        var text = new StringBuilder(raw.Length);
        Span<byte> octets = stackalloc byte[4];
        for (var at = 0; at < raw.Length;)
        {
            var count = 0;
            while (count < octets.Length && TryOctet(raw, at + (count * OctetLength), out octets[count]))
            {
                count++;
            }

            if (count == 0)
            {
                text.Append(raw[at++]);
                continue;
            }

            var status = Rune.DecodeFromUtf8(octets[..count], out var rune, out var used);
            at += used * OctetLength;
            if (status == OperationStatus.Done && rune.Value is not ('/' or '%') && !Rune.IsControl(rune))
            {
                text.Append(rune);
                continue;
            }

            foreach (var octet in octets[..used])
            {
                text.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }

        return text.ToString();
    }

    private static bool TryOctet(string raw, int at, out byte octet)
    {
        octet = 0;
        return at + OctetLength <= raw.Length && raw[at] == '%'
            && byte.TryParse(raw.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet);
    }

    private static string WithoutDotSegments(string path)
    {
        var segments = path.Split('/');
        var kept = new List<string>(segments.Length);
        for (var i = 1; i < segments.Length; i++)
        {
            if (segments[i] == ".." && kept.Count > 0)
            {
                kept.RemoveAt(kept.Count - 1);
            }

            var isDots = segments[i] is "." or "..";
            if (!isDots)
            {
                kept.Add(segments[i]);
            }
            else if (i == segments.Length - 1)
            {
                kept.Add("");
            }
        }

        return "/" + string.Join('/', kept);
    }
}
