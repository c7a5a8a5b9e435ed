namespace Nexus.Core.Ids;

/// <summary>
/// What a pool, node or cluster may be called: a DNS label, because pools are Consul service names and answer in its DNS
/// (RFC 1123 §2.1), cut to 40 characters so that an allocation id still fits into the 63 of a label.
/// </summary>
public static class NameRules
{
    /// <summary>Longest name allowed, in characters.</summary>
    public const int MaxLength = 40;

    /// <summary>The rule in words, for messages.</summary>
    public const string Description = "1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash";

    /// <summary>Whether <paramref name="name"/> keeps the rule.</summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength || name[^1] == '-' || !char.IsAsciiLetterLower(name[0]))
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A valid name made from a machine's: lower case, first label, anything else a dash; <c>node</c> if nothing is left.</summary>
    public static string FromMachine(string machineName)
    {
        var label = machineName.Split('.')[0].ToLowerInvariant();
        var name = string.Concat(label.Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')).Trim('-');
        name = name.Length == 0 || char.IsAsciiLetterLower(name[0]) ? name : "n-" + name;
        name = (name.Length > MaxLength ? name[..MaxLength] : name).TrimEnd('-');
        return name.Length == 0 ? "node" : name;
    }
}
