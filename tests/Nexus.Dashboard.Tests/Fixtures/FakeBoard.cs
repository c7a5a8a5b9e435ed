using System.Collections.Concurrent;
using Nexus.Dashboard.Resources;

namespace Nexus.Dashboard.Tests.Fixtures;

/// <summary>Resources as a test says they are; remembers what was asked of them.</summary>
internal sealed class FakeBoard : IResourceBoard
{
    private readonly ConcurrentQueue<ConsoleLine> _lines = new();

    private static readonly ResourceCommand Start = new("start", "Start") { IsHighlighted = true };

    private static readonly ResourceCommand[] Running =
        [new("stop", "Stop") { IsHighlighted = true }, new("restart", "Restart") { IsHighlighted = true }];

    public IReadOnlyList<ResourceView> Resources { get; set; } =
    [
        new()
        {
            Id = "consul", Name = "consul", Type = "Executable", State = "Running", Health = "Healthy", Tone = ResourceTone.Good,
            Addresses = [new("http", "http://localhost:8500"), new("rpc", "tcp://localhost:8300")],
            Checks = [new("consul_http", "Healthy", null)], Commands = Running,
            StartedAt = DateTimeOffset.UnixEpoch,
        },
        new()
        {
            Id = "gateway", Name = "gateway", Type = "Project", State = "Running", Health = "Unhealthy", Tone = ResourceTone.Warning,
            Reason = "gateway_admin: no route yet", Addresses = [new("http", "http://localhost:8080")],
            Checks = [new("gateway_admin", "Unhealthy", "no route yet")], Environment = [new("Gateway__Secret", "s3cret")],
            Commands = Running, StartedAt = DateTimeOffset.UnixEpoch,
        },
        new() { Id = "manager-1", Name = "manager-1", Type = "Project", State = "Starting", Tone = ResourceTone.Busy },
        new()
        {
            Id = "pools", Name = "pools", Type = "Project", State = "Exited", Tone = ResourceTone.Bad, ExitCode = 4, Reason = "the spec is wrong",
            Commands = [Start],
        },
    ];

    public ConcurrentQueue<(string Id, string Command)> Asked { get; } = new();

    /// <summary>What every command comes to.</summary>
    public CommandAnswer Answer { get; set; } = new(true, null);

    public void Write(string text, bool isError = false) => _lines.Enqueue(new ConsoleLine(_lines.Count + 1, text, isError));

    public IReadOnlyList<ConsoleLine> ConsoleLines(string resourceId, int after) => [.. _lines.Where(l => l.Number > after)];

    public Task<CommandAnswer> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken)
    {
        Asked.Enqueue((resourceId, command));
        return Task.FromResult(Answer);
    }
}
