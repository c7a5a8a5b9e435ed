using System.Text.Json.Serialization;
using Nexus.Cli.Addresses;
using Nexus.Cli.Commands;

namespace Nexus.Cli;

/// <summary>JSON that is the command's own, not the API's.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CliConfig))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(WrittenFiles))]
internal sealed partial class CliJson : JsonSerializerContext;
