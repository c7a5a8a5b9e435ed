using Nexus.Core.Rollouts;
using Nexus.Core.State;

namespace Nexus.Core.Reconcile;

/// <summary>The replicas of a pool, sorted by what may be done to them. Those that are stopped are taken out as the pass goes.</summary>
internal sealed class SortedMembers
{
    public List<Member> Goal { get; } = [];

    public List<Member> Base { get; } = [];

    /// <summary>Of neither.</summary>
    public List<Member> Others { get; } = [];

    /// <summary>Of whatever revision, on nodes that are emptied.</summary>
    public List<Member> Leaving { get; } = [];

    public bool HasLost { get; private set; }

    /// <summary>Whether what is known of some of them is old: nothing is stopped on old news.</summary>
    public bool IsUncertain { get; private set; }

    public int Waiting { get; private set; }

    /// <summary>Of another revision than the goal, or on nodes that are emptied, and not gone yet.</summary>
    public int Stopping { get; private set; }

    /// <summary>Stopped in this pass.</summary>
    public int Stopped { get; set; }

    /// <summary>Whether some of them are there only until others are.</summary>
    public bool IsReplacing(RolloutTargets targets) => Others.Count + Leaving.Count + Math.Max(0, Base.Count - targets.BaseCount) > 0;

    public int Count => Goal.Count + Base.Count + Others.Count + Leaving.Count;

    public static SortedMembers Of(PoolView view, RolloutTargets targets)
    {
        var sorted = new SortedMembers { Waiting = view.Waiting };
        foreach (var member in view.Members)
        {
            sorted.Add(member, targets);
        }

        return sorted;
    }

    public void Remove(Member member) =>
        _ = Others.Remove(member) || Leaving.Remove(member) || Base.Remove(member) || Goal.Remove(member);

    private void Add(Member member, RolloutTargets targets)
    {
        IsUncertain |= member.IsReturning;
        switch (member)
        {
            case { IsLost: true }:
                HasLost |= member.Assignment.Desired == DesiredStatus.Run;
                break;
            case { Assignment.Desired: DesiredStatus.Stop }:
                Stopping += member.IsLeaving || member.Revision != targets.Goal.Revision ? 1 : 0;
                break;
            case { Runs: true }:
                var list = member.IsLeaving ? Leaving
                    : member.Revision == targets.Goal.Revision ? Goal
                    : member.Revision == targets.Base?.Revision ? Base : Others;
                list.Add(member);
                break;
            default:
                break;
        }
    }
}
