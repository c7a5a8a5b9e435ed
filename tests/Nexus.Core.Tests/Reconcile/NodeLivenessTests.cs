using Nexus.Core.Ids;
using Nexus.Core.State;

namespace Nexus.Core.Tests.Reconcile;

public sealed class NodeLivenessTests
{
    [Theory]
    [InlineData(NodeStatus.Unknown, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Unknown, NodeEvidence.Silent, NodeStatus.Unknown)]
    [InlineData(NodeStatus.Unknown, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Unknown, NodeEvidence.SilentButReached, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Ready, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Ready, NodeEvidence.Silent, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Ready, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Ready, NodeEvidence.SilentButReached, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.Silent, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.SilentButReached, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Lost, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Lost, NodeEvidence.Silent, NodeStatus.Lost)]
    [InlineData(NodeStatus.Lost, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Lost, NodeEvidence.SilentButReached, NodeStatus.Lost)]
    [InlineData(NodeStatus.Draining, NodeEvidence.Answers, NodeStatus.Draining)]
    [InlineData(NodeStatus.Draining, NodeEvidence.Silent, NodeStatus.Draining)]
    [InlineData(NodeStatus.Draining, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Draining, NodeEvidence.SilentButReached, NodeStatus.Draining)]
    [InlineData(NodeStatus.Drained, NodeEvidence.Answers, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, NodeEvidence.Silent, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Drained, NodeEvidence.SilentButReached, NodeStatus.Drained)]
    public void Next_follows_the_table(NodeStatus status, NodeEvidence evidence, NodeStatus expected) =>
        Assert.Equal(expected, NodeLiveness.Next(status, evidence));

    [Theory]
    [InlineData(NodeStatus.Ready, false, false, NodeStatus.Ready)]
    [InlineData(NodeStatus.Ready, false, true, NodeStatus.Ready)]
    [InlineData(NodeStatus.Ready, true, true, NodeStatus.Draining)]
    [InlineData(NodeStatus.Ready, true, false, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, false, false, NodeStatus.Ready)]
    [InlineData(NodeStatus.Draining, true, false, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, true, true, NodeStatus.Draining)]
    [InlineData(NodeStatus.Suspect, true, true, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Lost, true, true, NodeStatus.Lost)]
    [InlineData(NodeStatus.Unknown, true, false, NodeStatus.Unknown)]
    public void WithEligibility_lets_people_speak_only_of_nodes_that_answer(NodeStatus status, bool draining, bool holds, NodeStatus expected)
    {
        var name = new NodeName("n1");
        var assignment = NodeAssignment.Empty(name);
        if (holds)
        {
            assignment = assignment with
            {
                Allocations = [new AllocationAssignment(new("web/0"), new("web"), new("1"), DesiredStatus.Stop, "test")],
            };
        }

        Assert.Equal(expected, NodeLiveness.WithEligibility(status, new NodeEligibility(name, draining, "", "", default), assignment));
        Assert.Equal(expected is NodeStatus.Draining or NodeStatus.Drained ? NodeStatus.Ready : expected,
            NodeLiveness.WithEligibility(status, null, assignment));
    }

    [Fact]
    public void Next_knows_every_pair()
    {
        foreach (var status in Enum.GetValues<NodeStatus>())
        {
            foreach (var evidence in Enum.GetValues<NodeEvidence>())
            {
                Assert.True(Enum.IsDefined(NodeLiveness.Next(status, evidence)));
            }
        }
    }
}
