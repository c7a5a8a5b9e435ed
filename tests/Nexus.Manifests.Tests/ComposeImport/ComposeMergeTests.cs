using Nexus.Core.Spec;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>A file over another.</summary>
public sealed class ComposeMergeTests
{
    public static TheoryData<string, string, string, string> Merged => new()
    {
        { "image: a:1", "image: a:2", "image: a:2", "a text is replaced" },
        { "image: a:1", "image:", "image: a:1", "nothing replaces nothing" },
        { "command: [a, b]", "command: c", "command: [c]", "a command is replaced" },
        { "environment: [A=1, B=1]", "environment: {B: 2, C: 3}", "A: \"1\"\n      B: \"2\"\n      C: \"3\"", "variables in both forms" },
        { "environment: {A: 1}", "environment: [A=]", "A: \"\"", "a later one stays" },
        { "volumes: ['x:/d', 'y:/e']", "volumes: ['./z:/d:ro']", "- /srv/p/z:/d:ro\n      - source: p_y", "volumes by their target" },
        { "volumes: [{type: volume, source: x, target: /d}]", "volumes: ['y:/d:ro']", "volumes:\n      - p_y:/d:ro\n", "in both forms" },
        { "ports: ['8080:80']", "ports: [{target: 80, published: '8080', protocol: tcp}]", "host_port: 8080", "ports once" },
        { "expose: [80]", "expose: ['80', 81]", "port: 80", "" },
        { "cap_add: [KILL]", "cap_add: [KILL, CHOWN]", "capabilities: [KILL, CHOWN]", "capabilities" },
        { "deploy: {replicas: 2, resources: {limits: {memory: 1g}}}", "deploy: {resources: {limits: {cpus: '2'}}}", "cpu: 2\n      memory: 1GiB", "maps are merged" },
        { "build: .", "image: own", "image: own", "a build gets a name" },
        { "build: .", "build: {context: x, args: [A=1]}", "image: p-web", "both forms of a build" },
    };

    [Theory]
    [MemberData(nameof(Merged))]
    public void The_later_file_adds_or_replaces(string below, string above, string part, string because)
    {
        var imported = Import(Service(below.StartsWith("image", StringComparison.Ordinal) || below.StartsWith("build", StringComparison.Ordinal) ? below : $"image: a\n{below}"), Service(above));

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.True(imported.Yaml.Contains(part, StringComparison.Ordinal), $"{because}: {part} is not in\n{imported.Yaml}");
    }

    [Fact]
    public void A_file_may_add_services_and_name_the_project_and_its_volumes()
    {
        var imported = Import(
            "name: one\nservices: {a: {image: a, user: 1, volumes: ['pg:/d', 'cache:/c']}}\nvolumes: {pg: , cache: }",
            "services: {b: {image: b, user: 1}}\n",
            "name: two\nvolumes: {pg: {name: own}}\n");

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.Contains("cluster: two\n", imported.Yaml, StringComparison.Ordinal);
        Assert.Contains("source: own\n", imported.Yaml, StringComparison.Ordinal);
        Assert.Contains("source: two_cache\n", imported.Yaml, StringComparison.Ordinal);
        Assert.Contains("\n  b:\n", imported.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n")]
    [InlineData("# services:\n#   web: {image: b}\n")]
    [InlineData("---\n# nothing yet\n")]
    [InlineData("~")]
    public void A_further_file_without_content_changes_nothing(string above)
    {
        var imported = Import(Service("image: a:1"), above, Service("image: a:2"));

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.Contains("image: a:2", imported.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# services\n")]
    public void A_first_file_without_content_is_refused(string text)
    {
        var imported = Import(text, Service("image: a"));

        Assert.Null(imported.Yaml);
        Assert.Equal("the document is empty; a compose file names at least one service under services", Assert.Single(imported.Problems).Message);
    }

    [Fact]
    public void Problems_are_told_with_the_file_they_are_in()
    {
        var imported = Import(Service("image: a\nprots: [1]"), Service("imge: b\nports: [x]\nenvironment: ['A=${B:?b}']"), "services: {web: {volumes: 3}}", ": [");

        Assert.Null(imported.Yaml);
        Assert.Equal(["2.yaml:3:5 services.web.imge", "3.yaml:1:18 services.web.volumes"], ErrorsOf(Import(Service("image: a"), Service("imge: b"), "services: {web: {volumes: 3}}")));
        Assert.Equal(["compose.yaml:4:5 services.web.prots", "2.yaml:3:13 services.web.ports[0]", "2.yaml:4:19 services.web.environment[0]"],
            ErrorsOf(Import(Service("image: a\nprots: [1]"), Service("ports: [x]\nenvironment: ['A=${B:?b}']"))));
        Assert.Equal(["2.yaml:1:27 services.web.volumes"], ErrorsOf(Import(Service("image: a\nvolumes: ['x:/x']"), "services: {web: {volumes: 3}}")));
        Assert.Equal(["4.yaml:2:1 "], ErrorsOf(imported).Where(error => error.StartsWith('4')).Select(error => error[..11]));
    }

    [Theory]
    [InlineData("!reset []")]
    [InlineData("!override ['8080:80']")]
    public void Tags_of_Compose_are_refused(string ports) => Assert.Contains(
        Import(Service("image: a\nports: ['80:80']"), Service($"ports: {ports}")).Problems,
        problem => problem.Severity == SpecSeverity.Error && problem.Message.StartsWith($"found the tag {ports.Split(' ')[0]}", StringComparison.Ordinal));

    [Fact]
    public void Aliases_of_aliases_take_no_time()
    {
        var bomb = "x-0: &a0 [\"$A\"]\n" + string.Concat(Enumerable.Range(1, 20).Select(i => $"x-{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));

        var imported = Import(bomb + Service("image: a"), bomb + Service("image: b"));

        Assert.NotNull(imported.Yaml);
    }

    private static IEnumerable<string> ErrorsOf(ComposeImported imported) => imported.Problems.Where(problem => problem.Severity == SpecSeverity.Error)
        .Select(problem => $"{problem.File ?? "compose.yaml"}:{problem.Line}:{problem.Column} {problem.Key}");

    private static string Service(string keys) =>
        $"services:\n  web:\n{string.Concat($"{keys}\nuser: 1".Split('\n').Select(line => $"    {line}\n"))}";

    private static ComposeImported Import(params string[] files) => ComposeImporter.Compute(
        new ComposeSource(files[0], "compose.yaml", "/srv/p", _ => null, _ => null)
        {
            Overrides = [.. files.Skip(1).Select((text, i) => new ComposeText($"{i + 2}.yaml", text))],
        });
}
