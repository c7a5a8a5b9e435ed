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
        var json = new SerializerBuilder().JsonCompatible().Build().Serialize(documents);

        var judged = await ToolRun.RunAsync("node", [Path.Combine(fetched.Out.Trim(), "validate.mjs")], json);

        Assert.True(judged.Code == 0, judged.Error);
        return judged.Out;
    }
}
