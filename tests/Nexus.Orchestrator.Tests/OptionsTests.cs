using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Nexus.Orchestrator.Tests;

/// <summary>What a profile sets, and what is set over it.</summary>
public sealed class OptionsTests
{
    [Theory]
    [InlineData("", 15, 10, "the profile is Standard unless it is set")]
    [InlineData("--Orchestrator:Profile Standard", 15, 10, "as named")]
    [InlineData("--Orchestrator:Profile Fast", 5, 3, "as named")]
    [InlineData("--Orchestrator:Profile fast --Orchestrator:NodeLostAfter 00:00:08", 8, 3, "what is set counts, whatever the profile")]
    public void A_profile_sets_what_is_not_set_by_itself(string arguments, int lostAfter, int resync, string because)
    {
        using var app = new Disposable(OrchestratorApp.Build(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        var options = app.Services.GetRequiredService<IOptions<OrchestratorOptions>>().Value;

        Assert.True((lostAfter, resync, 3) == (options.NodeLostAfter.TotalSeconds, options.ResyncInterval.TotalSeconds, options.LeaseTtl.TotalSeconds), because);
    }

    [Fact]
    public void A_node_cannot_be_forgotten_before_it_is_lost()
    {
        var result = new OrchestratorOptionsRules().Validate(null, new OrchestratorOptions { Name = "m1", NodeForgottenAfter = TimeSpan.FromSeconds(10) });

        Assert.Contains("NodeForgottenAfter (00:00:10) must be at least NodeLostAfter (00:00:15)", result.FailureMessage, StringComparison.Ordinal);
    }

    private sealed class Disposable(Microsoft.AspNetCore.Builder.WebApplication app) : IDisposable
    {
        public IServiceProvider Services => app.Services;

        public void Dispose() => ((IDisposable)app).Dispose();
    }
}
