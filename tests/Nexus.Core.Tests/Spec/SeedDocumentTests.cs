using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

public sealed class SeedDocumentTests
{
    private const string Seed = """
        worker_pools:
          web:
            min_replicas: 3
            max_replicas: 10
            image: nginx:latest
            port: 80

          api:
            min_replicas: 3
            max_replicas: 10
            image: my-api:latest
            port: 8080

          database:
            min_replicas: 2
            max_replicas: 5
            image: postgres:16
            port: 5432
        """;

    [Fact]
    public void Read_takes_the_seed_document_unchanged()
    {
        var result = SpecReader.Read(Seed, "nexus.yaml");

        Assert.Empty(result.Lines);
        var spec = result.Spec!;
        Assert.Equal("nexus", spec.Cluster);
        Assert.Equal(
            ["web 3-10 nginx:latest 80", "api 3-10 my-api:latest 8080", "database 2-5 postgres:16 5432"],
            spec.Pools.Select(p => $"{p.Name} {p.MinReplicas}-{p.MaxReplicas} {p.Template.Image} {p.Template.Port}"));
        Assert.All(spec.Pools, pool => Assert.Equal(HealthCheckType.Tcp, pool.Template.Health.Type));
        var route = Assert.Single(spec.Gateway.Routes);
        Assert.Equal("null / web False", $"{route.Host ?? "null"} {route.Path} {route.Pool} {route.StripPrefix}");
    }
}
