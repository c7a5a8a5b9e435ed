using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Dashboard.Resources;
using Nexus.Hosting.Engine;
using Nexus.Hosting.Engine.Dashboard;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class DashboardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_test_has_none_unless_it_asks()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        Assert.Null(app.Services.GetRequiredService<DashboardHost>().LoginUrl);
        Assert.Equal("", await app.GetAsync("app", "/env/OTEL_EXPORTER_OTLP_ENDPOINT", Token));
    }

    [Fact]
    public async Task It_answers_at_its_login_address_and_projects_find_its_receiver()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Dashboard:Disabled=false", "--AppHost:OtlpApiKey=k");
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        using var http = new HttpClient();
        using var page = await http.GetAsync(app.Services.GetRequiredService<DashboardHost>().LoginUrl, Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.StartsWith("http://127.0.0.1:", await app.GetAsync("app", "/env/OTEL_EXPORTER_OTLP_ENDPOINT", Token), StringComparison.Ordinal);
        foreach (var (name, value) in new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-otlp-api-key=k",
            ["OTEL_SERVICE_NAME"] = "app",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
        })
        {
            Assert.Equal((name, value), (name, await app.GetAsync("app", $"/env/{name}", Token)));
        }
    }

    [Fact]
    public async Task The_receiver_listens_where_this_machine_and_its_containers_are_and_nowhere_else()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Dashboard:Disabled=false");
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);
        var port = new Uri(await app.GetAsync("app", "/env/OTEL_EXPORTER_OTLP_ENDPOINT", Token)).Port;
        var bridge = NetworkInterface.GetAllNetworkInterfaces().Where(n => n.Name == "docker0").SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address).Where(a => a.AddressFamily == AddressFamily.InterNetwork);

        var at = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(l => l.Port == port).Select(l => l.Address).ToHashSet();

        Assert.Equal([IPAddress.Loopback, .. bridge], at);
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var address in at)
        {
            using var answer = await http.GetAsync(new Uri($"http://{address}:{port}/"), Token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Where_telemetry_goes_elsewhere_the_pages_stay_and_nobody_is_sent_here()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(
            "--Dashboard:Disabled=false", "--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:4317");
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        Assert.NotNull(app.Services.GetRequiredService<DashboardHost>().LoginUrl);
        Assert.Equal("http://localhost:4317", await app.GetAsync("app", "/env/OTEL_EXPORTER_OTLP_ENDPOINT", Token));
    }

    [Fact]
    public async Task A_port_that_is_taken_gives_way_to_a_free_one()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var taken = ((IPEndPoint)holder.LocalEndpoint).Port;
        await using var builder = DistributedApplicationTestingBuilder.Create("--Dashboard:Disabled=false", $"--Dashboard:Port={taken}");
        var app = await builder.StartAsync(Token);

        Assert.NotEqual(taken, app.Services.GetRequiredService<DashboardHost>().LoginUrl!.Port);
    }

    [Fact]
    public async Task A_port_that_a_resource_has_declared_is_left_to_it()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Dashboard:Disabled=false", "--Dashboard:Port=18123");
        builder.AddShell("shell", "exec sleep 1000").WithHttpEndpoint(port: 18123);
        var app = await builder.StartAsync(Token);

        Assert.NotEqual(18123, app.Services.GetRequiredService<DashboardHost>().LoginUrl!.Port);
    }

    [Fact]
    public async Task The_board_tells_what_the_engine_knows_and_passes_wishes_on()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("shell", "echo hello; echo oh >&2; exec sleep 1000").WithCommand(
            "greet", "Greet", context => Task.FromResult(CommandResults.Success($"hello {context.ResourceName}")),
            new CommandOptions { Description = "Says hello.", ConfirmationMessage = "Really?", IconName = "Mail", UpdateState = WhileItRuns });
        builder.AddShell("broken", "exit 3").WithExplicitStart();
        builder.AddParameter("word", "w");
        var app = await builder.StartAsync(Token);
        await app.WaitForLineAsync("shell", "hello", Token);
        var board = new ResourceBoard(app.Services.GetRequiredService<EngineContext>());

        var shell = board.Resources.Single(r => r.Id == "shell");
        Assert.Equal(("Running", ResourceTone.Good, "Executable", "sh"), (shell.State, shell.Tone, shell.Type, shell.Source));
        Assert.Equal(["stop", "restart", "greet"], shell.Commands.Select(c => c.Name));
        Assert.Equal(new ResourceCommand("greet", "Greet") { Description = "Says hello.", Question = "Really?", Icon = "Mail" }, shell.Commands[^1]);
        Assert.Equal(new CommandAnswer(true, "hello shell"), await board.ExecuteAsync("shell", "greet", Token));
        Assert.Empty(board.Resources.Single(r => r.Id == "word").Commands);
        Assert.Equal((1, "hello", false), board.ConsoleLines("shell", 0)[0] is var line ? (line.Number, line.Text, line.IsError) : default);
        Assert.DoesNotContain(board.ConsoleLines("shell", 1), l => l.Number < 2);

        Assert.True((await board.ExecuteAsync("shell", "stop", Token)).IsDone);
        shell = board.Resources.Single(r => r.Id == "shell");
        Assert.Equal("Exited", shell.State);
        Assert.Equal([("start", true), ("restart", false), ("greet", false)], shell.Commands.Select(c => (c.Name, c.IsEnabled)));
        Assert.Contains("nobody", (await board.ExecuteAsync("nobody", "stop", Token)).Words, StringComparison.Ordinal);
        Assert.True((await board.ExecuteAsync("broken", "start", Token)).IsDone);
        await app.ResourceNotifications.WaitForResourceAsync("broken", "Exited", Token);
        Assert.Equal((ResourceTone.Bad, 3), board.Resources.Single(r => r.Id == "broken") is var broken ? (broken.Tone, broken.ExitCode) : default);
    }

    private static ResourceCommandState WhileItRuns(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == "Running" ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
}
