using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Which services become pools, by their profiles and by whether they run on.</summary>
public sealed class SelectedServicesTests
{
    private const string Profiles = """
        services:
          web: {image: a, user: 1, expose: [80], depends_on: [debug]}
          debug: {image: b, user: 1, expose: [81], profiles: [debug, all]}
          docs: {image: c, user: 1, expose: [82], profiles: [docs]}
        """;

    public static TheoryData<string, string> Active => new()
    {
        { "", "web" },
        { "debug", "web debug" },
        { "all,docs", "web debug docs" },
        { "*", "web debug docs" },
        { "Debug", "web" },
    };

    public static TheoryData<string, string, string> Tasks => new()
    {
        { "migrate: {image: a, command: bin/up}, app: {image: a, depends_on: {migrate: {condition: service_completed_successfully}}}", "app", "awaited" },
        { "x: {image: a, restart: always, ports: [80]}, y: {image: a, depends_on: {x: {condition: service_completed_successfully}}}", "y", "awaited, whatever else it has" },
        { "x: {image: a, deploy: {mode: replicated-job}}, y: {image: a}", "y", "a job of Swarm" },
        { "db-init: {image: a}, y: {image: a}", "y", "its name" },
        { "db-init: {image: a, restart: always}, y: {image: a}", "db-init y", "it is restarted always" },
        { "db-init: {image: a, expose: [80]}, y: {image: a}", "db-init y", "it serves" },
        { "x: {image: a, command: rails db:migrate}, y: {image: a}", "y", "its command" },
        { "x: {image: a, command: sh -c 'rails db:migrate && rails server'}, y: {image: a}", "x y", "the last command serves" },
        { "x: {image: a, restart: 'no'}, y: {image: a}", "y", "not restarted, and needed by none" },
        { "x: {image: a, restart: 'no'}, y: {image: a, depends_on: [x]}", "x y", "another needs it while it runs" },
        { "x: {image: a, restart: 'no'}, y: {image: a, environment: {H: 'http://x/'}}", "x y", "another names it" },
        { "x: {image: a, restart: 'no'}", "x", "there is nothing else" },
        { "x: {image: a, restart: on-failure}, y: {image: a}", "x y", "a worker that is restarted on failure runs on" },
        { "pg-seed: {image: a}, y: {image: a, environment: {PEERS: 'pg-seed:7000'}}", "pg-seed y", "the first of a cluster is no task, whatever its name" },
        { "setup: {image: a}, y: {image: a, depends_on: {setup: {condition: service_started}}}", "setup y", "another needs it while it runs" },
        { "x: {image: a, command: 'api --migrate --bind :7000'}, y: {image: a}", "x y", "a flag among others proves nothing" },
        { "x: {image: a, command: 'tool --migrate'}, y: {image: a}", "y", "a flag at the end does" },
        { "x: {image: a, restart: 'no'}, y: {image: a, env_file: [hosts]}", "x y", "named in a file of variables" },
        { "x: {image: a, restart: 'no', container_name: box}, y: {image: a, environment: {H: 'http://box/'}}", "x y", "named as its container" },
        { "x: {image: a, restart: 'no', networks: {n: {aliases: [other]}}}, y: {image: a, environment: {H: 'http://OTHER/'}}", "x y", "named by an alias, in another case" },
        { "x: {image: a, restart: 'no'}, y: {image: a, environment: {H: 'http://X:81/'}}", "x y", "names of hosts have no case" },
        { "x: {image: a, restart: 'no'}, y: {image: a, links: ['x:near']}", "x y", "linked" },
        { "x: {image: a, restart: 'no'}, y: {image: a, network_mode: 'service:x'}", "x y", "another uses its network" },
        { "x: {image: a, restart: 'no'}, y: {image: a, volumes_from: ['x:ro']}", "x y", "another uses its volumes" },
        { "x: {image: a, restart: 'no'}, y: {image: a, labels: {upstream: 'http://x:81'}}", "x y", "named in a label" },
        { "x: {image: a, restart: 'no', labels: ['traefik.http.routers.x.rule=Host(`x.io`)']}, y: {image: a}", "x y", "a proxy routes to it" },
        { "x: {image: a, restart: 'no', environment: {ME: 'http://x:80'}}, y: {image: a}", "y", "only it names itself" },
        { "x: {image: a, deploy: {restart_policy: {condition: none}}}, y: {image: a}", "y", "Swarm's word for it" },
    };

    [Theory]
    [MemberData(nameof(Active))]
    public void Services_of_other_profiles_are_left_out(string profiles, string expected)
    {
        var imported = Import(Profiles, profiles.Split(',', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(expected, Pools(imported));
        Assert.Equal(3 - expected.Split(' ').Length, imported.Problems.Count(p => p.Message.StartsWith("is left out: its profile", StringComparison.Ordinal)));
        Assert.Equal(!expected.Contains("debug", StringComparison.Ordinal), imported.Problems.Any(p => p is { Key: "services.web.depends_on", Message: "needs debug, which is left out: import it with --profile debug" }));
    }

    [Fact]
    public void A_profile_that_nobody_has_is_told_of() => Assert.Contains(
        Import(Profiles, ["dbug"]).Problems, p => p.Message == "no service has the profile dbug; did you mean 'debug'?");

    [Fact]
    public void Without_any_service_left_the_way_out_is_named()
    {
        var imported = Import("services: {a: {image: a, profiles: [x]}}");

        Assert.Null(imported.Yaml);
        Assert.Contains(imported.Problems, p => p.Message.Contains("--profile", StringComparison.Ordinal) && p.Key == "services");
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Tasks_that_end_are_left_out(string services, string expected, string because)
    {
        var imported = Import($"services: {{{services}}}");

        Assert.True(expected == Pools(imported), $"{because}: {Pools(imported)}");
        Assert.All(imported.Problems.Where(p => p.Message.StartsWith("is left out", StringComparison.Ordinal)),
            p => Assert.Contains($"run it by hand: docker compose -f compose.yaml run --rm --no-deps {p.Key.Split('.')[1]}", p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_waits_for_a_task_is_told_how_to_run_it() => Assert.Contains(
        Import("services: {m: {image: a}, app: {image: a, depends_on: {m: {condition: service_completed_successfully}}}}").Problems,
        p => p.Key == "services.app.depends_on.m" && p.Message == "needs m, which is left out: run it by hand: docker compose -f compose.yaml run --rm --no-deps m");

    [Fact]
    public void A_port_named_in_a_file_of_variables_is_advised() => Assert.Contains(
        Import("services: {x: {image: a, user: 1}, y: {image: a, env_file: [hosts]}}").Problems,
        p => p.Key == "services.x" && p.Message.Contains("add port: 5433 to its pool", StringComparison.Ordinal));

    [Fact]
    public void A_task_that_another_needs_while_it_runs_is_warned_of() => Assert.Contains(
        Import("services: {setup: {image: a}, y: {image: a, depends_on: [setup]}}").Problems,
        p => p.Key == "services.setup" && p.Message.StartsWith("may run to completion (its name is that of a task that ends)", StringComparison.Ordinal));

    [Fact]
    public void The_command_for_a_task_is_of_the_same_project()
    {
        var imported = ComposeImporter.Compute(new ComposeSource("services: {m: {image: a}, app: {image: a, depends_on: {m: {condition: service_completed_successfully}}}}", "my files/a.yaml", "/srv/p", _ => null, _ => null)
        {
            ProjectName = "shop",
            ProjectDirectory = "it's here",
            EnvironmentFiles = ["one.env", "$two.env"],
            Overrides = [new ComposeText("b.yaml", "services: {}")],
            Profiles = ["*", "dev"],
        });

        Assert.Contains(imported.Problems, p => p.Key == "services.m" && p.Message.EndsWith(
            @"run it by hand: docker compose -p shop -f 'my files/a.yaml' -f b.yaml --project-directory 'it'\''s here' --env-file one.env --env-file '$two.env' --profile '*' --profile dev run --rm --no-deps m",
            StringComparison.Ordinal));
    }

    private static string Pools(ComposeImported imported)
    {
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        return string.Join(' ', ExportSamples.Read(imported.Yaml).Pools.Select(pool => pool.Name.Value));
    }

    private static ComposeImported Import(string text, params string[] profiles) => ComposeImporter.Compute(
        new ComposeSource(text, "compose.yaml", "/srv/p", _ => null, path => path == "/srv/p/hosts" ? "URL=http://x:5433/\n" : null) { Profiles = [.. profiles] });
}
