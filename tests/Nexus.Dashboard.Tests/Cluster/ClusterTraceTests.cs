using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Dashboard.Tests.Fixtures;
using Nexus.Hosting.Engine.Dashboard;
using Nexus.Hosting.Engine.Endpoints;
using static Microsoft.Playwright.Assertions;

namespace Nexus.Dashboard.Tests.Cluster;

/// <summary>A real cluster, put up by the AppHost with its dashboard, looked at in a real browser.</summary>
public sealed class ClusterTraceTests(ChromiumBrowser browser)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_request_is_one_trace_through_three_processes_and_an_apply_one_from_command_to_worker() =>
        WithClusterAsync("process", "127.0.0.1", async (app, page) =>
        {
            await Resources_are_all_there(page);
            await A_request_crosses_gateway_and_two_apps(app, page);
            await An_apply_goes_on_at_manager_and_worker(page);
            await Logs_metrics_and_console_of_the_parts_are_there(page);
            await A_command_restarts_a_part(app, page);
        });

    [Fact]
    public Task A_request_is_one_trace_through_containers_that_reach_receiver_and_gateway_by_the_bridge() =>
        WithClusterAsync("docker", "host.docker.internal", A_request_crosses_gateway_and_two_apps);

    private async Task WithClusterAsync(string runtime, string gatewayHost, Func<DistributedApplication, IPage, Task> look)
    {
        var folder = Directory.CreateTempSubdirectory("nexus-dashboard-").FullName;
        var ports = new FreePorts(new Random());
        var gatewayPort = ports.Next();
        var spec = Path.Combine(folder, "nexus.yaml");
        await File.WriteAllTextAsync(spec, DashboardSpec.Of($"http://{gatewayHost}:{gatewayPort}"), Token);
        try
        {
            var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Nexus_AppHost>(
                [
                    "--spec", spec, "--runtime", runtime, "--workers", "1",

                    // The spec names the gateway's port, so that one has to stay; the others of fixed number are free ones, too.
                    "--DcpPublisher:RandomizePorts", "false", "--gateway-port", $"{gatewayPort}", "--api-port", $"{ports.Next()}",
                    "--consul-port", $"{ports.Next()}", "--Dashboard:Port", "0", "--Dashboard:Disabled", "false",
                ],
                Token);
            await using var app = await builder.BuildAsync(Token);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(StartLimit);
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceAsync("pools", KnownResourceStates.Finished, limit.Token);

            await look(app, await browser.OpenAsync(app.Services.GetRequiredService<DashboardHost>().LoginUrl!));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Resources_are_all_there(IPage page)
    {
        foreach (var name in new[] { "consul", "manager-1", "gateway", "worker-1", "pools" })
        {
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true })).ToBeVisibleAsync();
        }

        await Expect(page.GetByText("Running · Healthy").First).ToBeVisibleAsync();
        await ChromiumBrowser.PhotographAsync(page, "cluster-resources");
    }

    private static async Task A_request_crosses_gateway_and_two_apps(DistributedApplication app, IPage page)
    {
        using var client = app.CreateHttpClient("gateway", "http");
        Assert.Contains("\"pool\":\"api\"", await client.GetStringAsync("/upstream", Token), StringComparison.Ordinal);

        await OpenAsync(page, "Traces");
        await page.GetByLabel("Show").SelectOptionAsync("across");
        await FilteredAsync(page, "show=across");
        await FindAsync(page, "/upstream");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "api-" }).Filter(new() { HasText = "web-" }).Filter(new() { HasText = "gateway" });
        await row.First.GetByRole(AriaRole.Link).ClickAsync();

        foreach (var service in new[] { "gateway", "web", "api" })
        {
            await Expect(page.Locator($".waterfall tr[data-source={service}]").First).ToBeVisibleAsync();
        }

        await page.Locator(".waterfall tr[data-source=api] button.link").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Complementary)).ToContainTextAsync("nexus.node");
        await ChromiumBrowser.PhotographAsync(page, "cluster-trace");
    }

    private static async Task An_apply_goes_on_at_manager_and_worker(IPage page)
    {
        await OpenAsync(page, "Traces");
        await FindAsync(page, "nexus apply");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "pools" }).Filter(new() { HasText = "worker-1" });
        await row.First.GetByRole(AriaRole.Link).ClickAsync();

        (string Service, string Span)[] steps =
        [
            ("pools", "nexus apply"), ("manager-1", "PUT /v1/spec"), ("manager-1", "reconcile.spec"), ("worker-1", "converge"), ("worker-1", "allocation.start"),
        ];
        foreach (var (service, span) in steps)
        {
            await Expect(page.Locator($".waterfall tr[data-source={service}]").Filter(new() { HasText = span }).First).ToBeVisibleAsync();
        }

        await ChromiumBrowser.PhotographAsync(page, "cluster-apply");
    }

    private static async Task Logs_metrics_and_console_of_the_parts_are_there(IPage page)
    {
        await OpenAsync(page, "Logs");
        await page.GetByLabel("Resource").SelectOptionAsync("worker-1");
        await Expect(page.GetByText("New assignment").First).ToBeVisibleAsync();
        await ChromiumBrowser.PhotographAsync(page, "cluster-logs");
        await OpenAsync(page, "Metrics");
        await page.GetByLabel("Resource").SelectOptionAsync("gateway");
        await page.GetByRole(AriaRole.Button, new() { Name = "http.server.request.duration" }).ClickAsync();
        await Expect(page.Locator(".chart svg.mud-chart-line")).ToBeVisibleAsync();
        await ChromiumBrowser.PhotographAsync(page, "cluster-metrics");
        await OpenAsync(page, "Console");
        await page.GetByLabel("Resource").SelectOptionAsync("worker-1");
        await Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("New assignment");
        await ChromiumBrowser.PhotographAsync(page, "cluster-console");
    }

    private static async Task A_command_restarts_a_part(DistributedApplication app, IPage page)
    {
        var before = Started(app);
        await OpenAsync(page, "Resources");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restart gateway" }).ClickAsync();

        await Expect(page.GetByText("gateway: Restart is done")).ToBeVisibleAsync();
        Assert.NotEqual(before, Started(app));
        await app.ResourceNotifications.WaitForResourceHealthyAsync("gateway", Token);
    }

    /// <summary>
    /// Narrows the traces and waits for the page to have done so: the narrowing is a navigation of its own, and would take the page back
    /// from a trace that was opened before it.
    /// </summary>
    private static async Task FindAsync(IPage page, string text)
    {
        await page.GetByPlaceholder("span, attribute, trace id").FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
        await FilteredAsync(page, $"text={Uri.EscapeDataString(text)}");
    }

    private static Task FilteredAsync(IPage page, string query) =>
        Expect(page).ToHaveURLAsync(new Regex("[?&]" + Regex.Escape(query), RegexOptions.None, TimeSpan.FromSeconds(1)));

    private static Task OpenAsync(IPage page, string name) =>
        page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" }).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();

    private static DateTime? Started(DistributedApplication app) =>
        app.ResourceNotifications.TryGetCurrentState("gateway", out var state) ? state.Snapshot.StartTimeStamp : null;
}
