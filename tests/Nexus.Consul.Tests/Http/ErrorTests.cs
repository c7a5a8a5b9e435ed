using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nexus.Testing;
using static Nexus.Consul.Tests.TestWatching;

namespace Nexus.Consul.Tests.Http;

public sealed class ErrorTests(ConsulFixture consul)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unreachable_address_is_named_with_a_way_to_check_it()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        using var client = new ConsulClient(new ConsulOptions { Address = address }, TimeProvider.System);
        var exception = await Assert.ThrowsAsync<ConsulException>(() => client.Kv.GetAsync("a/b", Token));
        Assert.True(exception.IsUnreachable);
        Assert.Null(exception.StatusCode);
        Assert.Contains($"Consul at {address} cannot be reached", exception.Message, StringComparison.Ordinal);
        Assert.Contains("GET /v1/kv/a/b", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"curl {address}v1/status/leader", exception.Message, StringComparison.Ordinal);
    }

    // As Consul does with the 201st connection of one address. Now and then HttpClient then throws the socket's own exception.
    [Fact]
    public async Task A_connection_that_is_reset_at_once_is_an_unreachable_Consul()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(512);
        var resetting = Task.Run(
            async () =>
            {
                while (true)
                {
                    using var accepted = await listener.AcceptSocketAsync(Token);
                    accepted.LingerState = new LingerOption(enable: true, seconds: 0);
                }
            },
            Token);
        var address = new Uri($"http://{listener.LocalEndpoint}/");
        using var client = new ConsulClient(new ConsulOptions { Address = address }, TimeProvider.System);

        var failures = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Record.ExceptionAsync(() => client.Kv.GetAsync("a/b", Token)).AsTask()));

        Assert.All(failures, failure => Assert.True(Assert.IsType<ConsulException>(failure).IsUnreachable, $"{failure}"));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => resetting);
    }

    [Fact]
    public async Task A_refused_registration_carries_consuls_text()
    {
        var exception = await Assert.ThrowsAsync<ConsulException>(
            () => consul.Client.Agent.RegisterServiceAsync(new ServiceRegistration { Id = "x", Name = "" }, Token));
        Assert.Equal(HttpStatusCode.BadRequest, exception.StatusCode);
        Assert.Equal("Missing service name", exception.Text);
        Assert.Contains("PUT /v1/agent/service/register", exception.Message, StringComparison.Ordinal);
        Assert.Contains("400 BadRequest: Missing service name", exception.Message, StringComparison.Ordinal);
        Assert.False(exception.IsUnreachable || exception.IsPermissionDenied || exception.IsNoLeader || exception.IsNotFound);
    }

    [Fact]
    public async Task An_unknown_datacenter_is_an_error_with_consuls_text()
    {
        var options = consul.Server.Options;
        options.Datacenter = "elsewhere";
        using var client = new ConsulClient(options, TimeProvider.System);
        var exception = await Assert.ThrowsAsync<ConsulException>(() => client.Kv.GetAsync("key", Token));
        Assert.Contains("No path to datacenter", exception.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_session_of_garbage_is_an_exception_and_not_a_refusal()
    {
        var exception = await Assert.ThrowsAsync<ConsulException>(() => consul.Client.Sessions.RenewAsync("not-a-uuid", Token));
        Assert.Equal(HttpStatusCode.InternalServerError, exception.StatusCode);
    }

    [Fact]
    public async Task Without_a_permission_writes_are_denied_and_lists_come_empty()
    {
        await using var server = await ConsulServer.StartAsync(
            """acl { enabled = true default_policy = "deny" enable_token_persistence = true }""", Token);
        var options = server.Options;
        options.Token = await BootstrapAsync(server.Address);
        using var owner = new ConsulClient(options, TimeProvider.System);
        await owner.Kv.PutAsync("a", Bytes("1"), Token);
        Assert.Equal("1", (await owner.Kv.GetAsync("a", Token)).Text());

        using var stranger = server.CreateClient();
        var denied = await Assert.ThrowsAsync<ConsulException>(() => stranger.Kv.PutAsync("a", Bytes("2"), Token));
        Assert.True(denied.IsPermissionDenied);
        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
        Assert.Contains("Permission denied", denied.Text, StringComparison.Ordinal);
        Assert.Empty((await stranger.Kv.ListAsync("", Token)).Value);
        var refused = await stranger.Transactions.ExecuteAsync([TxnOperation.Set("a", Bytes("2"))], Token);
        Assert.False(refused.Committed);
        Assert.Contains("Permission denied", refused.Errors.Single().What, StringComparison.Ordinal);
        Assert.Equal("1", (await owner.Kv.GetAsync("a", Token)).Text());
    }

    private static async Task<string> BootstrapAsync(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        while (true)
        {
            // The new leader needs a moment to set its ACLs up.
            using var response = await http.PutAsync(new Uri("v1/acl/bootstrap", UriKind.Relative), content: null, Token);
            if (response.IsSuccessStatusCode)
            {
                return (await response.Content.ReadFromJsonAsync<JsonObject>(Token))!["SecretID"]!.GetValue<string>();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }
}
