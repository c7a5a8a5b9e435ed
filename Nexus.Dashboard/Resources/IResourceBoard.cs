namespace Nexus.Dashboard.Resources;

/// <summary>What the dashboard knows of the application's resources, and how it steers them: the engine's part. Safe from any
/// thread; reads are cheap, for every open page asks each second.</summary>
public interface IResourceBoard
{
    /// <summary>Every running copy of every resource as it is now, in the application's order.</summary>
    IReadOnlyList<ResourceView> Resources { get; }

    /// <summary>The lines that a running copy wrote after the one of that number, as far as they are kept.</summary>
    /// <param name="resourceId">The running copy.</param>
    /// <param name="after">The number of the last line that is known already; 0 for none.</param>
    IReadOnlyList<ConsoleLine> ConsoleLines(string resourceId, int after);

    /// <summary>Carries out a command and returns when that is done, or refused.</summary>
    /// <param name="resourceId">The running copy.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<CommandAnswer> ExecuteAsync(string resourceId, string command, CancellationToken cancellationToken);
}

/// <summary>How a resource fares, for colour and icon.</summary>
public enum ResourceTone
{
    /// <summary>Nothing to say.</summary>
    Neutral,

    /// <summary>Under way.</summary>
    Busy,

    /// <summary>All is well.</summary>
    Good,

    /// <summary>It runs, and something is wrong.</summary>
    Warning,

    /// <summary>It failed.</summary>
    Bad,
}

/// <summary>One running copy of a resource at one moment.</summary>
public sealed record ResourceView
{
    /// <summary>The running copy; also its instance in telemetry.</summary>
    public required string Id { get; init; }

    /// <summary>The resource: what commands go to.</summary>
    public required string Name { get; init; }

    /// <summary>Project, Container, Executable …</summary>
    public required string Type { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required string State { get; init; }

    /// <summary>How it fares.</summary>
    public ResourceTone Tone { get; init; }

    /// <summary>The worst of its health checks while it runs; null otherwise.</summary>
    public string? Health { get; init; }

    /// <summary>Why it failed, or is not healthy.</summary>
    public string? Reason { get; init; }

    /// <summary>The exit code once it has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Since when it runs.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What it runs from: a project, an image, a command.</summary>
    public string? Source { get; init; }

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<ResourceAddress> Addresses { get; init; } = [];

    /// <summary>Its health checks.</summary>
    public IReadOnlyList<ResourceCheck> Checks { get; init; } = [];

    /// <summary>The variables it was started with.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Whom it waited for.</summary>
    public IReadOnlyList<string> WaitsFor { get; init; } = [];

    /// <summary>What can be asked of it, in the order to show it.</summary>
    public IReadOnlyList<ResourceCommand> Commands { get; init; } = [];
}

/// <summary>An address of a resource.</summary>
/// <param name="Name">The endpoint.</param>
/// <param name="Url">The address.</param>
public sealed record ResourceAddress(string Name, string Url)
{
    /// <summary>Whether a browser can open it.</summary>
    public bool IsLink => Url.StartsWith("http://", StringComparison.Ordinal) || Url.StartsWith("https://", StringComparison.Ordinal);
}

/// <summary>The last result of a health check.</summary>
/// <param name="Name">The check.</param>
/// <param name="Status">The result; null before the first.</param>
/// <param name="Description">What it says.</param>
public sealed record ResourceCheck(string Name, string? Status, string? Description);

/// <summary>A line that a resource wrote.</summary>
/// <param name="Number">Counts from 1.</param>
/// <param name="Text">The line.</param>
/// <param name="IsError">Whether it came from standard error.</param>
public readonly record struct ConsoleLine(int Number, string Text, bool IsError);
