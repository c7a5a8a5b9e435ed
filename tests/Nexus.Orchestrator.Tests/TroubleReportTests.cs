using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Api.State;
using Nexus.Core.Ids;
using Nexus.Core.State;
using Nexus.Orchestrator.ControlLoops;
using Nexus.Orchestrator.Events;
using Nexus.Orchestrator.Leadership;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>A replica's trouble is an event when it begins and when it ends, and none while it lasts.</summary>
public sealed class TroubleReportTests(ConsulFixture consul) : IClassFixture<ConsulFixture>
{
    private static readonly AllocationId Replica = new("web-1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What the gateways report look by look: e ejected, f failing, s failing a little, - nothing, x gone from the assignment while ejected.
    public static TheoryData<string, string, string> Looks => new()
    {
        { "e", "ReplicaEjected", "an ejection begins" },
        { "eee", "ReplicaEjected", "and is said once" },
        { "e-", "ReplicaEjected ReplicaReadmitted", "and ends" },
        { "ef", "ReplicaEjected ReplicaReadmitted", "requests go there again, and still fail" },
        { "eff-", "ReplicaEjected ReplicaReadmitted ReplicaRecovered", "until they do not" },
        { "ex", "ReplicaEjected ReplicaReadmitted", "a replica that is stopped is in no trouble" },
        { "f", "ReplicaFailing", "requests fail" },
        { "ff", "ReplicaFailing", "which is said once" },
        { "f-", "ReplicaFailing ReplicaRecovered", "and ends" },
        { "fs", "ReplicaFailing", "fewer failures are still some" },
        { "fsf", "ReplicaFailing ReplicaFailing", "and may become many again" },
        { "fe", "ReplicaFailing ReplicaEjected", "an ejection follows" },
        { "fe-", "ReplicaFailing ReplicaEjected ReplicaReadmitted", "and its end says it all" },
        { "s-", "", "a few failures are no event" },
        { "e-e", "ReplicaEjected ReplicaReadmitted ReplicaEjected", "twice is twice" },
    };

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task A_trouble_is_reported_when_it_changes(string looks, string expected, string because)
    {
        using var client = consul.Server.CreateClient();
        var options = Options.Create(new OrchestratorOptions { Name = $"m{looks.Replace('-', 'o')}" });
        var identity = new ManagerIdentity(options, null!);
        using var events = new EventWriter(client, identity, TimeProvider.System, new Jitter(() => 0.5), NullLogger<EventWriter>.Instance);
        var reporter = new PlanReporter(events, identity, options);

        foreach (var look in looks)
        {
            reporter.ReportTroubles(Of(look));
        }

        events.Write("End", EventSeverity.Info, "end");
        await events.StartAsync(Token);
        var written = await Until.TrueAsync(
            async () => (await client.Kv.ListAsync(StateKeys.Events, Token)).Value
                .Select(pair => StateJson.Read(pair.Key, pair.Value, StateJson.Default.ClusterEvent))
                .Where(e => e.Source == identity.Source).ToList(),
            all => all.Exists(e => e.Kind == "End"), "all events are written", Token);
        await events.StopAsync(Token);

        var found = string.Join(' ', written.OrderBy(e => e.Id, StringComparer.Ordinal).Select(e => e.Kind).SkipLast(1));
        Assert.True(expected == found, $"{because}, but found {found}");
        Assert.All(written.SkipLast(1), e => Assert.True(e.Allocation == Replica && e.Message.Contains(Replica.Value, StringComparison.Ordinal), e.Message));
    }

    private static ClusterSnapshot Of(char look)
    {
        var (ejected, failures) = look switch
        {
            'e' or 'x' => ("of 10 requests 9 failed", 9),
            'f' => ((string?)null, 5),
            _ => (null, 1),
        };
        var node = new NodeName("n1");
        var assignment = NodeAssignment.Empty(node) with
        {
            Allocations = look == 'x' ? [] : [new AllocationAssignment(Replica, new("web"), new("r1"), DesiredStatus.Run, "wanted")],
        };
        var report = new GatewayReport
        {
            Gateway = "g1",
            Evidence = look == '-' ? [] : [new ReplicaEvidence(Replica, new("web"), 0, ejected, null, 10, failures)],
        };
        return new ClusterSnapshot
        {
            Assignments = ImmutableSortedDictionary.Create<string, NodeAssignment>(StringComparer.Ordinal).Add(node.Value, assignment),
            Gateways = ImmutableSortedDictionary.Create<string, GatewayReport>(StringComparer.Ordinal).Add("g1", report),
        };
    }
}
