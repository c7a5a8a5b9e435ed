using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Exports;

/// <summary>A spec in the words of another orchestrator.</summary>
/// <param name="Files">What it says there.</param>
/// <param name="Warnings">What of the spec could not be said, each at the place of its key, in order of position.</param>
public sealed record ManifestExport(ImmutableArray<ManifestFile> Files, ImmutableArray<SpecProblem> Warnings);
