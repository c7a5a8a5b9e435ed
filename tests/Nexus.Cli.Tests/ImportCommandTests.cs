using System.Text.Json;
using Nexus.Cli.Tests.Fakes;
using Nexus.Testing;

namespace Nexus.Cli.Tests;

/// <summary>Which files and variables make a project, and so the names of its volumes.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private const string Service = "services: {db: {image: 'a:${TAG:-0}', user: '1', volumes: ['pg:/d']}}\nvolumes: {pg: {}}\n";
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    public static TheoryData<string, string[], string[], string[], string> Projects => new()
    {
        { "shop_pg a:0", ["compose.yaml"], [".env|COMPOSE_PROJECT_NAME=shop"], [], "named in .env" },
        { "env_pg a:0", ["compose.yaml"], [".env|COMPOSE_PROJECT_NAME=shop"], ["COMPOSE_PROJECT_NAME=env"], "the environment first" },
        { "flag_pg a:0", ["-p", "flag", "compose.yaml"], [".env|COMPOSE_PROJECT_NAME=shop"], ["COMPOSE_PROJECT_NAME=env"], "the flag before" },
        { "myapp_pg a:1", ["My.App/compose.yaml"], ["My.App/.env|TAG=1", ".env|TAG=2"], [], "folder and .env of the file" },
        { "other_pg a:2", ["--project-directory", "Other", "My.App/compose.yaml"], ["My.App/.env|TAG=1", "Other/.env|TAG=2"], [], "another folder" },
        { "shop_pg a:4", ["--env-file", "one.env", "--env-file", "two.env", "compose.yaml"], [".env|TAG=1", "one.env|TAG=3\nCOMPOSE_PROJECT_NAME=shop", "two.env|TAG=4"], [], "other files" },
        { "shop_pg a:5", ["compose.yaml"], [".env|COMPOSE_PROJECT_NAME=shop\nTAG=1"], ["TAG=5"], "the environment has precedence" },
        { "shop_pg a:3", ["-p", "shop", "compose.yaml"], [".env|TAG=1", "one.env|TAG=3"], ["COMPOSE_ENV_FILES=one.env"], "files by variable" },
        { "shop_pg a:0", ["-p", "shop", "compose.yaml"], [".env|TAG=1"], ["COMPOSE_DISABLE_ENV_FILE=1"], "no file" },
        { "own a:0", ["-p", "shop", "compose.yaml", "over.yaml"], ["over.yaml|volumes: {pg: {name: own}}"], [], "two files" },
        { "named_pg a:0", [], ["over.yaml|name: named"], ["COMPOSE_FILE=compose.yaml:over.yaml"], "files by variable" },
        { "named_pg a:7", [], ["over.yaml|name: named", ".env|COMPOSE_FILE=My.App/compose.yaml;over.yaml\nCOMPOSE_PATH_SEPARATOR=;\nTAG=7", "My.App/.env|TAG=8"], [], "in .env, which has precedence over that of the file" },
        { "named_pg a:9", [], ["compose.override.yml|name: named\nservices: {db: {image: 'a:9'}}"], [], "an override file is read" },
        { "named_pg a:0", [], ["docker-compose.override.yaml|name: named"], [], "under an older name" },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task A_project_is_the_one_that_Compose_makes(string expected, string[] args, string[] files, string[] variables, string because)
    {
        _run.Write("compose.yaml", Service);
        _run.Write("My.App/compose.yaml", Service);
        Directory.CreateDirectory(Path.Combine(_run.Directory, "Other"));
        var environment = variables.Select(one => one.Split('=', 2)).ToDictionary(one => one[0], one => one[1], StringComparer.Ordinal);
        foreach (var file in files.Select(one => one.Split('|')))
        {
            _run.Write(file[0], file[1]);
        }

        foreach (var (name, value) in environment)
        {
            _run.Set(name, value);
        }

        var imported = await _run.RunAsync(["import", "compose", .. args]);

        Assert.True(imported.Code == 0, imported.Error);
        Assert.Equal(expected, $"{Value(imported.Out, "source: ")} {Value(imported.Out, "image: ")}");
        Assert.True(await ComposeAsync(args, environment) == expected, because);
    }

    [Theory]
    [InlineData("compose.yaml: warning: compose.override.yaml is not read because a file is named on the command line", "compose.override.yaml|services: {}", "", "compose.yaml")]
    [InlineData("compose.yaml: warning: COMPOSE_FILE also lists prod.yaml, not read because a file is named", "prod.yaml|name: prod", "COMPOSE_FILE=compose.yaml:prod.yaml", "compose.yaml")]
    [InlineData("compose.yaml: error: .env:2: unterminated quoted value", ".env|A=1\nB=\"x\n", "", "compose.yaml")]
    [InlineData("compose.yaml: warning: .env:1: variable GONE is not set", ".env|A=$GONE", "", "compose.yaml")]
    [InlineData("over.yaml:1:17: error: services.db.imge: unknown key; did you mean 'image'?", "over.yaml|services: {db: {imge: x}}", "", "compose.yaml", "over.yaml")]
    [InlineData("error: gone.env cannot be read", "", "", "--env-file", "gone.env", "compose.yaml")]
    [InlineData("error: gone.yaml does not exist", "", "COMPOSE_FILE=gone.yaml")]
    [InlineData("error: --project-name: found \"No Name\", which Compose refuses as a project name", "", "", "-p", "No Name", "compose.yaml")]
    public async Task Nothing_is_ignored_in_silence(string words, string file, string variable, params string[] args)
    {
        _run.Write("compose.yaml", Service);
        if (file.Split('|') is [var name, var text])
        {
            _run.Write(name, text);
        }

        if (variable.Split('=', 2) is [var key, var value])
        {
            _run.Set(key, value);
        }

        Assert.Contains(words, (await _run.RunAsync(["import", "compose", .. args])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_compose_file_it_is_told_where_it_was_looked_for()
    {
        Directory.CreateDirectory(Path.Combine(_run.Directory, "empty"));

        var result = await _run.RunAsync("import", "compose", "--project-directory", "empty");

        Assert.Equal(2, result.Code);
        Assert.Contains($"There is no compose file in {_run.Directory}/empty or above it (looked for compose.yaml, compose.yml,", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_behind_a_link_names_the_project_as_the_link_is_named()
    {
        _run.Write("v2/compose.yaml", Service);
        Directory.CreateSymbolicLink(Path.Combine(_run.Directory, "current"), Path.Combine(_run.Directory, "v2"));

        var imported = await _run.RunAsync("import", "compose", "current/compose.yaml");

        Assert.Equal("current_pg", Value(imported.Out, "source: "));
        Assert.Contains($"the folder {_run.Directory}/current is reached by a symbolic link to one named v2", imported.Error, StringComparison.Ordinal);
        Assert.Equal("current_pg a:0", await ComposeAsync(["current/compose.yaml"], new Dictionary<string, string>()));
    }

    [Fact]
    public async Task Problems_of_another_file_name_it_in_json()
    {
        _run.Write("compose.yaml", Service);
        _run.Write("over.yaml", "services: {db: {links: [x]}}");

        var result = await _run.RunAsync("import", "compose", "compose.yaml", "over.yaml", "-o", "json");

        using var json = JsonDocument.Parse(result.Out);
        Assert.Contains(json.RootElement.GetProperty("problems").EnumerateArray(), problem => problem.GetProperty("message").GetString()!.StartsWith("over.yaml: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Problems_are_json_also_where_nothing_is_made_of_the_file()
    {
        _run.Write("compose.yaml", Service);
        _run.Write("over.yaml", "services: {db: {imge: x}}");

        var result = await _run.RunAsync("import", "compose", "compose.yaml", "over.yaml", "-o", "json");

        using var json = JsonDocument.Parse(result.Out);
        Assert.NotEqual(0, result.Code);
        Assert.Empty(json.RootElement.GetProperty("files").EnumerateArray());
        Assert.Contains(json.RootElement.GetProperty("problems").EnumerateArray(), problem =>
            problem.GetProperty("severity").GetString() == "error" && problem.GetProperty("message").GetString() == "over.yaml: unknown key; did you mean 'image'?");
    }

    [Fact]
    public async Task A_task_is_run_by_hand_with_the_files_and_options_that_were_read()
    {
        _run.Write("compose.yaml", "services: {up: {image: a, deploy: {mode: replicated-job}}, db: {image: a}}");
        _run.Write("compose.override.yaml", "");
        _run.Write("my vars", "A=1");

        var result = await _run.RunAsync("import", "compose", "-p", "shop", "--env-file", "my vars", "--profile", "x");

        Assert.Contains("docker compose -p shop -f compose.yaml -f compose.override.yaml --env-file 'my vars' --profile x run --rm --no-deps up\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_Compose_prints_is_read_the_same()
    {
        _run.Write("compose.yaml", "services: {db: {image: a, user: '1', environment: {A: '$$x ${B:-y}'}, volumes: ['pg:/d', './c:/c:ro'], ports: ['8080:80'], expose: [80]}}\nvolumes: {pg: {}}\n");
        var (_, printed, _) = await ComposeProgram.RunAsync(_run.Directory, new Dictionary<string, string>(), ["-p", "shop", "config"], TestContext.Current.CancellationToken);
        _run.Write("printed.yaml", printed);

        var first = await _run.RunAsync("import", "compose", "-p", "shop", "compose.yaml", "--output-path", "first.yaml");
        var second = await _run.RunAsync("import", "compose", "printed.yaml", "--output-path", "second.yaml");

        Assert.Equal((0, 0), (first.Code, second.Code));
        Assert.Equal(await ReadAsync("first.yaml"), await ReadAsync("second.yaml"));

        async Task<string> ReadAsync(string name) =>
            string.Join('\n', (await File.ReadAllLinesAsync(Path.Combine(_run.Directory, name), TestContext.Current.CancellationToken)).Skip(1));
    }

    // Volume and image as Compose has them.
    private async Task<string> ComposeAsync(string[] args, Dictionary<string, string> variables)
    {
        var composeArgs = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            composeArgs.AddRange(args[i].StartsWith('-') ? [args[i], args[++i]] : ["-f", args[i]]);
        }

        var (code, output, error) = await ComposeProgram.RunAsync(_run.Directory, variables, [.. composeArgs, "config", "--format", "json"], TestContext.Current.CancellationToken);
        Assert.True(code == 0, error);
        using var config = JsonDocument.Parse(output);
        return $"{config.RootElement.GetProperty("volumes").GetProperty("pg").GetProperty("name")} {config.RootElement.GetProperty("services").GetProperty("db").GetProperty("image")}";
    }

    private static string Value(string yaml, string key) => yaml.Split(key) is [_, var rest, ..] ? rest.Split('\n')[0] : "none";
}
