using Nexus.Core.State;
using static Nexus.Core.State.AllocationEvent;
using static Nexus.Core.State.AllocationPhase;

namespace Nexus.Core.Tests.State;

public sealed class AllocationLifecycleTests
{
    // Written by hand from docs/state-machines.md: one row a phase, one letter an event in the order of the enum.
    // P pulling, S starting, R running, D draining, X stopped, F failed, L lost, N pending, Z paused, - cannot happen.
    private static readonly Dictionary<AllocationPhase, string> Drawn = new()
    {
        [Pending] = "P-S--FDXL--",
        [Pulling] = "PFSF-FDXL--",
        [Starting] = "--SFRFD-L-Z",
        [Running] = "-----FD-L--",
        [Paused] = "--SF-FD-L--",
        [Draining] = "P-S--DDXL-Z",
        [Stopped] = "P-----D----",
        [Failed] = "P-S---DXL--",
        [Lost] = "------DX-N-",
    };

    public static TheoryData<AllocationPhase, AllocationEvent> EveryPair()
    {
        var pairs = new TheoryData<AllocationPhase, AllocationEvent>();
        foreach (var phase in Enum.GetValues<AllocationPhase>())
        {
            foreach (var happened in Enum.GetValues<AllocationEvent>())
            {
                pairs.Add(phase, happened);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(EveryPair))]
    public void Next_goes_where_the_picture_says(AllocationPhase phase, AllocationEvent happened)
    {
        AllocationPhase? expected = Drawn[phase][(int)happened] switch
        {
            'P' => Pulling,
            'S' => Starting,
            'R' => Running,
            'D' => Draining,
            'X' => Stopped,
            'F' => Failed,
            'L' => Lost,
            'N' => Pending,
            'Z' => Paused,
            _ => null,
        };

        Assert.Equal(expected, AllocationLifecycle.Next(phase, happened));
    }

    [Fact]
    public void Every_phase_can_be_stopped_and_so_ends()
    {
        foreach (var phase in Enum.GetValues<AllocationPhase>())
        {
            var draining = AllocationLifecycle.Next(phase, StopBegun);
            Assert.Equal(Draining, draining);
            Assert.Equal(Stopped, AllocationLifecycle.Next(draining!.Value, Gone));
        }
    }
}
