using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class ParameterTests
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task Configuration_wins_over_the_default()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:a=configured", "--my:key=elsewhere");

        Assert.Equal("configured", await builder.AddParameter("a", "default").Resource.GetValueAsync(Token));
        Assert.Equal("default", await builder.AddParameter("b", "default").Resource.GetValueAsync(Token));
        Assert.Equal("elsewhere", await builder.AddParameterFromConfiguration("c", "my:key").Resource.GetValueAsync(Token));
    }

    [Theory]
    [InlineData(false, "The parameter 'my-word' has no value.", "on the command line with --Parameters:my-word=VALUE.")]
    [InlineData(true, "The secret 'my-word' has no value.", "on the command line with --Parameters:my-word=VALUE (which others on this machine can see).")]
    public async Task A_missing_value_fails_what_needs_it_and_says_the_three_ways_to_give_it(bool secret, string what, string last)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var missing = builder.AddParameter("my-word", secret);
        var user = builder.AddShell("user", "sleep 1000").WithEnvironment("VALUE", missing);
        builder.AddShell("waits", "sleep 1000").WaitFor(user);
        builder.AddShell("other", "sleep 1000");
        var app = await builder.StartAsync(Token);

        var reason = app.Now("user").FailureReason;
        Assert.StartsWith(what, reason, StringComparison.Ordinal);
        Assert.Contains($"`dotnet user-secrets --project {builder.AppHostDirectory} set Parameters:my-word VALUE`", reason, StringComparison.Ordinal);
        Assert.Contains("Parameters__my_word=VALUE", reason, StringComparison.Ordinal);
        Assert.EndsWith(last, reason, StringComparison.Ordinal);
        Assert.Equal(reason, app.Now("my-word").FailureReason);
        Assert.Equal(KnownResourceStates.FailedToStart, app.Now("waits").State?.Text);
        Assert.Equal(KnownResourceStates.Running, app.Now("other").State?.Text);
    }

    [Theory]
    [InlineData("--Parameters:wrod=x", "--Parameters:wrod: there is no parameter 'wrod'; there are: my-word, from.")]
    [InlineData("--Parameters:my_word=x", null)]
    [InlineData("--Parameters:MY-WORD=x", null)]
    [InlineData("--Parameters:elsewhere=x", null)]
    public async Task A_value_for_a_parameter_that_does_not_exist_is_refused(string argument, string? refusal)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(argument);
        builder.AddParameter("my-word", "usual");
        builder.AddParameterFromConfiguration("from", "Parameters:elsewhere");

        var refused = await Record.ExceptionAsync(() => builder.StartAsync(Token));

        Assert.Equal(refusal, (refused as DistributedApplicationException)?.Message);
    }

    [Fact]
    public void A_generated_value_has_what_it_was_asked_for()
    {
        var value = new GenerateParameterDefault { MinLength = 30, Special = false, Upper = false, MinNumeric = 20, MinLower = 5 }.GetDefaultValue();

        Assert.Equal(30, value.Length);
        Assert.All(value, c => Assert.True(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c), value));
        Assert.True(value.Count(char.IsAsciiDigit) >= 20 && value.Count(char.IsAsciiLetterLower) >= 5, value);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_persisted_value_is_the_same_in_the_next_run_and_nobody_elses_to_read()
    {
        var folder = Directory.CreateTempSubdirectory("nexus-parameters-").FullName;
        try
        {
            var first = new PersistedParameterDefault(folder, "p", new GenerateParameterDefault()).GetDefaultValue();
            var second = new PersistedParameterDefault(folder, "p", new GenerateParameterDefault()).GetDefaultValue();

            Assert.Equal(first, second);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "parameters.json")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("1st")]
    [InlineData("a--b")]
    [InlineData("a-")]
    [InlineData("a_b")]
    [InlineData("")]
    public async Task A_name_that_cannot_be_a_host_name_is_refused(string name)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();

        Assert.Throws<ArgumentException>(() => builder.AddParameter(name));
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddParameter("twice");

        Assert.Throws<DistributedApplicationException>(() => builder.AddShell("TWICE", "true"));
    }
}
