using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Nexus.Api.V1;

/// <summary>How the HTTP API writes JSON: camelCase, enums by name, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SpecView))]
[JsonSerializable(typeof(SpecResult))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(ImmutableArray<PoolView>))]
[JsonSerializable(typeof(ImmutableArray<NodeView>))]
[JsonSerializable(typeof(ImmutableArray<AllocationView>))]
[JsonSerializable(typeof(ImmutableArray<EventView>))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(ImmutableArray<RolloutView>))]
[JsonSerializable(typeof(RolloutView))]
[JsonSerializable(typeof(RolloutCommand))]
[JsonSerializable(typeof(NodeEligibilityCommand))]
[JsonSerializable(typeof(NodeDrainView))]
[JsonSerializable(typeof(PlanView))]
[JsonSerializable(typeof(AllocationChange))]
[JsonSerializable(typeof(DrillCommand))]
public sealed partial class ApiJson : JsonSerializerContext;
