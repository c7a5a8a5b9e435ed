using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Manifests.Tests.Exports;
using Nexus.Testing;
using YamlDotNet.Serialization;

namespace Nexus.Manifests.Tests.Kubernetes;

/// <summary>Kubernetes' own schemas, as an npm package has them; fetched once.</summary>
internal static class KubernetesSchemas
{
    /// <summary>What the schemas do not like; empty where they like everything.</summary>
    public static async Task<string> ComplaintsAsync(IEnumerable<string> files)
    {
        var fetched = await ToolRun.RunAsync(Path.Combine(RepositoryRoot.Path, "eng", "kubernetes-models.sh"), []);
        Assert.True(fetched.Code == 0, fetched.Error);
        var reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
        var documents = files.SelectMany(file => file.Split("---\n")).Select(document => reader.Deserialize<object>(document)).ToList();
        var json = new JsonArray([.. documents.Select(ToJson)]).ToJsonString();

        var judged = await ToolRun.RunAsync("node", [Path.Combine(fetched.Out.Trim(), "validate.mjs")], json);

        Assert.True(judged.Code == 0, judged.Error);
        return judged.Out;
    }

    // YAML's own writer of JSON escapes control characters in ways that JSON does not know.
    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        IDictionary<object, object?> map => new JsonObject(map.Select(entry => KeyValuePair.Create($"{entry.Key}", ToJson(entry.Value)))),
        IEnumerable<object?> list => new JsonArray([.. list.Select(ToJson)]),
        _ => JsonSerializer.SerializeToNode(value, value.GetType()),
    };
}
