using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Nexus.Api.State;
using Nexus.Core.Convergence;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.WorkerAgent.Assignments;
using Nexus.WorkerAgent.Catalog;
using Nexus.WorkerAgent.Convergence;
using Nexus.WorkerAgent.Health;
using Nexus.WorkerAgent.Options;
using Nexus.WorkerAgent.Reports;
using Nexus.WorkerAgent.Workloads;

namespace Nexus.WorkerAgent.Tests;

/// <summary>When the prober asks, on a clock that only the test moves.</summary>
public sealed class ReplicaProberTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);
    private static readonly AllocationId Web = new("web-1");

    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-prober-").FullName;
    private readonly LoggerFactory _loggers = new([new Recorder()]);
    private readonly FakeTimeProvider _time = new();
    private readonly OneThread _thread = new();
    private readonly CancellationTokenSource _end = new();

    [Fact]
    public void A_replica_that_hangs_is_known_after_one_and_a_half_timeouts()
    {
        var network = new HungNetwork(_time, answerAfter: null);
        var (book, running) = Start(network);

        AdvanceUntil(() => book.Find(Web)!.UnhealthySince is not null);

        var asked = network.Asked;
        Assert.Equal(2, asked.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(250), asked[1] - asked[0]);
        Assert.Equal(TimeSpan.FromMilliseconds(750), _time.GetUtcNow() - asked[0]);
        End(running);
    }

    [Fact]
    public void A_replica_that_is_slow_is_not_taken_for_one_that_hangs()
    {
        var network = new HungNetwork(_time, answerAfter: TimeSpan.FromMilliseconds(400));
        var (book, running) = Start(network);

        AdvanceUntil(() => network.Asked.Count >= 6);

        Assert.Null(book.Find(Web)!.UnhealthySince);
        End(running);
    }

    public void Dispose()
    {
        _end.Dispose();
        _loggers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private (AllocationBook Book, Task Running) Start(HungNetwork network)
    {
        var identity = new AgentIdentity(new WorkerOptions { Name = "n1", StateDirectory = _folder });
        var book = new AllocationBook(_time, () => 0);
        var wake = new WakeSignal();
        var events = new EventJournal(identity, _time);
        var holder = new AssignmentHolder(
            identity, new AssignmentFile(identity, _loggers.CreateLogger<AssignmentFile>()), new StoreBoard(), events, wake, _loggers.CreateLogger<AssignmentHolder>());
        var template = Templates.Web() with
        {
            Health = new HealthSpec { Type = HealthCheckType.Http, Path = "/", Interval = TimeSpan.FromMilliseconds(500), Timeout = TimeSpan.FromMilliseconds(500), UnhealthyThreshold = 2 },
        };
        var assignment = Templates.Assign(new NodeName("n1"), 1, 1, new Wanted(Web.Value, template));
        holder.Offer("key", StateJson.Write(assignment, StateJson.Default.NodeAssignment));
        book.NoteRuns(assignment.Allocations[0], new SeenWorkload { Id = "w1", Allocation = Web, Running = true, Port = 80 });
        book.NoteServing(assignment.Allocations[0]);
        var desk = new HealthDesk(book, events, wake);
        var probe = new ReplicaProbe(null!, network, _time); // An HTTP check asks no runtime.
        var prober = new ReplicaProber(holder, book, desk, new ProberTools(probe, identity, new CheckSources(null!), _time, () => 0.5), _loggers.CreateLogger<ReplicaProber>());
        return (book, _thread.Begin(() => prober.RunAsync(_end.Token)));
    }

    private void AdvanceUntil(Func<bool> condition)
    {
        for (var steps = 0; !condition(); steps++)
        {
            Assert.True(steps < 20_000, "it did not happen within 500 s of the test's clock");
            _thread.Begin(() =>
            {
                _time.Advance(Step);
                return true;
            });
            _thread.RunAll();
            Thread.Yield(); // Cancelling takes another thread.
        }
    }

    private void End(Task running)
    {
        _end.Cancel();
        AdvanceUntil(() => running.IsCompleted);
    }

    /// <summary>A network at whose end nobody answers, or late.</summary>
    private sealed class HungNetwork(FakeTimeProvider time, TimeSpan? answerAfter) : IReplicaNetwork
    {
        private readonly Lock _gate = new();
        private readonly List<DateTimeOffset> _asked = [];

        public IReadOnlyList<DateTimeOffset> Asked
        {
            get
            {
                lock (_gate)
                {
                    return [.. _asked];
                }
            }
        }

        public async Task<int> GetAsync(Uri url, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                _asked.Add(time.GetUtcNow());
            }

            await Task.Delay(answerAfter ?? Timeout.InfiniteTimeSpan, time, cancellationToken);
            return 200;
        }

        public Task<bool> IsServedAsync(string host, int port, TimeSpan watch, CancellationToken cancellationToken) => Task.FromResult(true);
    }
}
