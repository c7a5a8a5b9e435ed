using Nexus.Simulation.Tests.Engine;

namespace Nexus.Simulation.Tests.Cluster;

/// <summary>What a program does, as its image's tag says.</summary>
internal enum Behaviour
{
    Good,

    /// <summary>Serves only after many seconds.</summary>
    Slow,

    /// <summary>Ends soon after its start.</summary>
    Crashes,

    /// <summary>Runs and never answers its check.</summary>
    NeverHealthy,

    /// <summary>Cannot be pulled.</summary>
    Missing,

    /// <summary>Takes no notice of SIGTERM.</summary>
    Deaf,
}

/// <summary>One container: what is true of it, whoever knows.</summary>
internal sealed class SimWorkload
{
    public required string Id { get; init; }

    public required string Allocation { get; init; }

    public required string Pool { get; init; }

    public required string Revision { get; init; }

    public required string Image { get; init; }

    public required int Attempt { get; init; }

    public required SimMachine Machine { get; init; }

    public required int Port { get; init; }

    public required bool Exclusive { get; init; }

    public required TimeSpan StartedAt { get; init; }

    public TimeSpan? EndedAt { get; set; }

    public int? ExitCode { get; set; }

    /// <summary>Whether whoever lists workloads has been told of the end.</summary>
    public bool Running => EndedAt is null;

    public bool Paused { get; set; }

    /// <summary>Accepts and does not answer.</summary>
    public bool Hangs { get; set; }

    /// <summary>Answers its check with 500 though it serves.</summary>
    public bool FailsItsCheck { get; set; }

    /// <summary>Has come up.</summary>
    public bool Ready { get; set; }

    /// <summary>When SIGTERM came.</summary>
    public TimeSpan? TermAt { get; set; }

    public Behaviour Behaviour { get; init; }

    /// <summary>Requests inside.</summary>
    public List<SimExchange> Inside { get; } = [];

    public bool Answers => Running && Ready && !Paused && !Hangs;
}

/// <summary>One try of a request at one replica.</summary>
internal sealed class SimExchange
{
    /// <summary>Called once with how it ended.</summary>
    public required Action<ExchangeEnd, SimWorkload?> Done { get; init; }

    public bool Over { get; private set; }

    public void End(ExchangeEnd how, SimWorkload? by)
    {
        if (!Over)
        {
            Over = true;
            Done(how, by);
        }
    }
}

/// <summary>How a try ended at the wire.</summary>
internal enum ExchangeEnd
{
    Answered,
    NotConnected,
    Broken,
}
