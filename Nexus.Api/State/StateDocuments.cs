namespace Nexus.Api.State;

/// <summary>A spec as it was applied: the author's own text, so that comments survive.</summary>
/// <param name="Revision">Its number, from 1.</param>
/// <param name="Yaml">The document.</param>
/// <param name="AppliedAt">When.</param>
/// <param name="AppliedBy">Who or what applied it.</param>
public sealed record SpecDocument(long Revision, string Yaml, DateTimeOffset AppliedAt, string AppliedBy);

/// <summary>Which spec holds.</summary>
/// <param name="Revision">Number of the document under <see cref="StateKeys.SpecRevisions"/>.</param>
public sealed record SpecPointer(long Revision);

/// <summary>The last commit of a leader; see <see cref="StateKeys.Commits"/>.</summary>
/// <param name="Epoch">Under which leadership.</param>
/// <param name="After">Index of the commit before it, so that no two are alike.</param>
public sealed record LeaderCommit(ulong Epoch, ulong After);

/// <summary>Who leads.</summary>
/// <param name="Manager">Name of the manager.</param>
/// <param name="ApiAddress">Base address of its API.</param>
/// <param name="Since">Since when, by its clock.</param>
public sealed record LeaderRecord(string Manager, string ApiAddress, DateTimeOffset Since);
