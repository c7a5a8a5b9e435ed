using System.Text;

namespace Nexus.Gateway.Tests.Harness.Wire;

/// <summary>What RFC 9110 and 9112 say of a sequence of bytes.</summary>
internal enum Verdict
{
    /// <summary>A whole message, valid in every byte.</summary>
    Valid,

    /// <summary>A whole message that a recipient may accept, repair or refuse.</summary>
    Tolerable,

    /// <summary>Must be refused.</summary>
    Invalid,

    /// <summary>So far valid or tolerable, and not at its end.</summary>
    Incomplete,
}

/// <summary>One message, read by the tests' own reading of the RFCs; text is Latin-1, one character for each byte.</summary>
internal sealed record WireMessage(Verdict Verdict, string StartLine, List<KeyValuePair<string, string>> Fields, byte[] Body, int Length)
{
    /// <summary>Why it is not valid.</summary>
    public string Because => string.Join("; ", Reasons);

    /// <summary>Every reason for which it is not valid.</summary>
    public IReadOnlySet<string> Reasons { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether the head is whole.</summary>
    public bool HasHead { get; init; }

    /// <summary>Whether its body ends with the connection.</summary>
    public bool EndsWithConnection { get; init; }

    /// <summary>Whether nothing after it on its connection counts.</summary>
    public bool IsLast { get; init; }

    /// <summary>The target in origin form, as an origin server gets it.</summary>
    public string Forwarded { get; init; } = "";

    /// <summary>Whom it is for: the authority of an absolute target, else Host.</summary>
    public string Host { get; init; } = "";

    public string Method => StartLine.Split(' ')[0];

    public string Target => StartLine.Split(' ') is [_, var target, ..] ? target : "";

    public int Status => StartLine.Split(' ') is [_, var status, ..] && int.TryParse(status, out var number) ? number : 0;

    public string Text => Encoding.Latin1.GetString(Body);

    /// <summary>The values of a field, in order, joined as RFC 9110 §5.2 joins them, without white space around (§5.5); null when it is absent.</summary>
    public string? this[string name]
    {
        get
        {
            var values = Fields.Where(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value).ToList();
            return values.Count == 0 ? null : string.Join(", ", values).Trim(' ', '\t');
        }
    }

    public override string ToString() =>
        $"{Verdict} {Because}\n{StartLine}\n{string.Join("\n", Fields.Select(f => $"{f.Key}: {f.Value}"))}\n\n[{Body.Length}] {(Body.Length < 400 ? Text : Text[..400])}";
}
