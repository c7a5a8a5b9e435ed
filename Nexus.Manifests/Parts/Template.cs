using System.Reflection;

namespace Nexus.Manifests.Parts;

/// <summary>Files that are the same in every bundle, kept as files beside the code so that their own tools can check them.</summary>
internal static class Template
{
    /// <summary>The text of one of them.</summary>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Nexus.Manifests.Templates.{name}")
            ?? throw new InvalidOperationException($"The template {name} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
