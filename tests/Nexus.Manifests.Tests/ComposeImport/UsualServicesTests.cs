using k8s;
using k8s.Models;
using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>A web application, its database and its cache: what most compose files are.</summary>
public sealed class UsualServicesTests
{
    private const string Usual = """
        services:
          web:
            image: shop/web:1
            user: 1000
            expose: [8000]
            environment:
              DATABASE_URL: postgres://app@db:5432/app
              CACHE: cache:6379
          db:
            image: postgres:16
            user: 999
            volumes: ["data:/var/lib/postgresql/data"]
          cache:
            image: redis:7
            user: 999
        volumes:
          data:
        """;

    public static TheoryData<string, string, string> Ports => new()
    {
        { "", "db none, cache none", "nothing is guessed by an image's name" },
        { "expose: [5432]", "db 5432, cache none", "exposed" },
        { "expose: ['5432/tcp', '53/udp']", "db 5432, cache none", "a pool serves TCP" },
        { "expose: ['5432-5433']", "db 5432, cache none", "the first of a range" },
        { "expose: ['53/udp']", "db none, cache none", "UDP is no port of a pool" },
        { "ports: ['5432']", "db 5432, cache none", "published" },
    };

    [Theory]
    [MemberData(nameof(Ports))]
    public void What_is_found_is_said_of_those_with_a_port_alone(string keys, string expected, string because)
    {
        var imported = ComposeImportTests.Import(With(keys));
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var pools = ExportSamples.Read(imported.Yaml).Pools.Where(pool => pool.Name.Value != "web").ToList();

        var found = string.Join(", ", pools.Select(pool => $"{pool.Name} {pool.Template.Port?.ToString() ?? "none"}"));

        Assert.True(expected == found, $"{because}: found {found}");
        Assert.All(pools, pool =>
        {
            var told = imported.Problems.Select(p => p.Format("compose.yaml")).ToList();
            var isFound = pool.Template.Port is not null;
            Assert.Equal(isFound, imported.Yaml.Contains($"# {pool.Name} is found as {pool.Name}.service.consul\n", StringComparison.Ordinal));
            Assert.Equal(!isFound, imported.Yaml.Contains($"# {pool.Name} has no port, so it cannot be reached: add port to pool {pool.Name}\n", StringComparison.Ordinal));
            Assert.Equal(!isFound, told.Exists(line => line.Contains($"warning: services.{pool.Name}: has no port", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void What_has_no_port_is_warned_of_where_it_is_and_where_it_is_named() => Assert.Equal(
        [
            "compose.yaml:7:7: warning: services.web.environment.DATABASE_URL: names the service db, which has no port and cannot be reached: "
                + "add port: 5432 to worker_pools.db",
            "compose.yaml:8:7: warning: services.web.environment.CACHE: names the service cache, which has no port and cannot be reached: "
                + "add port: 6379 to worker_pools.cache",
            "compose.yaml:9:3: warning: services.db: has no port, neither under ports nor under expose, so others cannot reach it: "
                + "add port: 5432 to its pool, which others ask for",
            "compose.yaml:13:3: warning: services.cache: has no port, neither under ports nor under expose, so others cannot reach it: "
                + "add port: 6379 to its pool, which others ask for",
        ],
        Imported("").Problems.Where(p => !p.Key.Contains("volumes", StringComparison.Ordinal)).Select(p => p.Format("compose.yaml")));

    [Fact]
    public void It_names_no_schema_that_is_not_beside_it()
    {
        Assert.StartsWith("# Made by `nexus import compose` of compose.yaml.\nworker_pools:\n", Imported("").Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("schema", Imported("").Yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void Exported_to_Kubernetes_what_writes_is_recreated_and_what_has_a_port_is_a_service()
    {
        var objects = ExportSamples.ToKubernetes(Imported("expose: [5432]").Yaml!).Files.SelectMany(file => KubernetesYaml.LoadAllFromString(file.Content)).ToList();

        Assert.Equal(["web RollingUpdate", "db Recreate", "cache RollingUpdate"],
            objects.OfType<V1Deployment>().Select(one => $"{one.Metadata.Name} {one.Spec.Strategy.Type}"));
        Assert.Equal(["web 8000", "db 5432"],
            objects.OfType<V1Service>().Select(one => $"{one.Metadata.Name} {one.Spec.Ports.Single().Port}"));
    }

    [Fact]
    public void Exported_to_Compose_what_writes_stops_first()
    {
        var services = ExportSamples.ToCompose(Imported("expose: [5432]").Yaml!).Files.Single().Content.Split("    image: ").Skip(1);

        Assert.Equal(["shop/web:1 start-first 8000", "postgres:16 stop-first 5432", "redis:7 start-first none"],
            services.Select(text => $"{text.Split('\n')[0]} {After(text, "order: ")} {After(text, "expose:\n      - ").Trim('"')}"));

        static string After(string text, string key) =>
            text.Split(key) is [_, var rest, ..] ? rest.Split('\n')[0] : "none";
    }

    private static ComposeImported Imported(string keys)
    {
        var imported = ComposeImportTests.Import(With(keys));
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        return imported;
    }

    private static string With(string keys) =>
        keys.Length == 0 ? Usual : Usual.Replace("    image: postgres:16\n", $"    image: postgres:16\n    {keys}\n", StringComparison.Ordinal);
}
