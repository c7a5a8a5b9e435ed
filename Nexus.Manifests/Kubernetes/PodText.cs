using System.Text.RegularExpressions;

namespace Nexus.Manifests.Kubernetes;

/// <summary>Texts in which Kubernetes puts variables: values of <c>env</c>, <c>args</c>, and the commands of probes.</summary>
internal static partial class PodText
{
    /// <summary>
    /// The text that a container sees as <paramref name="text"/>. Kubernetes replaces <c>$(NAME)</c> and makes one dollar of two, so each dollar
    /// in front of a bracket or beside another is doubled; one alone stays as it is.
    /// </summary>
    public static string Literal(string text) => Special().Replace(text, dollars => dollars.Value + dollars.Value);

    [GeneratedRegex(@"\$\$+|\$(?=\()", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Special();
}
