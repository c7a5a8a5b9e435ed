namespace Nexus.Runtime.Docker;

/// <summary>Reports on the caller's thread and in order, which <see cref="Progress{T}"/> does not.</summary>
internal sealed class DirectProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
