using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>A command as one line, split as Compose does.</summary>
public sealed class ComposeWordsTests
{
    public static TheoryData<string, string> Lines => new()
    {
        { "run  one\ttwo", "run|one|two" },
        { "run && more", "run" },
        { "run&&more", "run" },
        { "run || exit 1", "run" },
        { "run; more", "run" },
        { "run | tee log", "run" },
        { "run > log", "run" },
        { "run 2> log", "run" },
        { "run 2x>log", "run" },
        { "run x2>log", "run|x2" },
        { "run < log", "run" },
        { "run 'a; b' \"c && d\"", "run|a; b|c && d" },
        { @"run a\;b", "run|a;b" },
        { @"run ""\q \"" \\ \n""", @"run|q "" \ n" },
        { @"run '\n'", @"run|\n" },
        { "run '' \"\"", "run||" },
        { "run --x='a b'c", "run|--x=a bc" },
        { "run `a b` c", "run|`a b`|c" },
        { "run $(a b) c", "run|$(a b)|c" },
        { "run #x", "run|#x" },
        { "sh -c \"a; b\"", "sh|-c|a; b" },
        { "run (a)", "!" },
        { "run a)", "!" },
        { "run 'a", "!" },
        { "run \"a", "!" },
        { "run `a", "!" },
        { @"run \", "!" },
        { "run\u00a0x", "run\u00a0x" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_split_as_Compose_splits_it(string line, string expected) =>
        Assert.Equal(expected, ComposeWords.Split(line) is { } split ? string.Join('|', split.Words) : "!");

    [Theory]
    [InlineData("run && more", "\"&& more\" is not carried over: Compose leaves out")]
    [InlineData("run > log", "\"> log\" is not carried over: Compose leaves out")]
    public void What_no_shell_runs_is_told(string line, string warning) => Assert.Contains(
        ComposeImportTests.Import($"services: {{web: {{image: a, user: 1, command: '{line}'}}}}").Problems,
        p => p.Key == "services.web.command" && p.Message.StartsWith(warning, StringComparison.Ordinal));

    [Fact]
    public void A_script_of_a_shell_is_whole() => Assert.DoesNotContain(
        ComposeImportTests.Import("services: {web: {image: a, user: 1, command: 'sh -c \"a && b\"'}}").Problems,
        p => p.Key == "services.web.command");
}
