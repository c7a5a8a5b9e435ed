using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

public sealed class ServiceVariablesTests
{
    private static readonly Dictionary<string, string> Files = new(StringComparer.Ordinal)
    {
        ["/srv/p/a.env"] = "A=file\nHOST=db\nURL=http://${HOST}:${OWN}\nSET\n",
        ["/srv/p/b.env"] = "A=second\nB=$HOST\n",
        ["/srv/p/latin.env"] = "A=1\nB=caf\uFFFD\n",
        ["/srv/p/bad.env"] = "A=1\nB=\"open\n",
        ["/srv/p/raw.env"] = "Q=\"$HOST\" # c\n",
        ["/srv/p/unset.env"] = "A=$GONE\nLONE\n",
    };

    public static TheoryData<string, string, string> Read => new()
    {
        { "env_file: a.env\nenvironment: {OWN: x}", "A=file HOST=db URL=http://db:x SET=now OWN=x", "a file sees the service's own variables" },
        { "env_file: [a.env, b.env]\nenvironment: {A: own, OWN: x}", "HOST=db URL=http://db:x SET=now B=db A=own OWN=x", "later files and the service win" },
        { "env_file: [{path: ./raw.env, format: raw}]", "Q=\"$HOST\" # c", "raw" },
        { "env_file: [{path: gone.env, required: false}]", "", "need not be there" },
        { "env_file: b.env\nenvironment: [A]", "B=", "a name without a value unsets what a file says" },
        { "env_file: b.env\nenvironment: {A: null, B: }", "", "in a map, too" },
        { "environment: [SET, 'C=']", "SET=now C=", "from the environment" },
        { "environment: {SET: , C: ''}", "SET=now C=", "in a map, too" },
        { "environment:\n  A: ${GONE}\n  B: ${GONE-}\n  C: ${GONE:-}\n  D: $GONE\n  E: ${GONE:+x}\n  F: \"${GONE}\"", "A= B= C= D= E= F=", "a value that becomes empty is one" },
        { "environment:\n  A: ${GONE}\n  B:\n  C: ~\n  D: null", "A=", "null is none" },
    };

    [Theory]
    [MemberData(nameof(Read))]
    public void Files_are_read_in_order_and_the_service_has_the_last_word(string keys, string expected, string because)
    {
        var imported = Import(keys);

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var found = string.Join(' ', ExportSamples.Read(imported.Yaml).Pools[0].Template.Env.Select(one => $"{one.Key}={one.Value}"));
        Assert.True(Sorted(expected) == Sorted(found), $"{because}: found {found}");

        static string Sorted(string variables) => string.Join(' ', variables.Split(' ').Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("env_file: bad.env", "compose.yaml:5:5: error: services.web.env_file: bad.env:2: unterminated quoted value")]
    [InlineData("env_file:\n  - a.env\n  - path: bad.env", "compose.yaml:7:9: error: services.web.env_file[1]: bad.env:2: unterminated quoted value")]
    [InlineData("env_file: [{path: raw.env, format: json}]", "error: services.web.env_file[0].format: found \"json\"; allowed is raw")]
    [InlineData("env_file: [{path: raw.env, formt: raw}]", "error: services.web.env_file[0].formt: unknown key; did you mean 'format'?")]
    [InlineData("env_file: latin.env", "compose.yaml:5:5: error: services.web.env_file: latin.env:2: is not UTF-8 text from here on")]
    [InlineData("env_file: 'conf\\a.env'", "which cannot be read; its variables would be missing. It is a Windows path: write it with /")]
    [InlineData("env_file: unset.env", "warning: services.web.env_file: unset.env:1: variable GONE is not set: it is taken as empty")]
    [InlineData("env_file: unset.env", "warning: services.web.env_file: LONE is not carried over: it has no value here, nor in the environment")]
    [InlineData("env_file: a.env\nenvironment: [A]", "compose.yaml:6:19: warning: services.web.environment[0]: A is not carried over: it has no value here, nor in the environment; that of env_file does not apply")]
    public void Problems_have_file_and_line(string keys, string problem) =>
        Assert.Contains(Import(keys).Problems, one => one.Format("compose.yaml").Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void Wrong_lines_of_the_project_s_own_file_are_told_with_it()
    {
        var variables = ProjectVariables.Read(name => name == "OUT" ? "outside" : null, [new("one.env", "A=1\nB=$A$OUT\nOUT=in"), new(".env", "A=2\nC=$B\n\nD='x\n")]);

        Assert.Equal(["2", "1outside", "1outside", "outside", null], new[] { "A", "B", "C", "OUT", "D" }.Select(variables.Find).Select(value => value == "" ? null : value));
        Assert.Equal("compose.yaml: error: .env:4: unterminated quoted value: the ' that opens it is not closed", Assert.Single(variables.Problems).Format("compose.yaml"));
    }

    private static ComposeImported Import(string keys) => ComposeImporter.Compute(new ComposeSource(
        $"services:\n  web:\n    image: a\n    user: 1\n{string.Concat(keys.Split('\n').Select(line => $"    {line}\n"))}", "compose.yaml", "/srv/p",
        name => name == "SET" ? "now" : null, Files.GetValueOrDefault));
}
