namespace Nexus.Simulation.Tests.Checking;

/// <summary>A promise that was broken.</summary>
internal sealed class Violation(string rule, string what) : Exception($"{rule}: {what}")
{
    public string Rule => rule;
}
