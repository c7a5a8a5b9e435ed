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

    [Fact]
    public async Task A_missing_value_fails_what_needs_it_and_tells_the_key()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var missing = builder.AddParameter("missing");
        builder.AddShell("user", "sleep 1000").WithEnvironment("VALUE", missing);
        builder.AddShell("other", "sleep 1000");
        var app = await builder.StartAsync(Token);

        Assert.Contains("Parameters:missing", app.Now("user").FailureReason, StringComparison.Ordinal);
        Assert.Equal(KnownResourceStates.Running, app.Now("other").State?.Text);
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
