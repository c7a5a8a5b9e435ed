using System.Text;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Consul;
using Nexus.Core.State;
using Nexus.Orchestrator.State;

namespace Nexus.Orchestrator.Tests;

public sealed class DocumentCacheTests
{
    private readonly DocumentCache _cache = new();

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
    public void What_cannot_be_read_is_told_every_time_and_replaces_nothing()
    {
        var first = Read(Pair("nexus/eligibility/n1", "by hand", index: 1));
        var broken = Pair("nexus/eligibility/n1", "by hand", index: 2) with { Value = "{"u8.ToArray() };

        Assert.Throws<JsonException>(() => Read(broken));
        Assert.Throws<JsonException>(() => Read(broken));
        Assert.Same(first, Read(Pair("nexus/eligibility/n1", "by hand", index: 3)));
    }

    [Fact]
    public void What_is_gone_is_forgotten()
    {
        var first = Read(Pair("nexus/eligibility/n1", "by hand", index: 1));

        _cache.KeepOnly(new Dictionary<string, ulong>(StringComparer.Ordinal) { ["nexus/eligibility/n2"] = 1 });

        Assert.NotSame(first, Read(Pair("nexus/eligibility/n1", "by hand", index: 1)));
    }

    private NodeEligibility Read(KvPair pair) => _cache.Read(pair, StateJson.Default.NodeEligibility);

    private static KvPair Pair(string key, string reason, ulong index) => new(
        key,
        Encoding.UTF8.GetBytes($$"""{"node":"n1","draining":true,"reason":"{{reason}}","by":"test","at":"2026-01-01T00:00:00+00:00","forget":false}"""),
        1, index, 0, null, 0);
}
