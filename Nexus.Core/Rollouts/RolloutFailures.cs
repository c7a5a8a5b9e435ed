using Nexus.Core.Reconcile;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Rollouts;

/// <summary>Why a rollout failed, in words.</summary>
internal static class RolloutFailures
{
    /// <summary>What an allocation that will not start says of itself.</summary>
    public static string Describe(Member member)
    {
        var seen = member.Observed!;
        var reason = seen.Reason ?? (seen.ExitCode is { } code ? $"exited with code {code}" : "it does not become healthy");
        return $"{member.Id} on {member.Node}: {reason}{LastLine(member)}";
    }

    /// <summary>How an allocation that was given up ended; null while that is not known. What it says of itself by then is that it
    /// is being stopped.</summary>
    public static string? DescribeEnd(Member member) => member.Observed switch
    {
        { EndReason: { } reason } => $"{member.Id} on {member.Node}: {reason}{LastLine(member)}",
        { ExitCode: { } code } => $"{member.Id} on {member.Node}: ended with exit code {code}{LastLine(member)}",
        _ => null,
    };

    /// <summary>What a rollout that came no further waited for.</summary>
    public static string DescribeStall(RolloutPass pass, Acknowledgements known)
    {
        var view = pass.View;
        var target = pass.Record.Target.Revision;
        var text = $"{view.Available(target)} of {view.Desired} replicas became available, none more within {SpecDuration.Format(pass.Spec.ProgressDeadline)}";
        var worst = view.Members
            .Where(m => m.Runs && m.Revision == target && !view.IsAvailable(m))
            .OrderBy(m => m.IsHealthy).ThenByDescending(m => m.Observed?.Failures ?? 0).ThenBy(m => m.Id.Value, StringComparer.Ordinal)
            .FirstOrDefault();
        return worst switch
        {
            null => $"{text}; no node takes another",
            { IsHealthy: true, IsAcknowledged: false } =>
                $"{text}; {worst.Id} is healthy, but not known to {string.Join(", ", known.Missing(view.Name, worst.Id, worst.Observed!.Attempt))}",
            { IsHealthy: true } => $"{text}; {worst.Id} is healthy, but not yet for {SpecDuration.Format(pass.Spec.MinHealthyTime)} without a break",
            { Observed: null } => $"{text}; {worst.Node} has not reported {worst.Id}",
            _ => $"{text}; {Describe(worst)}",
        };
    }

    private static string LastLine(Member member) =>
        member.Observed!.LastLogs.LastOrDefault(line => !string.IsNullOrWhiteSpace(line)) is { } words ? $"; its last line: {words.Trim()}" : "";
}
