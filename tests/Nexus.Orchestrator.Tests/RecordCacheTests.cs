using System.Text;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Tests;

public sealed class RecordCacheTests
{
    private readonly RecordCache _cache = new();

    [Fact]
    public void What_has_not_changed_is_not_read_again()
    {
        var first = Read(Pair("nexus/eligibility/n1", "by hand", index: 1));

        Assert.Same(first, Read(Pair("nexus/eligibility/n1", "by hand", index: 2)));
    }

    [Fact]
    public void What_has_changed_is_read_though_its_index_is_the_same()
    {
        Read(Pair("nexus/eligibility/n1", "by hand", index: 1));

        Assert.Equal("for repair", Read(Pair("nexus/eligibility/n1", "for repair", index: 1)).Reason);
    }

    [Fact]
    public void What_cannot_be_read_is_unreadable_every_time_and_replaces_nothing()
    {
        var first = Read(Pair("nexus/eligibility/n1", "by hand", index: 1));
        var broken = Pair("nexus/eligibility/n1", "by hand", index: 2) with { Value = "{"u8.ToArray() };

        for (var look = 1; look <= 2; look++)
        {
            var reading = _cache.Read(broken, StateJson.Default.NodeEligibility);
            Assert.True(reading.IsUnreadable);
            Assert.Same(first, reading.LastKnown);
        }

        Assert.Equal("by hand", Read(Pair("nexus/eligibility/n1", "by hand", index: 3)).Reason);
    }

    [Fact]
    public void What_was_written_is_last_known_before_it_is_read()
    {
        var written = Read(Pair("nexus/eligibility/n1", "by hand", index: 1)) with { Reason = "for repair" };

        _cache.Wrote("nexus/eligibility/n1", "{}"u8.ToArray(), written);

        Assert.Same(written, _cache.Read(Pair("nexus/eligibility/n1", "", index: 2) with { Value = "[]"u8.ToArray() }, StateJson.Default.NodeEligibility).LastKnown);
    }

    [Fact]
    public void What_is_gone_is_forgotten()
    {
        var first = Read(Pair("nexus/eligibility/n1", "by hand", index: 1));

        _cache.KeepOnly(new Dictionary<string, ulong>(StringComparer.Ordinal) { ["nexus/eligibility/n2"] = 1 });

        Assert.NotSame(first, Read(Pair("nexus/eligibility/n1", "by hand", index: 1)));
    }

    private NodeEligibility Read(KvPair pair) => _cache.Read(pair, StateJson.Default.NodeEligibility).Value!;

    private static KvPair Pair(string key, string reason, ulong index) => new(
        key,
        Encoding.UTF8.GetBytes($$"""{"node":"n1","draining":true,"reason":"{{reason}}","by":"test","at":"2026-01-01T00:00:00+00:00","forget":false}"""),
        1, index, 0, null, 0);
}
