using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.State;
using Nexus.Orchestrator.State;
using Nexus.Testing.Specs;

namespace Nexus.Orchestrator.Tests;

/// <summary>What the reader of specs accepts is written into the store and read back as it was.</summary>
public sealed class AcceptedSpecTests
{
    private const int Seeds = 150;

    [Fact]
    public void Records_read_back_as_they_were_written()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            var document = new SpecDocument(1, generated.Yaml, DateTimeOffset.UnixEpoch, "me");
            Assert.Equal(generated.Yaml, Again(StateKeys.SpecRevision(1), document, StateJson.Default.SpecDocument).Yaml);

            var routes = new RoutesRecord { Routes = RouteOrder.Compute(generated.Spec) };
            Assert.Equal(routes.Routes.AsEnumerable(), Again(StateKeys.Routes, routes, StateJson.Default.RoutesRecord).Routes);

            var assignment = NodeAssignment.Empty(new("n1")) with
            {
                Templates = [.. generated.Spec.Pools.Select(pool => new AssignedTemplate(pool.Name, PoolRevisions.Compute(pool.Template), pool.Template))],
            };
            Assert.All(
                Again(StateKeys.DesiredOf(new("n1")), assignment, StateJson.Default.NodeAssignment).Templates,
                template => Assert.Equal(template.Revision, PoolRevisions.Compute(template.Template)));
        }
    }

    [Fact]
    public void A_template_is_as_large_as_it_was_taken_for()
    {
        foreach (var template in GeneratedSpec.Many(Seeds).SelectMany(generated => generated.Spec.Pools).Select(pool => pool.Template))
        {
            var empty = StateJson.Write(NodeAssignment.Empty(new("n1")), StateJson.Default.NodeAssignment).Length;
            var assigned = new AssignedTemplate(new PoolName(new string('p', NameRules.MaxLength)), PoolRevisions.Compute(template), template);
            var size = StateJson.Write(NodeAssignment.Empty(new("n1")) with { Templates = [assigned] }, StateJson.Default.NodeAssignment).Length - empty;

            Assert.InRange(StoredTemplate.Of(template).Bytes, size, size + 1000);
        }
    }

    [Fact]
    public void The_largest_template_fits_into_a_rollout_twice()
    {
        var template = new PoolTemplate { Env = ImmutableSortedDictionary<string, string>.Empty.Add("A", new string('x', StoredTemplate.MaxBytes)) };
        var entry = new RolloutHistoryEntry(
            1, new("r1"), 1, new string('i', 512), DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, RolloutPhase.RolledBack, new string('r', 1000))
        {
            AppliedBy = new string('a', 100),
        };
        var record = new RolloutRecord
        {
            Pool = new PoolName("web"),
            Target = new RolloutRevision(new("r1"), template, 1),
            Stable = new RolloutRevision(new("r2"), template, 1),
            History = [.. Enumerable.Repeat(entry, 20)],
        };

        Assert.InRange(StateJson.Write(record, StateJson.Default.RolloutRecord).Length, 0, FencedWriter.MaxRecordBytes);
    }

    private static T Again<T>(string key, T record, JsonTypeInfo<T> type)
        where T : class
        => StateJson.Read(key, StateJson.Write(record, type), type);
}
