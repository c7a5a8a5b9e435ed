using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nexus.Core.Spec.Sections;

namespace Nexus.Core.Spec;

/// <summary>What the keys are, for editors and for readers; from the same table that <see cref="SpecReader"/> reads by.</summary>
public static class SpecSchema
{
    private static readonly JsonSerializerOptions Written = new(JsonSerializerOptions.Default)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The JSON Schema (draft 2020-12) that editors complete <c>nexus.yaml</c> by.</summary>
    public static string ToJson()
    {
        var schema = ClusterSection.Section.ToSchema();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "nexus.yaml");
        return schema.ToJsonString(Written) + "\n";
    }

    /// <summary>The reference of all keys, a Markdown table for each section.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("| key | allowed | default | what it does |\n|---|---|---|---|\n");
        foreach (var row in ((ISection)ClusterSection.Section).Rows(""))
        {
            var fallback = row.IsRequired ? "**required**" : row.Default switch { null => "", "" => "\"\"", var value => value };
            text.Append($"| `{row.Path}` | {Cell(row.Allowed)} | {Cell(fallback)} | {Cell(row.Description)} |\n");
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|").Replace("*.", "\\*.").Replace("<", "&lt;");
}
