using Nexus.Core.Spec.Values;

namespace Nexus.Core.State;

/// <summary>What is said of a node's clock that is far from a manager's.</summary>
public static class ClockSkew
{
    /// <summary>Whether a difference is beyond the limit, whichever clock is ahead.</summary>
    public static bool IsFar(TimeSpan difference, TimeSpan limit) => difference.Duration() > limit;

    /// <summary>Which clock is ahead of which and by how much, and what follows from that.</summary>
    /// <param name="node">The node.</param>
    /// <param name="manager">The manager it is compared with.</param>
    /// <param name="difference">Positive where the node is ahead.</param>
    /// <param name="limit">What is tolerated.</param>
    public static string Describe(string node, string manager, TimeSpan difference, TimeSpan limit) =>
        $"Clock skew: the clock of node {node} is {Format(difference)} {(difference > TimeSpan.Zero ? "ahead of" : "behind")} manager {manager}'s "
        + $"(limit {SpecDuration.Format(limit)}). Times of events and logs do not match; deadlines and delays are not affected. "
        + "Check time synchronization (NTP) on both machines.";

    /// <summary>The same where the clocks of all nodes differ the same way: the manager's own is the one that is wrong.</summary>
    public static string DescribeOwn(string manager, int nodes, TimeSpan difference, TimeSpan limit) =>
        $"Clock skew: the clock of manager {manager} is at least {Format(difference)} {(difference > TimeSpan.Zero ? "behind" : "ahead of")} those of all {nodes} nodes "
        + $"(limit {SpecDuration.Format(limit)}). Times of events and logs do not match; deadlines and delays are not affected. "
        + "Check time synchronization (NTP) on the manager's machine.";

    private static string Format(TimeSpan difference) => SpecDuration.Format(TimeSpan.FromSeconds(Math.Round(difference.Duration().TotalSeconds)));
}
