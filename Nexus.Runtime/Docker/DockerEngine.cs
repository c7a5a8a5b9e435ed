using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Version = System.Version;

namespace Nexus.Runtime.Docker;

/// <summary>
/// The connection to one engine. Agrees on an API version at first use, and again after the engine was away, so the same
/// object works across the engine's restarts and upgrades. Says every failure in words.
/// </summary>
internal sealed class DockerEngine(Uri endpoint) : IDisposable
{
    // Newest API whose changes were read; an older engine decides, a newer one is asked for this.
    private static readonly Version NewestKnown = new(1, 52);

    private readonly SemaphoreSlim _gate = new(1);
    private volatile Connection? _connection;

    public async Task<VersionResponse> DescribeAsync(CancellationToken cancellationToken) =>
        (await ConnectAsync(cancellationToken)).Version;

    /// <summary>Whether it runs as an ordinary user, with networks in a namespace of its own.</summary>
    public async Task<bool> IsRootlessAsync(CancellationToken cancellationToken)
    {
        var info = await AskAsync(client => client.System.GetSystemInfoAsync(cancellationToken), cancellationToken);
        return info.SecurityOptions?.Any(option => option.Contains("rootless", StringComparison.Ordinal)) == true;
    }

    /// <summary>
    /// Asks the engine. "No such thing" and "conflict" stay what they are, for the asker knows what they mean; what any
    /// other error means is said by <paramref name="refusal"/>, or else it is an engine that does not do its work.
    /// </summary>
    /// <exception cref="RuntimeUnavailableException">It does not answer, or answers with an error of its own.</exception>
    public async Task<T> AskAsync<T>(
        Func<IDockerClient, Task<T>> ask, CancellationToken cancellationToken, Func<DockerApiException, Exception>? refusal = null)
    {
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            return await ask(connection.Client);
        }
        catch (Exception e) when (IsUnreachable(e, cancellationToken))
        {
            throw Lost(e);
        }
        catch (DockerApiException e) when (IsVersionRefused(e))
        {
            _connection = null;
            throw Refused(e);
        }
        catch (DockerApiException e) when (refusal is not null)
        {
            throw refusal(e);
        }
        catch (DockerApiException e) when (e.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.Conflict))
        {
            throw Refused(e);
        }
    }

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task AskAsync(
        Func<IDockerClient, Task> ask, CancellationToken cancellationToken, Func<DockerApiException, Exception>? refusal = null) =>
        AskAsync(
            async client =>
            {
                await ask(client);
                return true;
            },
            cancellationToken,
            refusal);

    /// <summary>What the engine said, out of its JSON.</summary>
    public static string Words(DockerApiException exception)
    {
        try
        {
            using var json = JsonDocument.Parse(exception.ResponseBody ?? "");
            return json.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? "" : exception.ResponseBody!;
        }
        catch (JsonException)
        {
            return exception.ResponseBody ?? exception.Message;
        }
    }

    public void Dispose()
    {
        _connection?.Client.Dispose();
        _gate.Dispose();
    }

    private string Address => endpoint.Scheme == "unix" ? endpoint.LocalPath : endpoint.ToString();

    private async Task<Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } connection)
        {
            return connection;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _connection ??= await NegotiateAsync(cancellationToken);
        }
        catch (Exception e) when (IsUnreachable(e, cancellationToken))
        {
            throw Lost(e);
        }
        catch (DockerApiException e)
        {
            throw Refused(e);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<Connection> NegotiateAsync(CancellationToken cancellationToken)
    {
        VersionResponse version;
        using (var unpinned = new DockerClientBuilder().WithEndpoint(endpoint).Build())
        {
            version = await unpinned.System.GetVersionAsync(cancellationToken);
        }

        var newest = ParseVersion(version.APIVersion);
        var oldest = ParseVersion(version.MinAPIVersion);
        var pinned = newest < NewestKnown ? newest : NewestKnown;
        if (pinned < oldest)
        {
            throw new RuntimeUnavailableException(
                $"Docker {version.Version} at {Address} speaks API {oldest} to {newest}; Nexus knows up to {NewestKnown}. Update Nexus.");
        }

        return new Connection(new DockerClientBuilder().WithEndpoint(endpoint).WithApiVersion(pinned).Build(), version);
    }

    private RuntimeUnavailableException Refused(DockerApiException cause) =>
        new($"Docker at {Address} answered {(int)cause.StatusCode}: {Words(cause)}", cause);

    private RuntimeUnavailableException Lost(Exception cause)
    {
        _connection = null; // others may still use its client: it is left to the collector, its sockets are dead anyway
        var root = cause.GetBaseException();
        var remedy = root is SocketException { SocketErrorCode: SocketError.AccessDenied }
            ? $"Allow it: sudo usermod -aG docker {Environment.UserName}, then log in again."
            : endpoint.Scheme == "unix"
                ? "Start it: sudo systemctl start docker (or set DOCKER_HOST to where it listens)."
                : "Start it, or set DOCKER_HOST to where it listens.";
        return new RuntimeUnavailableException($"Docker does not answer at {Address}: {root.Message.TrimEnd('.')}. {remedy}", cause);
    }

    private static bool IsUnreachable(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && exception is HttpRequestException or SocketException or IOException or TimeoutException or OperationCanceledException;

    private static bool IsVersionRefused(DockerApiException exception) =>
        exception.StatusCode == HttpStatusCode.BadRequest
        && Words(exception).Contains("API version", StringComparison.OrdinalIgnoreCase);

    private static Version ParseVersion(string? text) =>
        Version.TryParse(text, out var version) ? version : new Version(1, 24);

    private sealed record Connection(DockerClient Client, VersionResponse Version);
}
