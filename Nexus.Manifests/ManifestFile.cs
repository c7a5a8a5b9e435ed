namespace Nexus.Manifests;

/// <summary>One file of a deployment, not yet written anywhere.</summary>
/// <param name="Path">Where it goes, below the output folder, with <c>/</c> between its parts.</param>
/// <param name="Content">Its text, with <c>\n</c> at the end of each line.</param>
/// <param name="Executable">Whether it is a program.</param>
public sealed record ManifestFile(string Path, string Content, bool Executable = false);
