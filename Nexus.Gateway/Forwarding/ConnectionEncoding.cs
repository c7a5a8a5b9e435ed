using System.Text;
using Microsoft.Extensions.Primitives;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Reads a Connection field so that Kestrel keeps the fields it nominates: a value of which Kestrel knows one option alone, it
/// replaces by that option. Every other field is Latin-1, a character for each byte.
/// </summary>
internal sealed class ConnectionEncoding : Encoding
{
    private const string Added = ", keep-ALIVE"; // In letters that tell it from a client's own.

    private static readonly ConnectionEncoding Instance = new();

    /// <summary>How the server decodes a field of a request.</summary>
    public static Encoding Select(string name) =>
        name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? Instance
        : name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? DigitsEncoding.Instance
        : Latin1;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Keep(Latin1.GetString(bytes, index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Keep(Latin1.GetString(bytes, byteIndex, byteCount));
        text.CopyTo(0, chars, charIndex, text.Length);
        return text.Length;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount + Added.Length;

    /// <summary>Whether a request in HTTP/1.0 seems to ask for its connection to be kept, and does not.</summary>
    public static bool OnlySeemsToKeep(StringValues connection) =>
        connection.Any(value => value!.EndsWith(Added, StringComparison.Ordinal))
        && !connection.Any(value => value!.Replace(Added, "", StringComparison.Ordinal).Contains("keep-alive", StringComparison.OrdinalIgnoreCase));

    /// <summary>The same options, of which Kestrel knows none or two: close wins over keep-alive, which is what HTTP/1.1 does anyway.</summary>
    public static string Keep(string value)
    {
        if (value.Equals("keep-alive", StringComparison.OrdinalIgnoreCase))
        {
            return value; // Nearly always alone, and for HTTP/1.0 it must stay.
        }

        var options = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Has("close") || Has("upgrade")
            ? value + Added
            : string.Join(", ", options.Where(option => !option.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)));

        bool Has(string name) => options.Contains(name, StringComparer.OrdinalIgnoreCase);
    }
}
