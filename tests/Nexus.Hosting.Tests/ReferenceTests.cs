using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class ReferenceTests
{
    private static CancellationToken Token => Deadline.Token;

    [Fact]
    public async Task A_project_receives_its_references_as_variables()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:colour=blue");
        var colour = builder.AddParameter("colour");
        var backend = builder.AddProject<Projects.Nexus_Hosting_TestApp>("my-backend")
            .WithHttpEndpoint().WithHttpEndpoint(name: "admin").WithExplicitStart();
        var store = builder.AddConnectionString("store", ReferenceExpression.Create($"Url={backend.GetEndpoint("http")};Paint={colour}"));
        builder.AddTestApp("front")
            .WithReference(backend)
            .WithReference(store, connectionName: "main")
            .WithReference("outside", new Uri("https://example.org"))
            .WithEnvironment("PLAIN", "text")
            .WithEnvironment("MIXED", $"{colour}/{backend.GetEndpoint("http").Property(EndpointProperty.Port)}")
            .WithEnvironment("COLOUR", colour)
            .WithEnvironment("ADMIN", backend.GetEndpoint("admin"))
            .WithArgs("--one", "two")
            .WithArgs(context => context.Args.Add(backend.GetEndpoint("http").Property(EndpointProperty.HostAndPort)));
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("front", Token);

        var http = app.GetEndpoint("my-backend", "http").ToString().TrimEnd('/');
        var admin = app.GetEndpoint("my-backend", "admin").ToString().TrimEnd('/');
        var expected = new Dictionary<string, string>
        {
            ["services__my-backend__http__0"] = http,
            ["services__my-backend__http__1"] = admin,
            ["MY_BACKEND_HTTP"] = http,
            ["MY_BACKEND_ADMIN"] = admin,
            ["ConnectionStrings__main"] = $"Url={http};Paint=blue",
            ["services__outside__https__0"] = "https://example.org/",
            ["PLAIN"] = "text",
            ["MIXED"] = $"blue/{new Uri(http).Port}",
            ["COLOUR"] = "blue",
            ["ADMIN"] = admin,
            ["ASPNETCORE_URLS"] = app.GetEndpoint("front").ToString().TrimEnd('/'),
            ["DOTNET_ENVIRONMENT"] = builder.Environment.EnvironmentName,
            ["OTEL_SERVICE_NAME"] = "",
        };
        foreach (var (name, value) in expected)
        {
            Assert.Equal((name, value), (name, await app.GetAsync("front", $"/env/{name}", Token)));
        }

        Assert.Equal($"--one|two|{new Uri(http).Authority}", await app.GetAsync("front", "/args", Token));
        Assert.Equal(expected["ConnectionStrings__main"], await app.GetConnectionStringAsync("store", Token));
        Assert.Equal(KnownResourceStates.NotStarted, app.Now("my-backend").State?.Text);
    }

    [Fact]
    public async Task Telemetry_variables_come_with_an_endpoint_for_them()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317");
        builder.AddTestApp("app");
        var app = await builder.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("app", Token);

        Assert.Equal("http://localhost:4317", await app.GetAsync("app", "/env/OTEL_EXPORTER_OTLP_ENDPOINT", Token));
        Assert.Equal("app", await app.GetAsync("app", "/env/OTEL_SERVICE_NAME", Token));
        Assert.Equal("service.instance.id=app", await app.GetAsync("app", "/env/OTEL_RESOURCE_ATTRIBUTES", Token));
    }

    [Fact]
    public async Task ReferenceExpression_keeps_braces_and_tells_its_placeholders()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--Parameters:p=v");
        var parameter = builder.AddParameter("p");

        var expression = ReferenceExpression.Create($"{{json: {parameter}}} {"{x}"}");

        Assert.Equal("{json: v} {x}", await expression.GetValueAsync(Token));
        Assert.Equal("{json: {p.value}} {x}", expression.ValueExpression);
    }

    [Fact]
    public async Task A_variable_names_the_port_that_an_executable_is_to_listen_on()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("tool", "echo port $PORT; sleep 1000").WithHttpEndpoint(env: "PORT", port: 8080);
        var app = await builder.StartAsync(Token);

        var line = await app.WaitForLineAsync("tool", "port ", Token);

        Assert.Equal(app.GetEndpoint("tool").Port, Processes.LastNumber(line));
    }
}
