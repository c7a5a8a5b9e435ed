using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;
using Nexus.Core.Ids;
using Nexus.Core.Spec;
using Nexus.Runtime.Docker;
using Nexus.Testing.Specs;

namespace Nexus.Runtime.Tests.Docker;

/// <summary>What the reader of specs accepts is a container that the engine creates.</summary>
public sealed partial class AcceptedSpecTests
{
    private static readonly DockerRuntimeOptions Options = DockerKit.Options("spec", new NodeName("n" + new string('n', 39)));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_container_keeps_the_engines_rules()
    {
        foreach (var generated in GeneratedSpec.Many(200))
        {
            foreach (var pool in generated.Spec.Pools.Where(pool => pool.Template.Image.Length > 0))
            {
                var container = ContainerBlueprint.Compute(WorkloadOf(pool), Options);
                var complaints = Complaints(container).ToList();
                Assert.True(complaints.Count == 0, $"seed {generated.Seed}, pool {pool.Name}: {string.Join("; ", complaints)}");
            }
        }
    }

    [Fact]
    public async Task The_engine_creates_them()
    {
        await TestImage.RequireAsync();
        using var engine = TestImage.Client();
        var volumes = await VolumesAsync(engine);
        var refusals = new List<string>();
        foreach (var generated in GeneratedSpec.Many(25))
        {
            var pool = generated.Spec.Pools[0];
            var container = ContainerBlueprint.Compute(WorkloadOf(pool), Options);
            OnThisMachine(container);
            try
            {
                var created = await engine.Containers.CreateContainerAsync(container, Token);
                await engine.Containers.RemoveContainerAsync(created.ID, new ContainerRemoveParameters { Force = true }, Token);
            }
            catch (DockerApiException refused)
            {
                refusals.Add($"seed {generated.Seed}, pool {pool.Name}: {refused.ResponseBody}");
            }
            finally
            {
                foreach (var volume in (await VolumesAsync(engine)).Except(volumes, StringComparer.Ordinal))
                {
                    await engine.Volumes.RemoveAsync(volume, force: true, Token);
                }
            }
        }

        Assert.Empty(refusals);
    }

    [Fact]
    public async Task The_engine_understands_every_image()
    {
        await TestImage.RequireAsync();
        using var engine = TestImage.Client();
        var refusals = new List<string>();
        foreach (var image in GeneratedSpec.Many(200).SelectMany(g => g.Spec.Pools).Select(pool => pool.Template.Image).Distinct(StringComparer.Ordinal))
        {
            var refusal = await Assert.ThrowsAnyAsync<DockerApiException>(
                () => engine.Containers.CreateContainerAsync(new CreateContainerParameters { Image = image }, Token));
            if (refusal.StatusCode != HttpStatusCode.NotFound)
            {
                refusals.Add($"{image}: {refusal.ResponseBody}");
            }
        }

        Assert.Empty(refusals);
    }

    private static WorkloadSpec WorkloadOf(PoolSpec pool) => new()
    {
        Allocation = AllocationId.For(pool.Name, ulong.MaxValue, int.MaxValue),
        Attempt = int.MaxValue,
        Pool = pool.Name,
        Revision = PoolRevisions.Compute(pool.Template),
        Template = pool.Template,
    };

    private static IEnumerable<string> Complaints(CreateContainerParameters container)
    {
        if (!Name().IsMatch(container.Name!))
        {
            yield return $"its name is {container.Name}";
        }

        foreach (var variable in container.Env!.Where(variable => variable.IndexOf('=') < 1 || variable.Contains('\0')))
        {
            yield return $"variable '{variable}' has no name, or a NUL";
        }

        var host = container.HostConfig!;
        foreach (var mount in host.Mounts!)
        {
            if (mount.Type == "volume" && !Name().IsMatch(mount.Source!))
            {
                yield return $"volume '{mount.Source}' needs two characters of [a-zA-Z0-9][a-zA-Z0-9_.-]";
            }

            if (Cleaned(mount.Target!) == "/")
            {
                yield return $"target '{mount.Target}' is the root";
            }
        }

        var points = host.Mounts!.Select(mount => Cleaned(mount.Target!)).Concat(host.Tmpfs?.Keys ?? []).ToList();
        foreach (var twice in points.GroupBy(point => point, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            yield return $"something is mounted at {twice.Key} twice";
        }
    }

    private static string Cleaned(string target) => Path.GetFullPath(target.TrimEnd('/') + "/").TrimEnd('/') is { Length: > 0 } path ? path : "/";

    /// <summary>What a placement would have made sure of: the cores of this machine, directories that exist, an image that is here.</summary>
    private static void OnThisMachine(CreateContainerParameters container)
    {
        container.Image = TestImage.Name;
        var host = container.HostConfig!;
        host.NanoCPUs = Math.Min(host.NanoCPUs, 1_000_000_000);
        foreach (var mount in host.Mounts!.Where(mount => mount.Type == "bind"))
        {
            mount.Source = "/tmp";
        }
    }

    private static async Task<List<string>> VolumesAsync(DockerClient engine) =>
        [.. ((await engine.Volumes.ListAsync(Token)).Volumes ?? []).Select(volume => volume.Name)];

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.\-]+\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();
}
