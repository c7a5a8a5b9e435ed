using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

public sealed class PoolRevisionsTests
{
    // One change each; two that look alike when run together stand side by side.
    private static readonly (string What, Func<PoolTemplate, PoolTemplate> Change)[] Changes =
    [
        ("image", t => t with { Image = "b" }),
        ("command", t => t with { Command = ["ab"] }),
        ("command, split", t => t with { Command = ["a", "b"] }),
        ("command, as if it were env", t => t with { Command = ["A", "b"] }),
        ("env", t => t with { Env = t.Env.Add("A", "b") }),
        ("env, split elsewhere", t => t with { Env = t.Env.Add("Ab", "") }),
        ("port", t => t with { Port = 80 }),
        ("host_port", t => t with { HostPort = 80 }),
        ("protocol", t => t with { Protocol = AppProtocol.H2c }),
        ("websocket_window", t => t with { Drain = t.Drain with { WebSocketWindow = TimeSpan.FromSeconds(9) } }),
        ("volume, exclusive", t => t with { Volumes = [new("a>b", "/c", false, Exclusive: true)] }),
        ("cpu", t => t with { Resources = t.Resources with { CpuMillicores = 1 } }),
        ("memory", t => t with { Resources = t.Resources with { MemoryBytes = 1 } }),
        ("pids", t => t with { Resources = t.Resources with { Pids = 1 } }),
        ("user", t => t with { User = "1" }),
        ("empty user", t => t with { User = "" }),
        ("read_only", t => t with { ReadOnly = true }),
        ("capabilities", t => t with { Capabilities = ["CHOWN"] }),
        ("volume", t => t with { Volumes = [new("a>b", "/c", false)] }),
        ("volume, split elsewhere", t => t with { Volumes = [new("a", "b>/c", false)] }),
        ("volume, read-only", t => t with { Volumes = [new("a", "b>/c", true)] }),
        ("health type", t => t with { Health = t.Health with { Type = HealthCheckType.Http } }),
        ("health path", t => t with { Health = t.Health with { Path = "/x" } }),
        ("health command", t => t with { Health = t.Health with { Command = ["x"] } }),
        ("health interval", t => t with { Health = t.Health with { Interval = TimeSpan.FromSeconds(9) } }),
        ("health timeout", t => t with { Health = t.Health with { Timeout = TimeSpan.FromSeconds(9) } }),
        ("unhealthy_threshold", t => t with { Health = t.Health with { UnhealthyThreshold = 9 } }),
        ("healthy_threshold", t => t with { Health = t.Health with { HealthyThreshold = 9 } }),
        ("startup_timeout", t => t with { Health = t.Health with { StartupTimeout = TimeSpan.FromSeconds(9) } }),
        ("initial_delay", t => t with { Restart = t.Restart with { InitialDelay = TimeSpan.FromSeconds(9) } }),
        ("max_delay", t => t with { Restart = t.Restart with { MaxDelay = TimeSpan.FromSeconds(9) } }),
        ("reset_after", t => t with { Restart = t.Restart with { ResetAfter = TimeSpan.FromSeconds(9) } }),
        ("drain timeout", t => t with { Drain = t.Drain with { Timeout = TimeSpan.FromSeconds(9) } }),
        ("stop_timeout", t => t with { Drain = t.Drain with { StopTimeout = TimeSpan.FromSeconds(9) } }),
        ("process", t => t with { Process = new ProcessSpec() }),
        ("process command", t => t with { Process = new ProcessSpec { Command = ["x"] } }),
        ("working_directory", t => t with { Process = new ProcessSpec { WorkingDirectory = "/x" } }),
    ];

    [Fact]
    public void Compute_tells_every_two_templates_apart()
    {
        var start = new PoolTemplate { Image = "a" };
        var revisions = Changes.Append((What: "none", Change: t => t))
            .Select(c => (c.What, Revision: PoolRevisions.Compute(c.Change(start))));

        Assert.Empty(revisions.GroupBy(r => r.Revision).Where(g => g.Count() > 1).Select(g => string.Join(" = ", g.Select(r => r.What))));
    }

    [Fact]
    public void Every_property_of_the_template_has_a_change_above()
    {
        var start = new PoolTemplate { Image = "a" };
        var changed = typeof(PoolTemplate).GetProperties().Where(property => Changes.Any(c =>
            !Equals(property.GetValue(c.Change(start)), property.GetValue(start))));

        Assert.Equal(typeof(PoolTemplate).GetProperties().Select(p => p.Name), changed.Select(p => p.Name));
    }

    [Fact]
    public void Compute_depends_on_content_alone()
    {
        static PoolTemplate Make() => new()
        {
            Image = "a",
            Command = ["x", "y"],
            Env = ImmutableSortedDictionary<string, string>.Empty.Add("B", "2").Add("A", "1"),
        };

        Assert.Equal(PoolRevisions.Compute(Make()), PoolRevisions.Compute(Make()));
        Assert.Matches("^[0-9a-f]{10}$", PoolRevisions.Compute(Make()).Value);
    }
}
