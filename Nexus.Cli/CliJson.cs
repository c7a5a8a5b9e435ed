using System.Text.Json.Serialization;
using Nexus.Cli.Addresses;
using Nexus.Cli.Commands;
using Nexus.Cli.Push;

namespace Nexus.Cli;

/// <summary>JSON that is the command's own, not the API's.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CliConfig))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(WrittenFiles))]
[JsonSerializable(typeof(PushOutcome))]
internal sealed partial class CliJson : JsonSerializerContext;
