using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using Nexus.Core.Ids;

namespace Nexus.Core.Spec;

/// <summary>A template as the records of the store hold it, computed once for each template.</summary>
/// <param name="Revision">Its fingerprint.</param>
/// <param name="Bytes">Its size as JSON, rounded up.</param>
public sealed record StoredTemplate(PoolRevision Revision, int Bytes)
{
    /// <summary>Largest template that a spec may ask for: the record of a rollout, one value of the store, holds two of them.</summary>
    public const int MaxBytes = 128 * 1024;

    // Names of all fields, numbers and durations.
    private const int Fixed = 1100;
    private const int PerText = 3; // quotes and a comma
    private const int PerVolume = 64;

    private static readonly ConditionalWeakTable<PoolTemplate, StoredTemplate> Known = [];

    /// <summary>What is known of a template.</summary>
    public static StoredTemplate Of(PoolTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return Known.GetValue(template, static t => new StoredTemplate(PoolRevisions.Compute(t), Fixed + Parts(t).Sum(part => part.Bytes)));
    }

    /// <summary>The key with the largest part of it.</summary>
    public static (string Key, int Bytes) Largest(PoolTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return Parts(template).MaxBy(part => part.Bytes);
    }

    /// <summary>Bytes of a text within a JSON document of the store, without its quotes.</summary>
    internal static int BytesOf(string text) => Encoding.UTF8.GetByteCount(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text));

    private static IEnumerable<(string Key, int Bytes)> Parts(PoolTemplate template)
    {
        yield return ("image", Sum([template.Image, template.User ?? ""]));
        yield return ("command", Sum(template.Command));
        foreach (var (name, value) in template.Env)
        {
            yield return ($"env.{name}", Sum([name, value]));
        }

        yield return ("capabilities", Sum(template.Capabilities));
        yield return ("volumes", template.Volumes.Sum(volume => PerVolume + Sum([volume.Source, volume.Target])));
        yield return ("health", Sum([template.Health.Path, .. template.Health.Command]));
        yield return ("process", Sum([template.Process?.WorkingDirectory ?? "", .. template.Process?.Command ?? []]));
    }

    private static int Sum(IEnumerable<string> texts) => texts.Sum(text => PerText + BytesOf(text));
}
