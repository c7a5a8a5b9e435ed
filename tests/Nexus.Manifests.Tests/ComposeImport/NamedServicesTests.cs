namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>What is said of services that others name: which one is meant, at which port, and what has to be done for it.</summary>
public sealed class NamedServicesTests
{
    public static TheoryData<string, string, string> Said => new()
    {
        { "a: {image: a, environment: {U: 'amqp://a:a@q:5672/'}}, q: {image: a, ports: ['15672:15672', '5672:5672']}",
            "a.environment.U: names the service q at port 5672, which its pool does not serve: worker_pools.q has port 15672, and a pool has one", "the second port" },
        { "a: {image: a, environment: {U: 'amqp://q:5672/'}}, q: {image: a, ports: ['15672:15672', '5672:5672']}",
            "q.ports[1]: port 5672 is not carried over: a pool has one port, 15672; others ask for 5672", "told at the port, too" },
        { "a: {image: a, environment: {U: 'amqp://q/', V: 'http://q:15672'}}, q: {image: a, ports: ['5672:5672']}",
            "a.environment.U: names the service q, found as q.service.consul at the port that the catalog entry says", "the usual port is the pool's" },
        { "a: {image: a, environment: {HOSTS: 'q,r'}}, q: {image: a}, r: {image: a}",
            "a.environment.HOSTS: names the services q and r, which have no port and cannot be reached: add port: to worker_pools.q and port: to worker_pools.r", "both" },
        { "a: {image: a, command: [--to, 'redis://q/1']}, q: {image: a}",
            "a.command: names the service q, which has no port and cannot be reached: add port: 6379 to worker_pools.q", "arguments" },
        { "a: {image: a, entrypoint: [wait, 'q:80']}, q: {image: a}", "a.entrypoint: names the service q, which has no port and cannot be reached: add port: 80 to worker_pools.q", "entrypoints" },
        { "a: {image: a, healthcheck: {test: 'curl -f http://q:80/'}}, q: {image: a}",
            "a.healthcheck.test: names the service q, which has no port and cannot be reached: add port: 80 to worker_pools.q", "health checks" },
        { "a: {image: a, environment: {DB_HOST: shop_db}}, db_1: {image: a, container_name: shop_db, expose: [5432]}",
            "a.environment.DB_HOST: names the service db_1, found as db-1.service.consul at the port that the catalog entry says", "a container's name" },
        { "a: {image: a, environment: {DB_HOST: store}}, db: {image: a, expose: [5432], networks: {n: {aliases: [store]}}}",
            "a.environment.DB_HOST: names the service db, found as db.service.consul at the port that the catalog entry says", "an alias" },
        { "a: {image: a, links: ['db:store'], environment: {DB_HOST: store}}, db: {image: a, expose: [5432]}",
            "a.environment.DB_HOST: names the service db, found as db.service.consul at the port that the catalog entry says", "a link" },
        { "a: {image: a, environment: {U: 'http://s/'}}, s: {image: a, profiles: [x]}", "a.environment.U: names the service s, which is left out", "there is no such pool" },
    };

    [Theory]
    [MemberData(nameof(Said))]
    public void The_host_is_named(string services, string expected, string because)
    {
        var said = ComposeImportTests.Import($"services: {{{services}}}").Problems.Select(p => $"{p.Key}: {p.Message}").ToList();

        Assert.True(said.Contains($"services.{expected}", StringComparer.Ordinal), $"{because}: {string.Join('\n', said)}");
    }

    [Theory]
    [InlineData("a: {image: a, environment: {POSTGRES_USER: db, POSTGRES_DB: db}}, db: {image: a, environment: {POSTGRES_USER: a}}")]
    [InlineData("a: {image: a, command: [db, migrate-all, -d, db]}, db: {image: a}")]
    [InlineData("a: {image: a, environment: {U: 'http://db.example.org/db'}}, db: {image: a}")]
    public void Nothing_is_said_where_it_is_unsure(string services) => Assert.DoesNotContain(
        ComposeImportTests.Import($"services: {{{services}}}").Problems, p => p.Message.Contains("names the service", StringComparison.Ordinal));
}
