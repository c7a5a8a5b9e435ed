namespace Nexus.ServiceDefaults.Loops;

/// <summary>A loop that has said nothing for longer than it promised.</summary>
/// <param name="Name">The loop's name.</param>
/// <param name="Silence">The time since its last beat.</param>
/// <param name="Limit">The silence it allowed itself.</param>
public sealed record StaleLoop(string Name, TimeSpan Silence, TimeSpan Limit)
{
    /// <summary>For people: which loop, how long, against what limit.</summary>
    public override string ToString() =>
        $"{Name} silent for {Silence.TotalSeconds:0.0} s (limit {Limit.TotalSeconds:0.0} s)";
}
