using Nexus.Core.Reconcile;
using Nexus.Core.Spec;
using Nexus.Core.State;
using static Nexus.Core.Rollouts.RolloutPhase;
using static Nexus.Core.Tests.Reconcile.Cluster;

namespace Nexus.Core.Tests.Reconcile;

/// <summary>Nodes that are emptied, lost or come back; replicas that keep failing; what only one of a node can hold.</summary>
public sealed class NodeChangesTests
{
    private static readonly Part Stays = With(p => p with { Replace = false });
    private static readonly Part HoldsPort = With(p => p with { Template = p.Template with { HostPort = 5432 } });

    public static TheoryData<string, ClusterSnapshot, string> Cases => new()
    {
        { "a node that is emptied gets nothing", Of(Want("web", 1), Leaving("n1")), "!web:1" },
        { "its replica is replaced first", Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1")), "+web@n2" },
        { "and stops when the other is proven", Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2")), "-web/0@n1" },
        { "not before", Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Fresh("web", 1, "n2")), "" },
        { "as many at once as may surge",
            Of(Want("web", 3, surge: 2), At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n1"), Has("web", 2, "n1")), "+web@n2 +web@n2" },
        { "without room elsewhere it stays", Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Has("web", 0, "n1")), "!web:1" },
        { "a paused rollout does not keep a node from being emptied",
            Of(Want("web", 1), At(Paused, "1", null, r => r with { HeldFrom = Progressing }), Leaving("n1"), Ready("n2"), Has("web", 0, "n1")), "+web@n2" },
        { "one that stops first has somewhere to go first", Of(Want("db", 1), HoldsPort, AtOwn(), Leaving("n1"), Ready("n2"), Own("db", 0, "n1")), "-db/0@n1" },
        { "or stays", Of(Want("db", 1), HoldsPort, AtOwn(), Leaving("n1"), Own("db", 0, "n1")), "" },

        { "two that hold one port do not share a node", Of(Want("db", 2), HoldsPort, Ready("n1"), Ready("n2")), "+db@n1 +db@n2" },
        { "nor with one that is on its way out", Of(Want("db", 1), HoldsPort, AtOwn(), Ready("n1"), Own("db", 0, "n1", DesiredStatus.Stop)), "!db:1" },
        { "nor do two pools", Of(Want("a", 1), HoldsPort, Want("b", 1), HoldsPort, Ready("n1")), "!b:1 +a@n1" },

        { "replace: false waits for its node", Of(Want("web", 2), Stays, At(Stable, "1"), Lost("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2")), "!web:1" },
        { "but not for one that was removed, with its assignment", Of(Want("web", 1), Stays, At(Stable, "1"), Ready("n2")), "+web@n2" },
        { "a rollout goes on beside the one that is waited for",
            Of(Want("web", 2, "2"), Stays, At(Progressing, "1"), Lost("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2")), "!web:1 +web@n2" },
        { "who comes back counts again, and the surplus goes",
            Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2"), Has("web", 2, "n2")), "-web/2@n2" },
        { "the one that does not serve yet goes first",
            Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Has("web", 0, "n1"), Fresh("web", 1, "n2"), Has("web", 2, "n2")), "-web/1@n2" },
        { "but not before the one that came back has reported",
            Of(Want("web", 2), At(Stable, "1"), Back("n1"), Ready("n2"), Has("web", 0, "n1"), Has("web", 1, "n2"), Has("web", 2, "n2")), "" },

        { "a replica that fails and fails moves",
            Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 4), Has("web", 1, "n1")), "+web@n2 -web/0@n1" },
        { "not at the third failure", Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 3), Has("web", 1, "n1")), "" },
        { "nor soon after another",
            Of(Want("web", 2), At(Stable, "1", null, r => r with { LastMoveAt = Now.AddMinutes(-4) }), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 4), Has("web", 1, "n1")), "" },
        { "nor without another node", Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Failing("web", 0, "n1", failures: 9), Has("web", 1, "n1")), "" },
        { "nor while most of the pool is down",
            Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 9), Failing("web", 1, "n1", failures: 9)), "" },
        { "nor while its revision is not proven",
            Of(Want("web", 2), At(Failed), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 9), Has("web", 1, "n1")), "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_follows_the_nodes(string because, ClusterSnapshot snapshot, string expected) =>
        Assert.True(expected == Show(Reconciler.Compute(snapshot, Now)), $"{because}: {Show(Reconciler.Compute(snapshot, Now))}");

    [Fact]
    public void Drains_say_how_many_are_left_and_why_no_more_can_go()
    {
        var blocked = Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Ready("n2"), Has("web", 0, "n1"), Stopping("web", 1, "n1"));
        Assert.Equal(new NodeDrain(new("n1"), 2, null), Assert.Single(Reconciler.Compute(blocked, Now).Drains));

        var alone = Of(Want("web", 1), At(Stable, "1"), Leaving("n1"), Has("web", 0, "n1"));
        Assert.Equal(
            new NodeDrain(new("n1"), 1, "web: no other node has room (of 1 node: 1 taken out of use)"), Assert.Single(Reconciler.Compute(alone, Now).Drains));
    }

    [Fact]
    public void A_move_is_told_and_remembered()
    {
        var plan = Reconciler.Compute(
            Of(Want("web", 2), At(Stable, "1"), Ready("n1"), Ready("n2"), Failing("web", 0, "n1", failures: 4), Has("web", 1, "n1")), Now);
        Assert.Equal("CrashLoopMoved", Assert.Single(plan.Notices).Kind);
        Assert.Equal(Now, Assert.Single(plan.Rollouts).LastMoveAt);
    }

    [Fact]
    public void Leave_to_drill_reaches_every_node_without_any_step()
    {
        var snapshot = Of(Want("web", 1), At(Stable, "1"), Ready("n1"), Has("web", 0, "n1"));
        snapshot = snapshot with { Spec = snapshot.Spec! with { DrillsAllowed = true } };
        var plan = Reconciler.Compute(snapshot, Now);
        Assert.False(plan.IsEmpty);
        Assert.True(Assert.Single(AssignmentChanges.Compute(snapshot, plan, epoch: 1)).DrillsAllowed);
    }

    /// <summary>The pool named last is proven in the revision that it asks for.</summary>
    private static Part AtOwn() => s => At(Stable, null, null, r => r with { Stable = r.Target })(s);

    /// <summary>An allocation of the very template that the pool named last asks for.</summary>
    private static Part Own(string pool, int number, string node, DesiredStatus desired = DesiredStatus.Run) => s =>
    {
        var template = s.Spec!.Pools[^1].Template;
        s = Allocation(pool, number, node, "1", desired, desired == DesiredStatus.Run ? AllocationPhase.Running : AllocationPhase.Draining, 60)(s);
        var revision = PoolRevisions.Compute(template);
        var assignment = s.Assignments[node];
        return s with
        {
            Assignments = s.Assignments.SetItem(node, assignment with
            {
                Allocations = [.. assignment.Allocations.Select(a => a with { Revision = revision })],
                Templates = [new AssignedTemplate(new(pool), revision, template)],
            }),
        };
    };
}
