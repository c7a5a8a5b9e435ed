using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using Nexus.Dashboard.Components.Pages;
using Nexus.Dashboard.Components.Parts;
using Nexus.Dashboard.Resources;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Pages;

/// <summary>What is quicker to see without a browser.</summary>
public sealed class ComponentTests : IAsyncLifetime
{
    private readonly BunitContext _context = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeBoard _board = new();

    public ComponentTests()
    {
        _context.JSInterop.Mode = JSRuntimeMode.Loose;
        _context.Services.AddMudServices();
        _context.Services.AddSingleton<TimeProvider>(_time);
        _context.Services.AddSingleton<IResourceBoard>(_board);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    [Fact]
    public void A_chatty_resource_costs_the_browser_no_more_than_a_thousand_lines()
    {
        for (var i = 1; i <= 5_000; i++)
        {
            _board.Write($"line {i}");
        }

        var page = _context.Render<ConsolePage>(parameters => parameters.Add(p => p.Id, "gateway"));

        var lines = page.FindAll(".line");
        Assert.Equal(1_000, lines.Count);
        Assert.EndsWith("line 5000", lines[^1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void New_lines_show_at_the_next_look()
    {
        _board.Write("first");
        var page = _context.Render<ConsolePage>(parameters => parameters.Add(p => p.Id, "gateway"));
        _board.Write("second");

        _time.Advance(TimeSpan.FromMilliseconds(250));

        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".line").Count), TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("Running", "Healthy", null, "Running · Healthy", "health is told where there are checks")]
    [InlineData("Running", null, null, "Running", "without checks there is none to tell")]
    [InlineData("Exited", null, 4, "Exited (4)", "an exit code says more than the state")]
    [InlineData("Finished", null, 0, "Finished", "but for zero")]
    public void A_state_says(string state, string? health, int? code, string expected, string because)
    {
        var pill = _context.Render<StatePill>(parameters => parameters.Add(p => p.Resource, new ResourceView
        {
            Id = "a",
            Name = "a",
            Type = "Project",
            State = state,
            Health = health,
            ExitCode = code,
            Checks = health is null ? [] : [new ResourceCheck("check", health, null)],
        }));

        Assert.True(expected == pill.Find(".pill").TextContent.Trim(), because);
    }
}
