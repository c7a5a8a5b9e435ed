using Nexus.Core.Convergence;
using static Nexus.Core.State.AllocationPhase;
using static Nexus.Core.Tests.Convergence.NodeView;

namespace Nexus.Core.Tests.Convergence;

public sealed class AllocationNewsTests
{
    private static readonly AllocationMemory Serves = Remembered("a", Running) with { Port = 1000 };
    private static readonly AllocationMemory Next = Remembered("a", Running, 1) with { Port = 1001 };

    public static TheoryData<string, AllocationMemory?, AllocationMemory?, string> Cases => new()
    {
        { "it came to serve", Remembered("a", Starting), Serves, "Serving#0" },
        { "it was taken up as serving", null, Serves, "Serving#0" },
        { "nothing worth telling", Serves, Serves with { Failures = 2 }, "" },
        { "its end was heard", Serves, Serves.AfterExitHeard(), "Away#0" },
        { "its end is told once", Serves.AfterExitHeard(), Remembered("a", Failed), "" },
        { "its checks fail", Serves, Serves with { UnhealthySince = Now }, "Unhealthy#0" },
        { "and pass again", Serves with { UnhealthySince = Now }, Serves, "Serving#0" },
        { "it drains", Serves, Remembered("a", Draining) with { Port = 1000 }, "Draining#0" },
        { "it is gone", Remembered("a", Draining), Remembered("a", Stopped), "Away#0" },
        { "it is forgotten while it stands", Serves, null, "Away#0" },
        { "a new try came between two looks", Serves, Next, "Away#0 Serving#1" },
        { "a start is nobody's business", Remembered("a", Pulling), Remembered("a", Starting), "" },
        { "nor is a failed one", Remembered("a", Starting), Remembered("a", Failed), "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Between_tells_what_matters_to_those_who_send_requests(
        string because, AllocationMemory? before, AllocationMemory? after, string expected)
    {
        var words = string.Join(' ', AllocationNews.Between(before, after).Select(n => $"{n.Standing}#{n.Attempt}"));

        Assert.True(words == expected, $"{because}: expected '{expected}', got '{words}'");
    }
}
