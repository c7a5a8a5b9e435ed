using System.Security.Cryptography;
using System.Text;
using Nexus.Core.Ids;

namespace Nexus.Core.Spec;

/// <summary>Computes the fingerprint of a template.</summary>
public static class PoolRevisions
{
    /// <summary>The revision of <paramref name="template"/>: equal templates, equal revisions.</summary>
    public static PoolRevision Compute(PoolTemplate template)
    {
        var text = new StringBuilder(256);
        Add(text, template.Image, template.User, template.Port, template.ReadOnly);
        AddAll(text, template.Command);
        AddAll(text, template.Env.SelectMany(e => (string[])[e.Key, e.Value]));
        AddAll(text, template.Capabilities);
        AddAll(text, template.Volumes.SelectMany(v => (string[])[v.Source, v.Target, v.ReadOnly ? "ro" : "rw"]));
        Add(text, template.Resources.CpuMillicores, template.Resources.MemoryBytes, template.Resources.Pids);
        var health = template.Health;
        Add(text, health.Type, health.Path, health.Interval, health.Timeout);
        Add(text, health.UnhealthyThreshold, health.HealthyThreshold, health.StartupTimeout, null);
        AddAll(text, health.Command);
        Add(text, template.Restart.InitialDelay, template.Restart.MaxDelay, template.Restart.ResetAfter, null);
        Add(text, template.Drain.Timeout, template.Drain.StopTimeout, null, null);
        Add(text, template.Process is null, template.Process?.WorkingDirectory);
        AddAll(text, template.Process?.Command ?? []);
        AddLater(text, template);
        return new PoolRevision(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..10]);
    }

    // What came to the template later is added only where it says something: a new version of Nexus must not be a new revision.
    private static void AddLater(StringBuilder text, PoolTemplate template)
    {
        var defaults = new DrainSpec();
        if (template.HostPort is { } hostPort)
        {
            Add(text, nameof(template.HostPort), hostPort);
        }

        if (template.Protocol != AppProtocol.Http1)
        {
            Add(text, nameof(template.Protocol), template.Protocol);
        }

        if (template.Drain.WebSocketWindow != defaults.WebSocketWindow)
        {
            Add(text, nameof(template.Drain.WebSocketWindow), template.Drain.WebSocketWindow);
        }

        foreach (var volume in template.Volumes.Where(volume => volume.Exclusive))
        {
            Add(text, nameof(volume.Exclusive), volume.Target);
        }
    }

    private static void Add(StringBuilder text, params ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
        {
            Append(text, value?.ToString());
        }
    }

    private static void AddAll(StringBuilder text, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            Append(text, value);
        }

        text.Append(';');
    }

    // Lengths keep ["a","b"] and ["ab"] apart; -1 keeps null and "" apart.
    private static void Append(StringBuilder text, string? value) =>
        text.Append(value?.Length ?? -1).Append(':').Append(value).Append(',');
}
