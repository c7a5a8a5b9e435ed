using Nexus.Core.State;

namespace Nexus.Core.Tests.Reconcile;

public sealed class NodeLivenessTests
{
    [Theory]
    [InlineData(NodeStatus.Unknown, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Unknown, NodeEvidence.Silent, NodeStatus.Unknown)]
    [InlineData(NodeStatus.Unknown, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Ready, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Ready, NodeEvidence.Silent, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Ready, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.Silent, NodeStatus.Suspect)]
    [InlineData(NodeStatus.Suspect, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Lost, NodeEvidence.Answers, NodeStatus.Ready)]
    [InlineData(NodeStatus.Lost, NodeEvidence.Silent, NodeStatus.Lost)]
    [InlineData(NodeStatus.Lost, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Draining, NodeEvidence.Answers, NodeStatus.Draining)]
    [InlineData(NodeStatus.Draining, NodeEvidence.Silent, NodeStatus.Draining)]
    [InlineData(NodeStatus.Draining, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    [InlineData(NodeStatus.Drained, NodeEvidence.Answers, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, NodeEvidence.Silent, NodeStatus.Drained)]
    [InlineData(NodeStatus.Drained, NodeEvidence.SilentTooLong, NodeStatus.Lost)]
    public void Next_follows_the_table(NodeStatus status, NodeEvidence evidence, NodeStatus expected) =>
        Assert.Equal(expected, NodeLiveness.Next(status, evidence));

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
