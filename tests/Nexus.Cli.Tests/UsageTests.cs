using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("error: a command is missing; there are apply, validate, status, plan, rollout, rollback, history, drain, uncordon, nodes, events, logs, drill, export, import, push, completion, ps, version, help.")]
    [InlineData("error: 'statsu' is not a command; did you mean 'status'? There are apply,", "statsu")]
    [InlineData("error: 'xyzzy' is not a command; there are apply,", "xyzzy")]
    [InlineData("error: Unrecognized command or argument '--wach'; did you mean '--watch'?", "status", "--wach")]
    [InlineData("error: Unrecognized command or argument '--adress'; did you mean '--address'?", "status", "--adress")]
    [InlineData("error: --if-revision x must be the number of a revision, as 'nexus status' shows it, or 0 for no spec yet.", "apply", "f", "--if-revision", "x")]
    [InlineData("error: --tail x must be a whole number from 0 to 100000.", "logs", "web", "--tail", "x")]
    [InlineData("error: 'undo' is not a command; there are status, pause, resume, promote, abort.", "rollout", "undo")]
    [InlineData("error: Required argument 'pool' missing", "rollout", "pause")]
    [InlineData("error: --output xml is unknown; it must be table or json.", "status", "-o", "xml")]
    [InlineData("error: --tail -4 must be a whole number from 0 to 100000.", "logs", "web", "--tail", "-4")]
    [InlineData("error: '3' is neither a duration like 10m nor a time", "events", "--since", "3")]
    [InlineData("error: '3' is not a duration.", "apply", "x", "--wait", "3")]
    [InlineData("error: Required argument 'file' missing", "apply")]
    public async Task Wrong_usage_is_told_on_standard_error(string message, params string[] args)
    {
        using var run = new CliRun();

        var result = await run.RunAsync(args);

        Assert.Equal((2, ""), (result.Code, result.Out));
        Assert.StartsWith(message, result.Error, StringComparison.Ordinal);
        Assert.Matches("See 'nexus .*--help'", result.Error);
    }

    [Theory]
    [InlineData("error: --scale-to x must be a whole number from 0 to 1000.", "--scale-to", "x")]
    [InlineData("error: --rate x must be a whole number from 0 to 100000.", "--rate", "x")]
    public async Task Wrong_numbers_of_a_drill_are_told_with_those_allowed(string message, params string[] options)
    {
        using var run = new CliRun();

        var result = await run.RunAsync(["drill", .. options]);

        Assert.Equal((1, ""), (result.Code, result.Out));
        Assert.StartsWith(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("apply", "--help")]
    public async Task Help_lists_the_exit_codes(params string[] args)
    {
        using var run = new CliRun();

        var result = await run.RunAsync(args);

        Assert.Equal(0, result.Code);
        foreach (var code in Enum.GetValues<ExitCode>().Where(c => c != ExitCode.Terminated))
        {
            Assert.Matches($@"(?m)^  {(int)code} +\w", result.Out);
        }
    }

    [Theory]
    [InlineData(new[] { "help" }, new[] { "--help" })]
    [InlineData(new[] { "help", "apply" }, new[] { "apply", "--help" })]
    [InlineData(new[] { "help", "rollout", "pause" }, new[] { "rollout", "pause", "--help" })]
    [InlineData(new[] { "version" }, new[] { "--version" })]
    public async Task Help_and_version_as_words_answer_as_the_options(string[] words, string[] options)
    {
        using var asWords = new CliRun();
        using var asOptions = new CliRun();

        var result = await asWords.RunAsync(words);

        Assert.Equal(await asOptions.RunAsync(options), result);
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.NotEmpty(result.Out);
    }

    [Theory]
    [InlineData("error: 'aply' is not a command; did you mean 'apply'?", "aply")]
    [InlineData("error: 'stop' is not a command; there are status, pause", "rollout", "stop")]
    public async Task Help_on_an_unknown_command_is_a_usage_error(string message, params string[] topic)
    {
        using var run = new CliRun();

        var result = await run.RunAsync(["help", .. topic]);

        Assert.Equal((2, ""), (result.Code, result.Out));
        Assert.StartsWith(message, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _nexus nexus")]
    [InlineData("zsh", "#compdef nexus")]
    [InlineData("fish", "complete -c nexus")]
    public async Task Completion_prints_a_script(string shell, string part)
    {
        using var run = new CliRun();

        Assert.Contains(part, (await run.RunAsync("completion", shell)).Out);
    }

    [Fact]
    public async Task Suggestions_complete_commands_and_values()
    {
        using var commands = new CliRun();
        using var values = new CliRun();

        Assert.Equal("status\n", (await commands.RunAsync("[suggest:10]", "nexus stat")).Out);
        Assert.Equal("json\ntable\n", (await values.RunAsync("[suggest:16]", "nexus status -o ")).Out);
    }
}
