using System.Collections.Immutable;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.State;
using static Nexus.Core.Convergence.FenceVerdict;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class AssignmentFenceTests
{
    private static readonly NodeAssignment Held = Assigned(Run("a"));

    public static TheoryData<string, NodeAssignment?, NodeAssignment, FenceVerdict> Cases => new()
    {
        { "the first is taken", null, Held, Accepted },
        { "the next generation is taken", Held, Held with { Generation = 6 }, Accepted },
        { "a new leader may count anew", Held, Held with { Epoch = 4, Generation = 1 }, Accepted },
        { "the one held", Held, Held, Unchanged },
        { "a deposed leader", Held, Held with { Epoch = 2, Generation = 99 }, LowerEpoch },
        { "an old read", Held, Held with { Generation = 4 }, OlderGeneration },
        { "another of the same mark", Held, Assigned(Run("b")), SameGeneration },
        { "a run whose template is held", Held, Held with { Generation = 6, Templates = ImmutableArray<AssignedTemplate>.Empty }, Accepted },
        { "another node's", null, Held with { Node = new NodeName("n2") }, OtherNode },
        { "an allocation twice", null, Assigned(Run("a"), Run("a")), Broken },
        { "a run without its template", null, Held with { Templates = ImmutableArray<AssignedTemplate>.Empty }, Broken },
        { "another store, all that is held taken over", Held with { Store = "x", Epoch = 57 }, Held with { Store = "y", Epoch = 1, Generation = 1 }, Accepted },
        { "another store that does not know what runs here", Held with { Store = "x" }, Held with { Store = "y", Epoch = 99, Allocations = [] }, OtherStore },
        { "the same numbers of another store", Held with { Store = "x" }, Held with { Store = "y", Allocations = [] }, OtherStore },
        { "a store that stops what runs here", Held with { Store = "x" }, Assigned(Stop("a")) with { Store = "y", Epoch = 1 }, Accepted },
        { "what is stopping already needs no mention", Assigned(Stop("a")) with { Store = "x" }, Assigned(Run("b")) with { Store = "y", Epoch = 1 }, Accepted },
        { "the first that names its store", Held, Held with { Store = "x", Generation = 6 }, Accepted },
        { "a leader of an older version", Held with { Store = "x" }, Held with { Generation = 6 }, Accepted },
        { "a stop needs no template", null, Assigned(Stop("a")) with { Templates = ImmutableArray<AssignedTemplate>.Empty }, Accepted },
    };

    [Fact]
    public void Complete_adds_the_templates_that_are_held() =>
        Assert.Equal(Held.Templates, AssignmentFence.Complete(Held, Held with { Templates = ImmutableArray<AssignedTemplate>.Empty }).Templates);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judge_keeps_deposed_leaders_out(string because, NodeAssignment? held, NodeAssignment shown, FenceVerdict expected)
    {
        var verdict = AssignmentFence.Judge(Node, held, shown);

        Assert.True(verdict == expected, $"{because}: expected {expected}, got {verdict}");
    }
}
