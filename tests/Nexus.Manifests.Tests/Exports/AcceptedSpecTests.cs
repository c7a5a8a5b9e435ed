using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Nexus.Core.Spec;
using Nexus.Manifests.ComposeExport;
using Nexus.Manifests.Exports;
using Nexus.Manifests.Kubernetes;
using Nexus.Manifests.Tests.Kubernetes;
using Nexus.Testing;
using Nexus.Testing.Specs;
using YamlDotNet.RepresentationModel;

namespace Nexus.Manifests.Tests.Exports;

/// <summary>What the reader of specs accepts is exported as manifests that their own tools take.</summary>
public sealed partial class AcceptedSpecTests
{
    private const int Seeds = 150;

    [Fact]
    public void Texts_read_back_from_a_compose_file_as_they_were()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            var services = (YamlMappingNode)Parse(Compose(generated))["services"];
            foreach (var pool in generated.Spec.Pools.Where(pool => pool.Template.Image.Length > 0))
            {
                var service = (YamlMappingNode)services[pool.Name.Value];
                Assert.Equal(pool.Template.Command.Select(Doubled), pool.Template.Command.IsEmpty ? [] : ((YamlSequenceNode)service["command"]).Select(word => $"{word}"));
                foreach (var (name, value) in pool.Template.Env)
                {
                    Assert.True(Doubled(value) == $"{service["environment"][name]}", $"seed {generated.Seed}: {name} of {pool.Name} is {JsonSerializer.Serialize($"{service["environment"][name]}")}, not {JsonSerializer.Serialize(value)}");
                }
            }
        }
    }

    [Fact]
    public async Task Compose_takes_every_file()
    {
        var folder = Directory.CreateTempSubdirectory("nexus-compose-");
        try
        {
            foreach (var generated in GeneratedSpec.Many(25))
            {
                var file = Path.Combine(folder.FullName, "compose.yaml");
                await File.WriteAllTextAsync(file, Compose(generated), TestContext.Current.CancellationToken);

                var (code, _, error) = await ComposeProgram.RunAsync(folder.FullName, new Dictionary<string, string>(), ["-f", file, "config", "--quiet"], TestContext.Current.CancellationToken);

                Assert.True(code == 0, $"seed {generated.Seed}: {error}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Kubernetes_own_schemas_accept_every_file() =>
        Assert.Equal("", await KubernetesSchemas.ComplaintsAsync(GeneratedSpec.Many(25).SelectMany(generated => Kubernetes(generated).Files).Select(file => file.Content)));

    [Fact]
    public void Kubernetes_API_server_has_nothing_to_refuse()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            var objects = Kubernetes(generated).Files.SelectMany(file => KubernetesYaml.LoadAllFromString(file.Content)).Cast<IMetadata<V1ObjectMeta>>().ToList();
            var complaints = objects.Where(one => !IsSubdomain(one.Metadata.Name)).Select(one => $"object {one.Metadata.Name}")
                .Concat(objects.OfType<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(OfRule))
                .Concat(objects.OfType<V1Deployment>().SelectMany(deployment => OfPod(deployment.Spec.Template.Spec)))
                .Concat(objects.GroupBy(one => (one.GetType(), one.Metadata.Name)).Where(same => same.Count() > 1).Select(same => $"{same.Key} twice"))
                .ToList();

            Assert.True(complaints.Count == 0, $"seed {generated.Seed}: {string.Join("; ", complaints)}");
        }
    }

    [Fact]
    public void Every_route_is_in_the_Ingress_or_warned_of()
    {
        foreach (var generated in GeneratedSpec.Many(Seeds))
        {
            var export = Kubernetes(generated);
            var paths = export.Files.SelectMany(file => KubernetesYaml.LoadAllFromString(file.Content)).OfType<V1Ingress>()
                .SelectMany(ingress => ingress.Spec.Rules).Sum(rule => rule.Http.Paths.Count);
            var left = export.Warnings.Count(warning => warning.Message.Contains(" is left out: ", StringComparison.Ordinal));
            Assert.True(generated.Spec.Gateway.Routes.Length == paths + left, $"seed {generated.Seed}: {paths} paths, {left} warnings");
        }
    }

    private static IEnumerable<string> OfRule(V1IngressRule rule)
    {
        var host = rule.Host?.StartsWith("*.", StringComparison.Ordinal) == true ? rule.Host[2..] : rule.Host;
        if (host is not null && (!IsSubdomain(host) || IPAddress.TryParse(rule.Host, out _)))
        {
            yield return $"host {rule.Host}";
        }

        foreach (var path in rule.Http.Paths.Select(path => path.Path).Where(path =>
            path is not ['/', ..] || RefusedInPath().IsMatch(path) || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal)))
        {
            yield return $"path {path}";
        }
    }

    private static IEnumerable<string> OfPod(V1PodSpec pod)
    {
        foreach (var container in pod.Containers)
        {
            foreach (var variable in container.Env?.Where(variable => !EnvName().IsMatch(variable.Name)) ?? [])
            {
                yield return $"variable {variable.Name}";
            }

            var mounts = container.VolumeMounts?.Select(mount => mount.MountPath).ToList() ?? [];
            foreach (var mount in mounts.Where(mount => mount.Contains(':')).Concat(mounts.GroupBy(mount => mount, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key)))
            {
                yield return $"mount {mount}";
            }
        }

        foreach (var (label, value) in pod.NodeSelector ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (value.Length > 63 || !Label().IsMatch(value) || !Label().IsMatch(label.Split('/')[^1]))
            {
                yield return $"node selector {label}={value}";
            }
        }
    }

    private static bool IsSubdomain(string name) => name.Length <= 253 && Subdomain().IsMatch(name);

    private static string Doubled(string text) => text.Replace("$", "$$", StringComparison.Ordinal);

    private static string Compose(GeneratedSpec generated) => ComposeExporter.Compute(generated.Spec, SpecPlaces.Of(generated.Yaml)).Files[0].Content;

    private static ManifestExport Kubernetes(GeneratedSpec generated) => KubernetesExport.Compute(generated.Spec, SpecPlaces.Of(generated.Yaml), "shop");

    private static YamlNode Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents[0].RootNode;
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"//|/\./|/\.\./|%2f|%2F", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RefusedInPath();

    [GeneratedRegex(@"\A[-._a-zA-Z][-._a-zA-Z0-9]*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EnvName();

    [GeneratedRegex(@"\A([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
