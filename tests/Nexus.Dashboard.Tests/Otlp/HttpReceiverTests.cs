using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Nexus.Dashboard.Otlp.Wire;
using Nexus.Dashboard.Tests.Fixtures;

namespace Nexus.Dashboard.Tests.Otlp;

/// <summary>What the SDK's exporter never sends, and others do.</summary>
public sealed class HttpReceiverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_compressed_body_is_taken()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);

        using var response = await PostAsync(dashboard, Compressed(OneLog().ToByteArray()), "application/x-protobuf", RunningDashboard.Key, "gzip");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/x-protobuf", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(1, dashboard.Store.Logs.Count);
    }

    [Fact]
    public async Task A_body_that_unpacks_without_end_is_refused()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);

        using var response = await PostAsync(dashboard, Compressed(new byte[64 * 1024 * 1024]), "application/x-protobuf", RunningDashboard.Key, "gzip");

        Assert.False(response.IsSuccessStatusCode);
        Assert.Equal(0, dashboard.Store.Logs.Count);
    }

    [Theory]
    [InlineData("application/json", RunningDashboard.Key, HttpStatusCode.UnsupportedMediaType, "JSON is another protocol")]
    [InlineData("application/x-protobuf", "a guess", HttpStatusCode.Unauthorized, "the key is wrong")]
    [InlineData("application/x-protobuf", null, HttpStatusCode.Unauthorized, "there is no key")]
    public async Task Others_are_refused(string type, string? key, HttpStatusCode expected, string because)
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);

        using var response = await PostAsync(dashboard, OneLog().ToByteArray(), type, key);

        Assert.True(expected == response.StatusCode, because);
        Assert.Equal(0, dashboard.Store.Logs.Count);
    }

    [Fact]
    public async Task A_body_of_something_else_is_a_bad_request()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);

        using var response = await PostAsync(dashboard, [255, 255, 255, 255], "application/x-protobuf", RunningDashboard.Key);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Pages_and_receiver_keep_to_their_own_ports()
    {
        await using var dashboard = await RunningDashboard.StartAsync(Token);
        using var http = dashboard.CreateClient();
        http.DefaultRequestHeaders.Add("x-otlp-api-key", RunningDashboard.Key);

        using var page = await http.GetAsync(new Uri(dashboard.Server.OtlpHttpUrl!, $"/login?t={RunningDashboard.Token}"), Token);
        using var content = Content(OneLog().ToByteArray(), "application/x-protobuf");
        using var report = await http.PostAsync("/v1/logs", content, Token);

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, report.StatusCode);
        Assert.Equal(0, dashboard.Store.Logs.Count);
    }

    private static async Task<HttpResponseMessage> PostAsync(
        RunningDashboard dashboard, byte[] body, string type, string? key, string? encoding = null)
    {
        using var http = dashboard.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(dashboard.Server.OtlpHttpUrl!, "/v1/logs"));
        request.Content = Content(body, type);
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        if (key is not null)
        {
            request.Headers.Add("x-otlp-api-key", key);
        }

        return await http.SendAsync(request, Token);
    }

    private static ByteArrayContent Content(byte[] body, string type) =>
        new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private static byte[] Compressed(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return packed.ToArray();
    }

    private static ExportLogsServiceRequest OneLog()
    {
        var request = new ExportLogsServiceRequest();
        request.ResourceLogs.Add(new ResourceLogs());
        request.ResourceLogs[0].ScopeLogs.Add(new ScopeLogs());
        request.ResourceLogs[0].ScopeLogs[0].LogRecords.Add(new LogRecord { Body = new AnyValue { StringValue = "hello" } });
        return request;
    }
}
