namespace Nexus.Core.Spec.Values;

/// <summary>Hosts of routes.</summary>
public static class HostName
{
    /// <summary>Longest name in DNS, in characters.</summary>
    public const int MaxLength = 253;

    /// <summary>Longest part between two dots.</summary>
    public const int MaxLabel = 63;

    /// <summary>Whether a text is a DNS name, <c>*.</c> allowed in front.</summary>
    public static bool IsValid(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return host.Length <= MaxLength && name.Split('.').All(IsLabel);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabel && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
