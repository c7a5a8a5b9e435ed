using System.Collections.Immutable;
using Nexus.Api.V1;

namespace Nexus.Cli.Commands;

/// <summary>What <c>export</c> and <c>import</c> came to, as JSON.</summary>
/// <param name="Files">The files that were made, or would be.</param>
/// <param name="Problems">What could not be carried over.</param>
internal sealed record WrittenFiles(ImmutableArray<WrittenFile> Files, ImmutableArray<SpecProblemView> Problems);

/// <summary>A file that was made.</summary>
/// <param name="Path">Where it is, or would be.</param>
/// <param name="Content">Its text.</param>
internal sealed record WrittenFile(string Path, string Content);
