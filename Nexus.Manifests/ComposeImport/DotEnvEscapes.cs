using System.Text;

namespace Nexus.Manifests.ComposeImport;

/// <summary>The escapes of a value in double quotes: those of <c>echo</c>, and <c>\$</c> for a dollar that begins no variable. Any other stays as it is.</summary>
internal static class DotEnvEscapes
{
    private const int OctalDigits = 3;

    /// <summary>The value without escapes, its variables not replaced yet.</summary>
    public static string Replace(string value)
    {
        var result = new StringBuilder(value.Length);
        for (var at = 0; at < value.Length;)
        {
            var (text, length) = value[at] == '\\' ? EscapeAt(value.AsSpan(at)) : (null, 1);
            result.Append(text ?? value.AsSpan(at, length));
            at += length;
        }

        return result.ToString();
    }

    // What an escape stands for, null for itself, and its length.
    private static (string? Text, int Length) EscapeAt(ReadOnlySpan<char> escape) => escape.Length < 2 ? (null, 1) : escape[1] switch
    {
        'a' => ("\a", 2),
        'b' => ("\b", 2),
        'f' => ("\f", 2),
        'n' => ("\n", 2),
        'r' => ("\r", 2),
        't' => ("\t", 2),
        'v' => ("\v", 2),
        '\\' => ("\\", 2),
        '$' => ("$$", 2),
        '0' => Octal(escape[2..]),
        _ => (null, 1),
    };

    private static (string? Text, int Length) Octal(ReadOnlySpan<char> digits)
    {
        var code = 0;
        for (var i = 0; i < OctalDigits; i++)
        {
            if (i == digits.Length || digits[i] is < '0' or > '7')
            {
                return (null, 2);
            }

            code = (code * 8) + (digits[i] - '0');
        }

        return code <= byte.MaxValue ? (((char)code).ToString(), 2 + OctalDigits) : (null, 2);
    }
}
