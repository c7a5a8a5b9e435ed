using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Nexus.Api.State;
using Nexus.Core.Ids;
using Nexus.Core.Rollouts;
using Nexus.Core.Routing;
using Nexus.Core.Spec;
using Nexus.Core.State;

namespace Nexus.Orchestrator.Tests;

public sealed class StateRecordsTests
{
    private static readonly NodeName N1 = new("n1");

    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "nothing in it", "", "empty" },
        { "garbage", "\u0001\u0002 oops", "invalid" },
        { "cut off", """{"node":"n1","draining":tr""", "" },
        { "null", "null", "null" },
        { "another kind", "[1,2]", "" },
        { "a text for a flag", """{"node":"n1","draining":"yes","reason":"","by":"a","at":"2026-01-01T00:00:00Z"}""", "draining" },
        { "a field missing", """{"node":"n1","draining":true}""", "missing" },
        { "null for a name", """{"node":null,"draining":true,"reason":"","by":"a","at":"2026-01-01T00:00:00Z"}""", "null" },
        { "of another node", """{"node":"n2","draining":true,"reason":"","by":"a","at":"2026-01-01T00:00:00Z"}""", "it is for node 'n2', its key is for 'n1'" },
        { "a newer format", """{"formatVersion":2,"node":"n1","shape":{}}""", "format version 2" },
        { "a format that is no number", """{"formatVersion":"two","node":"n1"}""", "formatVersion" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void What_cannot_be_trusted_is_unreadable_with_its_reason(string because, string value, string reason)
    {
        var reading = StateRecords.Read(StateKeys.EligibilityOf(N1), Encoding.UTF8.GetBytes(value), StateJson.Default.NodeEligibility);

        Assert.True(reading.IsUnreadable, because);
        Assert.Contains(reason, reading.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_a_newer_version_are_passed_over()
    {
        var value = """{"formatVersion":1,"node":"n1","draining":true,"reason":"","by":"a","at":"2026-01-01T00:00:00Z","until":"tomorrow","more":[{"a":[1]}]}""";

        var reading = StateRecords.Read(StateKeys.EligibilityOf(N1), Encoding.UTF8.GetBytes(value), StateJson.Default.NodeEligibility);

        Assert.True(reading.Value?.Draining, reading.Reason);
    }

    [Fact]
    public void No_key_is_no_record() =>
        Assert.Equal(RecordStatus.Absent, StateRecords.Read(StateKeys.EligibilityOf(N1), null, StateJson.Default.NodeEligibility).Status);

    [Theory]
    [InlineData("Tumbling")]
    [InlineData("7")]
    public void A_phase_that_this_version_does_not_know_is_unreadable(string phase)
    {
        var record = StateJson.Write(Rollout, StateJson.Default.RolloutRecord);
        foreach (var text in new[] { $"\"{phase}\"", phase == "7" ? phase : $"\"{phase}\"" })
        {
            var changed = Encoding.UTF8.GetString(record).Replace("\"phase\":\"Progressing\"", $"\"phase\":{text}", StringComparison.Ordinal);
            Assert.True(StateRecords.Read(StateKeys.RolloutOf(Rollout.Pool), Encoding.UTF8.GetBytes(changed), StateJson.Default.RolloutRecord).IsUnreadable, text);
        }
    }

    [Fact]
    public void An_array_with_a_hole_is_unreadable()
    {
        var value = """{"node":"n1","epoch":1,"generation":1,"allocations":[null]}"""u8.ToArray();

        Assert.Contains("array", StateRecords.Read(StateKeys.DesiredOf(N1), value, StateJson.Default.NodeAssignment).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_readable()
    {
        Check(StateKeys.RolloutOf(Rollout.Pool), Rollout, StateJson.Default.RolloutRecord);
        Check(StateKeys.SpecCurrent, new SpecPointer(3), StateJson.Default.SpecPointer);
        Check(StateKeys.SpecRevision(3), new SpecDocument(3, "", DateTimeOffset.UnixEpoch, ""), StateJson.Default.SpecDocument);
        Check(StateKeys.Leader, new LeaderRecord("m1", "http://m1", DateTimeOffset.UnixEpoch), StateJson.Default.LeaderRecord);
        Check(StateKeys.DesiredOf(N1), NodeAssignment.Empty(N1), StateJson.Default.NodeAssignment);
        Check(StateKeys.ObservedOf(N1), new NodeObservation { Node = N1, Refused = new(1, 2), Held = new(1, 3) }, StateJson.Default.NodeObservation);
        Check(StateKeys.EligibilityOf(N1), new NodeEligibility(N1, true, "", "", DateTimeOffset.UnixEpoch), StateJson.Default.NodeEligibility);
        Check(StateKeys.GatewayReport("g1"), new GatewayReport { Gateway = "g1" }, StateJson.Default.GatewayReport);
        Check(
            StateKeys.GatewayReport("g1"),
            new GatewayReport { Gateway = "g1", Evidence = [new(new("web-1"), new("web"), 0, null, null, 3, 0)] }, StateJson.Default.GatewayReport);
        Check(
            StateKeys.Routes, new RoutesRecord { Routes = [new Route(null, "/", false, new("web"))], Held = [new("/", new("web"), new("old"), default, false)] },
            StateJson.Default.RoutesRecord);
    }

    /// <summary>Every enum of the state, however deep in it, is read by name alone.</summary>
    [Fact]
    public void No_enum_is_read_from_a_number()
    {
        var enums = TypesOfState().Where(type => type.IsEnum).ToList();

        Assert.NotEmpty(enums);
        foreach (var type in enums)
        {
            Assert.Throws<System.Text.Json.JsonException>(() => System.Text.Json.JsonSerializer.Deserialize("99", type, StateJson.Default));
        }
    }

    /// <summary>Nulls are left out of a record, but the reader requires every parameter without a default.</summary>
    [Fact]
    public void Every_parameter_that_may_be_null_has_a_default_or_is_always_written()
    {
        var nullability = new NullabilityInfoContext();
        var lost =
            from type in TypesOfState()
            from parameter in type.GetConstructors().Where(c => c.GetParameters() is [var first, ..] && first.ParameterType != type)
                .SelectMany(c => c.GetParameters())
            where !parameter.HasDefaultValue
                && (Nullable.GetUnderlyingType(parameter.ParameterType) is not null
                    || (!parameter.ParameterType.IsValueType && nullability.Create(parameter).WriteState == NullabilityState.Nullable))
                && type.GetProperty(parameter.Name!)?.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition != JsonIgnoreCondition.Never
            select $"{type.Name}.{parameter.Name}";

        Assert.Empty(lost);
    }

    private static HashSet<Type> TypesOfState()
    {
        var seen = new HashSet<Type>();
        foreach (var property in typeof(StateJson).GetProperties().Where(p => typeof(JsonTypeInfo).IsAssignableFrom(p.PropertyType)))
        {
            Walk(property.PropertyType.GetGenericArguments().FirstOrDefault() ?? typeof(string));
        }

        return [.. seen.Where(type => type.Namespace?.StartsWith("Nexus", StringComparison.Ordinal) == true)];

        void Walk(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (!seen.Add(type))
            {
                return;
            }

            foreach (var argument in type.GetGenericArguments())
            {
                Walk(argument);
            }

            if (type.Namespace?.StartsWith("Nexus", StringComparison.Ordinal) == true && !typeof(IEnumerable).IsAssignableFrom(type))
            {
                foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                {
                    Walk(property.PropertyType);
                }
            }
        }
    }

    private static RolloutRecord Rollout { get; } = new()
    {
        Pool = new PoolName("web"),
        Phase = RolloutPhase.Progressing,
        Target = new RolloutRevision(new PoolRevision("r1"), new PoolTemplate { Image = "web:1", Volumes = [new VolumeSpec("a", "/a", false)] }, 1),
        Weights = [new RevisionWeight(new PoolRevision("r1"), 30)],
    };

    private static void Check<T>(string key, T record, JsonTypeInfo<T> type)
        where T : class
    {
        var reading = StateRecords.Read(key, StateJson.Write(record, type), type);
        Assert.True(reading.Value is not null, $"{key}: {reading.Reason}");
    }
}
