using System.Text;

namespace Nexus.Core.Spec.Yaml;

/// <summary>Text of the document, fit for a message: short, on one line, and harmless to a terminal.</summary>
internal static class Excerpt
{
    private const int MaxLength = 60;

    public static string Quote(string text) => $"\"{Cut(text)}\"";

    public static string Cut(string text, int maxLength = MaxLength)
    {
        var cut = new StringBuilder(Math.Min(text.Length, maxLength) + 1);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, maxLength)))
        {
            cut.Append(c switch
            {
                '\n' => "\\n",
                '\t' => "\\t",
                _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or '\uFEFF' => "?",
                _ => c.ToString(),
            });
        }

        return text.Length > maxLength ? cut.Append('…').ToString() : cut.ToString();
    }
}
