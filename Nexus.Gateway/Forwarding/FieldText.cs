using System.Buffers;

namespace Nexus.Gateway.Forwarding;

/// <summary>The characters of header fields (RFC 9110 §5); one character stands for one byte.</summary>
internal static class FieldText
{
    private static readonly SearchValues<char> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Control = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(code => code != '\t').Append(127).Select(code => (char)code)]);

    public static bool IsToken(ReadOnlySpan<char> name) => name.Length > 0 && !name.ContainsAnyExcept(Token);

    /// <summary>Whether it has a control character, which a field's value must not have; a tab it may.</summary>
    public static bool HasControl(ReadOnlySpan<char> value) => value.ContainsAny(Control);
}
