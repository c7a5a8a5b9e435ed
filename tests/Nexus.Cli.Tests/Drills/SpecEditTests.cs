using Nexus.Cli.Drills.Faults;
using Nexus.Core.Spec;

namespace Nexus.Cli.Tests.Drills;

public sealed class SpecEditTests
{
    private const string Yaml = """
        # a comment
        cluster: demo
        drills: allowed
        worker_pools:
          web:
            image: sample:1
            port: 8080
            min_replicas: 3
            env: &env { A: "1" }
            health: &health { path: /health, interval: 1s }
            process: &app
              command: [dotnet, app.dll]
          api:
            image: sample:1
            port: 8080
            env: *env
            health: *health
            process: *app
          both: &both
            image: sample:1
            port: 8080
            env: { B: "2" }
          more:
            <<: *both
            min_replicas: 2
        gateway:
          routes:
            - { path: /, pool: web }
        """;

    private static readonly ClusterSpec Before = Read(Yaml);

    [Fact]
    public void A_variable_comes_beside_those_there_are()
    {
        var after = Read(new SpecEdit(Yaml, "web").Variable("DRILL_RUN", "7").ToString());

        Assert.Equal([KeyValuePair.Create("A", "1"), KeyValuePair.Create("DRILL_RUN", "7")], Pool(after, "web").Template.Env);
        OnlyDiffers(after, "web");
    }

    [Fact]
    public void A_command_is_replaced_in_the_container_and_in_the_process()
    {
        var after = Read(new SpecEdit(Yaml, "web").Command("/bin/sh", "-c", "exit 3").ToString());

        Assert.Equal(["/bin/sh", "-c", "exit 3"], Pool(after, "web").Template.Command);
        Assert.Equal(["/bin/sh", "-c", "exit 3"], Pool(after, "web").Template.Process!.Command);
        OnlyDiffers(after, "web");
    }

    [Fact]
    public void Replicas_raise_the_most_with_them_and_leave_the_revision()
    {
        var after = Read(new SpecEdit(Yaml, "web").Replicas(20).ToString());

        Assert.Equal((20, 20), (Pool(after, "web").MinReplicas, Pool(after, "web").MaxReplicas));
        Assert.Equal(PoolRevisions.Compute(Pool(Before, "web").Template), PoolRevisions.Compute(Pool(after, "web").Template));
        OnlyDiffers(after, "web");
    }

    [Fact]
    public void What_was_merged_in_is_kept()
    {
        var after = Read(new SpecEdit(Yaml, "more").Variable("C", "3").Set("image", "none:0").ToString());

        Assert.Equal(["B", "C"], Pool(after, "more").Template.Env.Keys);
        Assert.Equal("none:0", Pool(after, "more").Template.Image);
        OnlyDiffers(after, "more");
    }

    /// <summary>Also those that share nodes with the changed pool by aliases stay what they were.</summary>
    private static void OnlyDiffers(ClusterSpec after, string pool)
    {
        Assert.True(after.DrillsAllowed);
        Assert.Equal(Before.Gateway.Routes, after.Gateway.Routes);
        foreach (var other in Before.Pools.Where(p => p.Name.Value != pool))
        {
            Assert.Equal(PoolRevisions.Compute(other.Template), PoolRevisions.Compute(Pool(after, other.Name.Value).Template));
        }
    }

    private static PoolSpec Pool(ClusterSpec spec, string name) => spec.Pools.Single(p => p.Name.Value == name);

    private static ClusterSpec Read(string yaml)
    {
        var read = SpecReader.Read(yaml, "spec");
        Assert.True(read.IsValid, $"{string.Join("\n", read.Problems)}\n{yaml}");
        return read.Spec!;
    }
}
