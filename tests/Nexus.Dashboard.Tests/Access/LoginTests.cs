using System.Net;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Access;

public sealed class LoginTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/traces")]
    public async Task Without_a_token_every_page_leads_to_the_login(string path)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var response = await http.GetAsync(path, Token);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.StartsWith("/login?returnUrl=", response.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_token_nobody_opens_a_live_connection()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var response = await http.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_token_in_the_address_opens_the_pages_for_this_browser()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var login = await http.GetAsync(dashboard.Server.LoginUrl, Token);
        Assert.Equal((HttpStatusCode.Redirect, "/"), (login.StatusCode, login.Headers.Location!.ToString()));
        var cookie = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);

        using var page = await http.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using var fresh = dashboard.CreateClient();
        using var other = await fresh.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.Redirect, other.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("the-token-of-this-ru")]
    [InlineData("the-token-of-this-run2")]
    public async Task A_wrong_token_opens_nothing_and_says_so(string guess)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var login = await http.GetAsync($"/login?t={guess}", Token);

        Assert.Equal(HttpStatusCode.Unauthorized, login.StatusCode);
        Assert.Contains("not the token", await login.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.False(login.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("/traces?show=across", "/traces?show=across", "a page of ours")]
    [InlineData("https://example.org/", "/", "another site")]
    [InlineData("//example.org", "/", "another site, as a browser reads it")]
    [InlineData("/\\example.org", "/", "the same in other clothes")]
    public async Task The_way_back_stays_here(string returnUrl, string expected, string because)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var login = await http.GetAsync(
            $"/login?t={RunningDashboard.Token}&returnUrl={Uri.EscapeDataString(returnUrl)}", Token);

        Assert.True(expected == login.Headers.Location!.ToString(), because);
    }

    [Fact]
    public async Task A_page_of_another_port_of_this_machine_may_not_call()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();
        using var login = await http.GetAsync(dashboard.Server.LoginUrl, Token);
        http.DefaultRequestHeaders.Add("Origin", "http://localhost:1");

        using var response = await http.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, Token);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("/_framework/blazor.web.js", "text/javascript")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css", "text/css")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.js", "text/javascript")]
    [InlineData("/dashboard.css", "text/css")]
    [InlineData("/favicon.svg", "image/svg+xml")]
    public async Task What_the_login_page_is_made_of_is_open(string path, string type)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();

        using var response = await http.GetAsync(path, Token);

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }
}
