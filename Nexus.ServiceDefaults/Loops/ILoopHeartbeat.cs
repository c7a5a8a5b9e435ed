namespace Nexus.ServiceDefaults.Loops;

/// <summary>A loop's sign of life. The loop owns it and disposes of it when it ends on purpose, so that an ended loop is not
/// taken for a hung one.</summary>
public interface ILoopHeartbeat : IDisposable
{
    /// <summary>The loop's name, as health checks and logs show it.</summary>
    string Name { get; }

    /// <summary>Says that a pass was made. Call it once per pass, also after a failed one: it tells of progress, not of
    /// success. Cheap, safe from any thread.</summary>
    void Beat();
}
