using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Dashboard.Resources;
using Nexus.Dashboard.Telemetry;
using Nexus.Dashboard.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace Nexus.Dashboard.Tests.Pages;

/// <summary>The pages in a real browser, over resources and telemetry that are made up.</summary>
public sealed class BrowserTests(ChromiumBrowser browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_resources_table_follows_the_resources_and_steers_them()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var page = await browser.OpenAsync(dashboard.Server.LoginUrl);

        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(5);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "http://localhost:8080" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restart gateway" }).ClickAsync();
        await Expect(page.GetByText("gateway: Restart is done")).ToBeVisibleAsync();
        Assert.Equal(("gateway", "restart"), Assert.Single(dashboard.Board.Asked));

        await page.GetByRole(AriaRole.Button, new() { Name = "gateway", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("Gateway__Secret");
        await Expect(page.GetByText("s3cret")).ToHaveCountAsync(0);
        await page.GetByText("show the values").ClickAsync();
        await Expect(page.GetByText("s3cret")).ToBeVisibleAsync();
        await ChromiumBrowser.PhotographAsync(page, "resources");

        dashboard.Board.Resources = [dashboard.Board.Resources[0] with { State = "Finished", Health = null, Tone = ResourceTone.Neutral }];
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await Expect(page.GetByText("Finished")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_refused_command_says_why()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        dashboard.Board.Answer = new CommandAnswer(false, "'pools' is already running.");
        var page = await browser.OpenAsync(dashboard.Server.LoginUrl);

        await page.GetByRole(AriaRole.Button, new() { Name = "Start pools" }).ClickAsync();

        await Expect(page.GetByText("pools: Start failed: 'pools' is already running.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Commands_of_the_application_stand_beside_ours_ask_first_and_say_what_came_of_them()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var (name, board) = ("gateway", dashboard.Board);
        board.Resources =
        [
            board.Resources[1] with
            {
                Commands =
                [
                    .. board.Resources[1].Commands,
                    new("warm", "Warm up") { IsHighlighted = true, Description = "Fills the cache.", Icon = "Globe" },
                    new("freeze", "Freeze") { IsHighlighted = true, IsEnabled = false },
                    new("clear", "Clear the cache") { Description = "Forgets what it has seen.", Question = "Forget everything?" },
                    new("thaw", "Thaw") { IsEnabled = false },
                ],
            },
        ];
        var page = await browser.OpenAsync(dashboard.Server.LoginUrl);

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Freeze gateway" })).ToBeDisabledAsync();
        await Expect(page.GetByTitle("Warm up: Fills the cache.")).ToBeEnabledAsync();
        board.Answer = new CommandAnswer(true, "12 pages are warm");
        await page.GetByRole(AriaRole.Button, new() { Name = "Warm up gateway" }).ClickAsync();
        await Expect(page.GetByText("gateway: Warm up: 12 pages are warm")).ToBeVisibleAsync();

        board.Answer = new CommandAnswer(false, "the cache is locked");
        await OpenMenuAsync();
        await Expect(page.GetByText("Forgets what it has seen.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Menuitem, new() { Name = "Thaw" })).ToHaveAttributeAsync("aria-disabled", "true");
        await ChromiumBrowser.PhotographAsync(page, "commands");
        await page.GetByText("Clear the cache").ClickAsync();
        await Expect(page.GetByText("Forget everything?")).ToBeVisibleAsync();
        await ChromiumBrowser.PhotographAsync(page, "command-question");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        Assert.Equal([(name, "warm")], board.Asked);

        await OpenMenuAsync();
        await page.GetByText("Clear the cache").ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Clear the cache" }).ClickAsync();
        await Expect(page.GetByText("gateway: Clear the cache failed: the cache is locked")).ToBeVisibleAsync();
        Assert.Equal([(name, "warm"), (name, "clear")], board.Asked);

        Task OpenMenuAsync() => page.GetByRole(AriaRole.Button, new() { Name = "More commands of gateway" }).ClickAsync();
    }

    [Fact]
    public async Task The_console_is_live_and_knows_no_colour_codes()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        dashboard.Board.Write("\u001b[32mfirst\u001b[0m line");
        var page = await browser.OpenAsync(dashboard.Server.LoginUrl);

        await page.GetByRole(AriaRole.Link, new() { Name = "Console of gateway" }).ClickAsync();
        await Expect(page.GetByText("first line")).ToBeVisibleAsync();
        for (var i = 0; i < 200; i++)
        {
            dashboard.Board.Write($"line {i}", isError: i % 10 == 0);
        }

        await Expect(page.GetByText("line 199")).ToBeInViewportAsync();
        await ChromiumBrowser.PhotographAsync(page, "console");
        await page.GetByPlaceholder("text in a line").FillAsync("line 17");
        await Expect(page.Locator(".line")).ToHaveCountAsync(11);
    }

    [Fact]
    public async Task A_log_record_leads_to_its_trace_and_back()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        dashboard.Store.Traces.Add([Make.Span(1, 1, name: "GET /whoami"), Make.Span(1, 2, parent: 1, source: "web", at: 2, took: 5, failed: true)]);
        dashboard.Store.Logs.Add([
            Make.Log("a plain one"),
            Make.Log("a broken one", LogSeverity.Error, trace: 1, tag: "needle"),
        ]);
        var page = await browser.OpenAsync(new Uri(dashboard.Server.Url, $"/login?t={RunningDashboard.Token}&returnUrl=/logs"));

        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await page.GetByLabel("Level").SelectOptionAsync("Warning");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await page.GetByText("a broken one").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("needle");
        await ChromiumBrowser.PhotographAsync(page, "logs");
        await page.GetByRole(AriaRole.Row).Nth(1).GetByRole(AriaRole.Link).ClickAsync();

        await Expect(page).ToHaveURLAsync(new Regex("/traces/" + Make.Trace(1), RegexOptions.None, TimeSpan.FromSeconds(1)));
        await Expect(page.Locator(".waterfall tbody tr")).ToHaveCountAsync(2);
        await page.GetByText("its logs").ClickAsync();
        await Expect(page.GetByText("a broken one")).ToBeVisibleAsync();
        await Expect(page.GetByText("a plain one")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_trace_arrives_while_one_looks_and_opens_as_a_waterfall_by_keyboard()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var page = await browser.OpenAsync(new Uri(dashboard.Server.Url, $"/login?t={RunningDashboard.Token}&returnUrl=/traces"));
        await Expect(page.GetByText("No span has arrived yet")).ToBeVisibleAsync();

        dashboard.Store.Traces.Add([
            Make.Span(1, 1, name: "GET /upstream", took: 120),
            Make.Span(1, 2, parent: 1, at: 5, took: 100, name: "GET"),
            Make.Span(1, 3, parent: 2, source: "web", at: 20, took: 80, name: "GET /upstream"),
            Make.Span(1, 4, parent: 3, source: "api", at: 40, took: 30, name: "GET /whoami"),
        ]);
        await page.GetByRole(AriaRole.Link, new() { Name = "GET /upstream" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        var rows = page.Locator(".waterfall tbody tr");
        await Expect(rows).ToHaveCountAsync(4);
        await Expect(rows.Nth(3)).ToHaveAttributeAsync("data-source", "api");
        await rows.Nth(2).GetByRole(AriaRole.Button, new() { Name = "web-1 GET /upstream" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("80.0 ms");
        await ChromiumBrowser.PhotographAsync(page, "trace");
        await rows.Nth(1).Locator("button.fold").ClickAsync();
        await Expect(rows).ToHaveCountAsync(2);
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Metrics_are_drawn_in_either_colours(ColorScheme colours)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var info = new InstrumentInfo("Nexus.Gateway", "nexus.gateway.requests", "{request}", "Requests", InstrumentKind.Counter);
        for (var i = 0; i < 120; i++)
        {
            dashboard.Store.Metrics.Add(dashboard.Store.Sources.Of([new("service.name", "gateway"), new("service.instance.id", "gateway")]), info, [
                new([new("pool", "web")], Make.Start.AddSeconds(i), new CountSample((i * 10) + (i % 7), Cumulative: true)),
                new([new("pool", "api")], Make.Start.AddSeconds(i), new CountSample(i * 4, Cumulative: true)),
            ]);
        }

        var page = await browser.OpenAsync(new Uri(dashboard.Server.Url, $"/login?t={RunningDashboard.Token}&returnUrl=/metrics"), colours);

        await Expect(page.Locator(".chart svg.mud-chart-line")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(4);
        await ChromiumBrowser.PhotographAsync(page, $"metrics-{colours}");
        await page.GetByLabel(colours == ColorScheme.Dark ? "Use light colours" : "Use dark colours").ClickAsync();
        await Expect(page.Locator(colours == ColorScheme.Dark ? ".shell.light" : ".shell.dark")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task No_page_asks_for_anything_from_elsewhere_or_complains()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        var page = await browser.OpenAsync(new Uri(dashboard.Server.Url, "/login"));
        var trouble = new List<string>();
        page.Console += (_, message) => { if (message.Type is "error" or "warning") { trouble.Add($"{page.Url}: {message.Text}"); } };
        page.Request += (_, request) => { if (!request.Url.StartsWith(dashboard.Server.Url.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) { trouble.Add(request.Url); } };
        page.Response += (_, response) => { if (response.Status >= 400) { trouble.Add($"{response.Status} {response.Url}"); } };
        await ChromiumBrowser.PhotographAsync(page, "login");
        await page.GetByLabel("Token").FillAsync(RunningDashboard.Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        foreach (var (link, heading) in new[] { ("Console", "Console"), ("Logs", "Structured logs"), ("Traces", "Traces"), ("Metrics", "Metrics"), ("Resources", "Resources") })
        {
            await page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = link }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(heading);
        }

        Assert.Empty(trouble);
    }
}
