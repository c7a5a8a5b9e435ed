using System.Collections.Concurrent;
using System.Globalization;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>Leaders that die, freeze, wake up late or lose Consul, as real processes on the fast profile.</summary>
public sealed class LeadershipTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // What the fast profile promises, with room for a machine that is busy with other tests.
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_the_leader_is_killed_another_reconciles_within_five_seconds()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var first = await ManagerProcess.StartAsync("m1", consul.Address, Token);
        await first.StatusAsync(s => s.Leader?.Manager == "m1", "m1 leads", Token);
        await using var second = await ManagerProcess.StartAsync("m2", consul.Address, Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);

        first.Kill();
        var killed = TimeProvider.System.GetTimestamp();
        await second.ApplyAsync(Spec(1), Token);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        var took = TimeProvider.System.GetElapsedTime(killed);

        var status = await second.StatusAsync(s => s.Leader?.Manager == "m2", "m2 leads", Token);
        Assert.Equal(status.Leader!.Epoch, assignment.Epoch);
        Assert.True(took < Promise, $"It took {took.TotalSeconds:0.0} s.");
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"kill -9 of the leader to the next leader's commit: {took.TotalSeconds:0.00} s"));
    }

    [Fact]
    public async Task A_transaction_of_a_leader_that_was_frozen_is_refused_when_it_arrives_at_last()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var line = new ConsulLine(consul.Address);
        await using var first = await ManagerProcess.StartAsync("m1", line.Address, Token);
        var old = (await first.StatusAsync(s => s.Leader?.Manager == "m1", "m1 leads", Token)).Leader!.Epoch;
        await using var second = await ManagerProcess.StartAsync("m2", consul.Address, Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);

        var held = line.HoldNextTransaction();
        await second.ApplyAsync(Spec(1), Token);
        await held.Arrived.Task.WaitAsync(Limit, Token);
        await first.PauseAsync(Token);
        var epoch = (await second.StatusAsync(s => s.Leader?.Manager == "m2", "m2 leads", Token)).Leader!.Epoch;
        await n1.AssignedAsync(a => a.Epoch == epoch && a.Allocations.Length == 2, "two replicas by m2", Token);
        await using var epochs = new EpochWatch(client);
        held.LetGo.SetResult();

        Assert.Equal(409, await held.Status.Task.WaitAsync(Limit, Token));
        await first.ContinueAsync(Token);
        await first.StatusAsync(s => s.Leader?.Manager == "m2" && s.Warning is null, "m1 sees that m2 leads", Token);
        await second.ApplyAsync(Spec(2), Token);
        await n1.AssignedAsync(a => a.Templates.Any(t => t.Template.Image == "web:2"), "the next revision", Token);
        Assert.True(epoch > old);
        Assert.Empty(epochs.Before(epoch));
        Assert.Matches("no longer leads|longer than its lease", first.Output);
    }

    [Fact]
    public async Task However_often_leaders_freeze_and_wake_no_epoch_writes_after_a_later_one_began()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var first = await ManagerProcess.StartAsync("m1", consul.Address, Token);
        await first.StatusAsync(s => s.Leader?.Manager == "m1", "m1 leads", Token);
        await using var second = await ManagerProcess.StartAsync("m2", consul.Address, Token);
        for (var i = 1; i <= 3; i++)
        {
            await new TestNode(client, $"n{i}").RegisterAsync(Token);
        }

        await using var epochs = new EpochWatch(client);
        await first.ApplyAsync(Spec(1), Token);
        await Until.TrueAsync(() => Task.FromResult(epochs.Distinct), d => d == 1, "m1 writes", Token);
        var (leader, other) = (first, second);
        for (var round = 0; round < 3; round++)
        {
            // Frozen in the middle of its work: every apply makes it place and stop.
            var name = round % 2 == 0 ? "m2" : "m1";
            var applying = ApplyManyAsync(other, round);
            await Task.Delay(TimeSpan.FromMilliseconds(120 + (round * 70)), TimeProvider.System, Token);
            await leader.PauseAsync(Token);
            await applying;
            await other.StatusAsync(s => s.Leader?.Manager == name, $"{name} leads", Token);
            await other.ApplyAsync(Spec(1_000 + round), Token);
            await leader.ContinueAsync(Token);
            await ApplyManyAsync(leader, round + 100);
            await leader.StatusAsync(s => s.Leader?.Manager == name, $"the one that woke sees that {name} leads", Token);
            (leader, other) = (other, leader);
        }

        Assert.Empty(epochs.OutOfOrder());
        Assert.True(epochs.Distinct >= 4, $"Only {epochs.Distinct} epochs were seen.");
    }

    [Fact]
    public async Task A_leader_cut_off_from_Consul_is_followed_within_five_seconds_and_follows_when_it_is_back()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        using var client = consul.CreateClient();
        await using var line = new ConsulLine(consul.Address);
        await using var first = await ManagerProcess.StartAsync("m1", line.Address, Token);
        await first.StatusAsync(s => s.Leader?.Manager == "m1", "m1 leads", Token);
        await using var second = await ManagerProcess.StartAsync("m2", consul.Address, Token);
        var n1 = new TestNode(client, "n1");
        await n1.RegisterAsync(Token);

        line.Cut();
        var cut = TimeProvider.System.GetTimestamp();
        await second.ApplyAsync(Spec(1), Token);
        var assignment = await n1.AssignedAsync(a => a.Allocations.Length == 2, "two replicas", Token);
        var took = TimeProvider.System.GetElapsedTime(cut);
        var leader = (await second.StatusAsync(s => s.Leader?.Manager == "m2", "m2 leads", Token)).Leader!;
        await first.StatusAsync(s => s.Warning is not null, "m1 says that it sees nothing", Token);
        await using var epochs = new EpochWatch(client);
        line.Heal();

        await first.StatusAsync(s => s.Leader?.Manager == "m2" && s.Warning is null, "m1 sees that m2 leads", Token);
        Assert.Equal(leader.Epoch, assignment.Epoch);
        Assert.True(took < Promise, $"It took {took.TotalSeconds:0.0} s.");
        Assert.Empty(epochs.Before(leader.Epoch));
    }

    private static string Spec(int revision) => $"""
        worker_pools:
          web:
            min_replicas: 2
            image: web:{revision}
            port: 80
        """;

    private static async Task ApplyManyAsync(ManagerProcess manager, int round)
    {
        for (var i = 0; i < 10; i++)
        {
            await manager.ApplyAsync(Spec((round * 10) + i + 1), Token);
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Token);
        }
    }

    /// <summary>Every write of a leader that Consul shows, in the order of its indexes.</summary>
    private sealed class EpochWatch : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<ulong, ulong> _epochs = [];
        private readonly CancellationTokenSource _end = new();
        private readonly Task[] _watches;

        public EpochWatch(ConsulClient consul) => _watches = [WatchAsync(consul, StateKeys.Desired), WatchAsync(consul, StateKeys.Commits)];

        public int Distinct => _epochs.Values.Distinct().Count();

        /// <summary>Writes of epochs before <paramref name="epoch"/>.</summary>
        public IEnumerable<ulong> Before(ulong epoch) => _epochs.Values.Where(e => e < epoch);

        /// <summary>Indexes at which a lower epoch follows a higher one.</summary>
        public IEnumerable<ulong> OutOfOrder()
        {
            var highest = 0ul;
            foreach (var (index, epoch) in _epochs.OrderBy(e => e.Key))
            {
                if (epoch < highest)
                {
                    yield return index;
                }

                highest = Math.Max(highest, epoch);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await Task.WhenAll(_watches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _end.Dispose();
        }

        private async Task WatchAsync(ConsulClient consul, string prefix)
        {
            await foreach (var seen in consul.Kv.WatchPrefixAsync(prefix, null, _end.Token))
            {
                foreach (var pair in seen.Value)
                {
                    _epochs[pair.ModifyIndex] = prefix == StateKeys.Desired
                        ? StateJson.Read(pair.Key, pair.Value, StateJson.Default.NodeAssignment).Epoch
                        : StateJson.Read(pair.Key, pair.Value, StateJson.Default.LeaderCommit).Epoch;
                }
            }
        }
    }
}
