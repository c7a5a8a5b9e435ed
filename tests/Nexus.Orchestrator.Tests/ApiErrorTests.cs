using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Nexus.Api.V1;
using Nexus.Testing;

namespace Nexus.Orchestrator.Tests;

/// <summary>What the API says of requests that no endpoint can make sense of, and of itself.</summary>
public sealed class ApiErrorTests
{
    private const string Rollout = "/v1/rollouts/web";
    private const string Eligibility = "/v1/nodes/n1/eligibility";

    // Method, path, content type, body, status, what title and detail must say.
    private static readonly (string Method, string Path, string? Type, string Body, int Status, string Said)[] Cases =
    [
        ("GET", "/v1/pool", null, "", 404, "There is nothing at /v1/pool."),
        ("POST", "/v1/status", null, "", 405, "POST is not possible at /v1/status. Allowed: GET."),
        ("PUT", Eligibility, "text/plain", "draining", 415, "Found: Content-Type text/plain"),
        ("PUT", Eligibility, "application/json", "{}", 422, "Found: no \"draining\"."),
        ("PUT", Eligibility, "application/json", "[]", 422, "Found: [], which is no object."),
        ("PUT", Eligibility, "application/json", "{\"draining\":\"yes\"}", 422, "Found: \"yes\" as \"draining\"."),
        ("PUT", Eligibility, "application/json", "{\"draining\":\n tru}", 422, "Found: no JSON, at line 2, byte 5."),
        ("POST", Rollout, "application/json", "{\"by\":\"ann\"}", 422, "Found: no \"verb\". Allowed: {\"verb\": one of Pause,"),
        ("POST", Rollout, "application/json", "{\"verb\":\"Explode\"}", 422, "Found: \"Explode\" as \"verb\". Allowed: {\"verb\": one of Pause,"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_error_is_a_problem_document_that_says_what_was_found_and_what_is_allowed()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);

        foreach (var (method, path, type, body, status, said) in Cases)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Content = type is null ? null : new StringContent(body, Encoding.UTF8, type);
            using var answer = await manager.Http.SendAsync(request, Token);

            var what = $"{method} {path} with {body}";
            Assert.True(status == (int)answer.StatusCode, $"{what} is {answer.StatusCode}");
            Assert.True(answer.Content.Headers.ContentType?.MediaType == ApiHeaders.ProblemJson, what);
            var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.ProblemView, Token);
            Assert.Contains(said, $"{problem!.Title} {problem.Detail}", StringComparison.Ordinal);
            Assert.DoesNotContain("LineNumber", problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_spec_of_another_cluster_is_refused_unless_the_cluster_is_renamed()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);
        const string Shop = "cluster: shop\nworker_pools: none\n";
        const string Echo = "cluster: echo\nworker_pools: none\n";

        Assert.Equal((200, ""), await PutAsync("/v1/spec", Shop));
        var (status, detail) = await PutAsync("/v1/spec", Echo);
        Assert.Equal(409, status);
        Assert.Contains("The spec is for cluster 'echo', but this cluster is 'shop'.", detail, StringComparison.Ordinal);
        Assert.Equal(409, (await PutAsync("/v1/spec", "worker_pools: none\n")).Status);
        Assert.Equal((200, ""), await PutAsync($"/v1/spec?{QueryParameters.RenameCluster}=true", Echo));

        async Task<(int Status, string Detail)> PutAsync(string path, string yaml)
        {
            using var content = new StringContent(yaml, Encoding.UTF8, "text/yaml");
            using var answer = await manager.Http.PutAsync(path, content, Token);
            return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task The_OpenAPI_document_tells_parameters_streams_and_whole_numbers()
    {
        await using var consul = await ConsulServer.StartAsync(Token);
        await using var manager = await TestManager.StartAsync(consul, "m1", Token);

        var text = await manager.Http.GetStringAsync("/openapi/v1.json", Token);
        using var document = JsonDocument.Parse(text);

        var root = document.RootElement;
        Assert.Equal("Nexus API", root.GetProperty("info").GetProperty("title").GetString());
        Assert.Contains("header If-Match", Parameters(root, Routes.Spec, "put"));
        Assert.Contains("header X-Nexus-Author", Parameters(root, Routes.Spec, "put"));
        Assert.Contains("header X-Nexus-File", Parameters(root, Routes.SpecPlan, "post"));
        Assert.Contains("header Last-Event-ID", Parameters(root, Routes.Events, "get"));
        string[] ofLogs = ["query tail", "query follow", "path id"];
        Assert.Empty(ofLogs.Except(Parameters(root, Routes.AllocationLogs, "get")));
        var events = root.GetProperty("paths").GetProperty(Routes.Events).GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content");
        Assert.Equal("array", events.GetProperty("application/json").GetProperty("schema").GetProperty("type").GetString());
        Assert.Contains("EventView", events.GetProperty(ApiHeaders.EventStream).GetProperty("schema").GetRawText(), StringComparison.Ordinal);
        var restarts = root.GetProperty("components").GetProperty("schemas").GetProperty("AllocationView").GetProperty("properties").GetProperty("restarts");
        Assert.Equal("integer", restarts.GetProperty("type").GetString());
        Assert.DoesNotContain("\"pattern\"", text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Parameters(JsonElement root, string path, string method) =>
        root.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("parameters").EnumerateArray()
            .Select(p => $"{p.GetProperty("in").GetString()} {p.GetProperty("name").GetString()}");
}
