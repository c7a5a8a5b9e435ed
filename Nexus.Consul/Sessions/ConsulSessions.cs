using System.Net;

namespace Nexus.Consul;

/// <summary>Sessions: the owners of locks.</summary>
public sealed class ConsulSessions
{
    private static readonly ConsulReader<string> CreatedId = ConsulRead.Json(
        ConsulJson.Default.SessionIdWire,
        static wire => wire?.Id ?? throw new System.Text.Json.JsonException("no ID of the created session"));

    private static readonly ConsulReader<SessionInfo?> One =
        ConsulRead.Json(ConsulJson.Default.SessionWireArray, static wires => wires is [var wire, ..] ? wire.ToInfo() : null);

    private readonly ConsulTransport _transport;

    internal ConsulSessions(ConsulTransport transport) => _transport = transport;

    /// <summary>Creates a session on the agent's node and returns its id. Fails when one of its checks is critical.</summary>
    public Task<string> CreateAsync(SessionRequest session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        var wire = new SessionRequestWire(
            session.Name,
            GoDuration.Format(session.Ttl),
            GoDuration.Format(session.LockDelay),
            session.Behavior,
            session.Checks.IsDefaultOrEmpty ? null : [.. session.Checks]);
        return _transport.SendAsync(
            new ConsulRequest(HttpMethod.Put, "v1/session/create")
            {
                Body = ConsulJson.Bytes(wire, ConsulJson.Default.SessionRequestWire),
            },
            CreatedId,
            cancellationToken);
    }

    /// <summary>Starts a session's TTL anew; false when the session is gone, and its locks with it.</summary>
    public Task<bool> RenewAsync(string id, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ConsulRequest(HttpMethod.Put, Path("renew", id)) { IsIdempotent = true, Accepts = HttpStatusCode.NotFound },
            ConsulRead.Succeeded,
            cancellationToken);

    /// <summary>Ends a session; it need not exist. To hand a lock on at once, release the key first.</summary>
    public Task DestroyAsync(string id, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ConsulRequest(HttpMethod.Put, Path("destroy", id)) { IsIdempotent = true }, ConsulRead.Succeeded, cancellationToken);

    /// <summary>Reads a session; null when it is gone.</summary>
    public async Task<SessionInfo?> InfoAsync(string id, CancellationToken cancellationToken) =>
        (await _transport.ReadAsync(new ConsulRead<SessionInfo?>(Path("info", id), One), cancellationToken)).Value;

    private static string Path(string verb, string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return $"v1/session/{verb}/{Uri.EscapeDataString(id)}";
    }
}
