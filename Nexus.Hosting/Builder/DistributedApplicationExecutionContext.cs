namespace Aspire.Hosting;

/// <summary>Why the application is being evaluated.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>To run it here.</summary>
    Run,

    /// <summary>To write the files that others run it from.</summary>
    Publish,
}

/// <summary>Why the application is being evaluated.</summary>
/// <param name="operation">To run it, or to publish it.</param>
public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    /// <summary>To run it, or to publish it.</summary>
    public DistributedApplicationOperation Operation { get; } = operation;

    /// <summary>Whether files are to be written.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    /// <summary>Whether it is to run here.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
}
