namespace Nexus.WorkerAgent.Reports;

/// <summary>Kinds of events that worker agents write.</summary>
internal static class EventKinds
{
    public const string AllocationStarted = nameof(AllocationStarted);
    public const string AllocationAdopted = nameof(AllocationAdopted);
    public const string AllocationHealthy = nameof(AllocationHealthy);
    public const string AllocationUnhealthy = nameof(AllocationUnhealthy);
    public const string AllocationExited = nameof(AllocationExited);
    public const string AllocationRestarting = nameof(AllocationRestarting);
    public const string AllocationPaused = nameof(AllocationPaused);
    public const string AllocationWoken = nameof(AllocationWoken);
    public const string AllocationStopped = nameof(AllocationStopped);
    public const string ImagePullFailed = nameof(ImagePullFailed);
    public const string StartFailed = nameof(StartFailed);
    public const string DrillFaultCaused = nameof(DrillFaultCaused);
    public const string BrakeEngaged = nameof(BrakeEngaged);
    public const string BrakeReleased = nameof(BrakeReleased);
    public const string AssignmentRefused = nameof(AssignmentRefused);
    public const string StateUnwritable = nameof(StateUnwritable);
    public const string StateWritable = nameof(StateWritable);
    public const string RecordRewritten = nameof(RecordRewritten);
    public const string RuntimeUnavailable = nameof(RuntimeUnavailable);
    public const string RuntimeAvailable = nameof(RuntimeAvailable);
}
