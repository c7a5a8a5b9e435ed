using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Core.Rollouts;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Orchestrator.Tests;

/// <summary>State that an older version wrote, without the members that came later: lists read as empty, parts as their defaults.</summary>
public sealed class OlderDocumentTests
{
    public static TheoryData<Type, string, string> Documents => new()
    {
        { typeof(NodeRecord), """{"node":"n1","capacity":{},"arch":"amd64","address":"a","apiAddress":"b","consulNode":"c","agentVersion":"1"}""", "an agent without labels" },
        { typeof(NodeAssignment), """{"node":"n1"}""", "a leader that assigned nothing" },
        { typeof(NodeAssignment), """{"node":"n1","templates":[{"pool":"web","revision":"r1","template":{}}]}""", "a template of few words" },
        { typeof(NodeAssignment), """{"node":"n1","templates":[{"pool":"web","revision":"r1","template":{"process":{}}}]}""", "a process without command" },
        { typeof(NodeObservation), """{"node":"n1"}""", "an agent that runs nothing" },
        { typeof(NodeObservation), """{"node":"n1","allocations":[{"id":"web-1-0","pool":"web","revision":"r1"}]}""", "an allocation without logs" },
        { typeof(RolloutRecord), """{"pool":"web","target":{"revision":"r1","template":{},"specRevision":1}}""", "a rollout without history and weights" },
        { typeof(RolloutRequest), """{"id":"1","pool":"web"}""", "a request by nobody" },
        { typeof(GatewayReport), """{"gateway":"g1"}""", "a gateway that says nothing" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Members_left_out_are_read_as_their_defaults(Type type, string json, string because)
    {
        var document = JsonSerializer.Deserialize(Encoding.UTF8.GetBytes(json), StateJson.Default.GetTypeInfo(type)!);

        Assert.True(Holes(document!, type.Name).ToList() is [], $"{because}: {string.Join(", ", Holes(document!, type.Name))}");
    }

    [Fact]
    public void What_was_written_is_read_as_it_was()
    {
        var assignment = NodeAssignment.Empty(new("n1")) with
        {
            Templates = [new AssignedTemplate(new("web"), new("r1"), new PoolTemplate { Image = "web:1", Command = ["a", "b"] })],
        };

        var again = StateJson.Read("k", StateJson.Write(assignment, StateJson.Default.NodeAssignment), StateJson.Default.NodeAssignment);

        Assert.Equal(["a", "b"], again.Templates[0].Template.Command);
        Assert.Equal("nexus", again.Cluster);
        Assert.Empty(again.Allocations);
    }

    /// <summary>Paths of lists that are no lists and of parts that are null though they may not be.</summary>
    private static IEnumerable<string> Holes(object value, string path)
    {
        var nullability = new NullabilityInfoContext();
        foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.CanWrite))
        {
            var here = $"{path}.{property.Name}";
            var member = property.GetValue(value);
            if (member is null)
            {
                if (nullability.Create(property).ReadState == NullabilityState.NotNull)
                {
                    yield return here;
                }
            }
            else if (member.GetType().GetProperty("IsDefault")?.GetValue(member) is true)
            {
                yield return here;
            }
            else if (member is IEnumerable list and not string)
            {
                foreach (var hole in list.Cast<object>().SelectMany(item => Holes(item, here)))
                {
                    yield return hole;
                }
            }
            else if (member.GetType().Namespace?.StartsWith("Nexus.", StringComparison.Ordinal) == true)
            {
                foreach (var hole in Holes(member, here))
                {
                    yield return hole;
                }
            }
        }
    }
}
