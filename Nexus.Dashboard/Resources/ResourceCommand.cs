namespace Nexus.Dashboard.Resources;

/// <summary>Something that people can have done to a resource.</summary>
/// <param name="Name">Unique within the resource.</param>
/// <param name="Title">What to call it.</param>
public sealed record ResourceCommand(string Name, string Title)
{
    /// <summary>What it does, in a sentence.</summary>
    public string? Description { get; init; }

    /// <summary>A question to answer before it is done.</summary>
    public string? Question { get; init; }

    /// <summary>The name of a Fluent icon.</summary>
    public string? Icon { get; init; }

    /// <summary>Whether it can be done now.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Whether it is among the first that people look for.</summary>
    public bool IsHighlighted { get; init; }
}

/// <summary>How a command went.</summary>
/// <param name="IsDone">Whether it did what it was asked for.</param>
/// <param name="Words">What it has to say, or why it did not.</param>
public sealed record CommandAnswer(bool IsDone, string? Words);
