using System.Text;

namespace Nexus.Gateway.Forwarding;

/// <summary>
/// Reads a Content-Length so that Kestrel takes digits alone (RFC 9110 §8.6): of a field that is not decoded as UTF-8 it would take a
/// sign and white space too, which another recipient reads otherwise.
/// </summary>
internal sealed class DigitsEncoding : Encoding
{
    public static readonly DigitsEncoding Instance = new();

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        // The server has room for what a 64-bit number needs and a digit more.
        var count = Math.Min(byteCount, chars.Length - charIndex);
        for (var i = 0; i < count; i++)
        {
            var c = (char)bytes[byteIndex + i];
            chars[charIndex + i] = char.IsAsciiDigit(c) ? c : 'x';
        }

        return count;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
