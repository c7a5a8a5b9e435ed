using Nexus.Core.Spec;
using Nexus.Manifests.Tests.Exports;
using Nexus.Manifests.Tests.Kubernetes;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>What people run is imported, is valid, is exported, and comes back the same.</summary>
public sealed class RealFilesTests
{
    public static TheoryData<string> Names => RealFiles.Names;

    public static TheoryData<string, string, string> Pools => new()
    {
        { "wordpress", "wordpress mysql", "" },
        { "rails-sidekiq", "web sidekiq db redis", "migrate is a task that ends" },
        { "django-celery", "web worker beat postgres rabbit", "web migrates, and then serves" },
        { "kafka", "kafka ui", "topics are made once" },
        { "airflow", "postgres redis airflow-webserver airflow-scheduler airflow-worker", "others wait for airflow-init; flower has a profile" },
        { "voting", "vote result worker redis db", "seed has a profile" },
        { "minio", "minio app", "buckets are made once" },
        { "plausible", "plausible-db plausible-events-db plausible", "its command ends by running" },
        { "rabbitmq", "rabbitmq consumer", "a server that is restarted on failure serves all the same" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_imported_and_comes_back_the_same(string name)
    {
        var imported = RealFiles.Import(name, "*");
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var read = SpecReader.Read(imported.Yaml, "nexus.yaml");
        Assert.True(read.IsValid, string.Join('\n', read.Lines));

        var once = ExportSamples.ToCompose(imported.Yaml).Files.Single().Content;
        var again = ComposeImportTests.Import(once);
        Assert.True(again.Yaml is not null, string.Join('\n', again.Problems));
        var twice = ExportSamples.ToCompose(again.Yaml).Files.Single().Content;

        Assert.Equal(WithoutCluster(once), WithoutCluster(twice));
        Assert.Equal(Specs(imported.Yaml), Specs(again.Yaml));
    }

    [Theory]
    [MemberData(nameof(Pools))]
    public void Services_that_run_on_become_pools(string name, string expected, string because)
    {
        var imported = RealFiles.Import(name);
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));

        var found = string.Join(' ', ExportSamples.Read(imported.Yaml).Pools.Select(pool => pool.Name.Value));

        Assert.True(expected == found, $"{because}: found {found}");
    }

    [Fact]
    public async Task Kubernetes_accepts_all_of_them() => Assert.Equal("", await KubernetesSchemas.ComplaintsAsync(
        Names.SelectMany(row => ExportSamples.ToKubernetes(RealFiles.Import(row.Data, "*").Yaml!).Files.Select(file => file.Content))));

    [Fact]
    public void There_are_twenty() => Assert.Equal(20, RealFiles.Names.Count);

    // Only the file that was exported names its cluster.
    private static string WithoutCluster(string text) => string.Join('\n', text.Split('\n').Where(line => !line.Contains("x-nexus-cluster", StringComparison.Ordinal) && !line.StartsWith('#')));

    private static string Specs(string yaml) => string.Join('\n', ExportSamples.Read(yaml).Pools.Select(pool =>
        $"{pool.Name} {pool.MinReplicas} {pool.Template.Image} {string.Join('|', pool.Template.Command)} {string.Join('|', pool.Template.Env)} {pool.Template.Port} "
        + $"{pool.Template.HostPort} {pool.Template.Resources} {string.Join('|', pool.Template.Volumes)} {pool.Template.Health.Type} {pool.Template.Health.StartupTimeout} "
        + $"{pool.Template.Health.Interval} {pool.Template.Health.Timeout} {pool.Template.Health.UnhealthyThreshold} {pool.Template.Drain.StopTimeout}"));
}
