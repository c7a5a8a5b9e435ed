using System.Buffers;
using System.Globalization;

namespace Nexus.Core.Spec.Yaml;

/// <summary>
/// The core schema of YAML 1.2 (§10.3.2) for plain scalars. <c>yes</c>, <c>no</c>, <c>on</c>, <c>off</c> and <c>22:30</c>
/// are texts, unlike in YAML 1.1. A whole number may not start with a zero: 1.1 and 1.2 disagree on what it means.
/// </summary>
internal static class CoreScalar
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.eE");

    public static ScalarKind Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        ".inf" or ".Inf" or ".INF" or "-.inf" or "-.Inf" or "-.INF" or "+.inf" or "+.Inf" or "+.INF" => ScalarKind.Float,
        ".nan" or ".NaN" or ".NAN" => ScalarKind.Float,
        _ when IsInteger(text) => ScalarKind.Integer,
        _ when IsFloat(text) => ScalarKind.Float,
        _ => ScalarKind.Text,
    };

    /// <summary>Whether the digits mean eight in one version of YAML and ten in the other.</summary>
    public static bool IsAmbiguousOctal(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        return digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
    }

    public static bool TryInteger(string text, out long value)
    {
        value = 0;
        if (IsAmbiguousOctal(text))
        {
            return false;
        }

        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                && value >= 0;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return TryOctal(text.AsSpan(2), out value);
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out long value)
    {
        const int MaxDigits = 20; // 60 bits
        value = 0;
        foreach (var digit in digits)
        {
            value = (value * 8) + (digit - '0');
        }

        return digits.Length <= MaxDigits;
    }

    private static bool IsInteger(string text)
    {
        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && !text.AsSpan(2).ContainsAnyExceptInRange('0', '7');
        }

        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;
        }

        var digits = text[0] is '+' or '-' ? text.AsSpan(1) : text;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static bool IsFloat(string text) =>
        (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
        && text.AsSpan().IndexOfAnyExcept(FloatCharacters) < 0
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
