using System.Text.Json.Nodes;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Core.Spec.Sections;

/// <summary>A Linux capability, without <c>CAP_</c>.</summary>
internal sealed class CapabilityValue : SpecValue<string>
{
    // capabilities(7), less those that hand over the machine.
    private static readonly string[] All =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "IPC_LOCK", "KILL", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_NICE",
        "SYS_PTRACE", "SYS_RESOURCE", "SYS_TIME",
    ];

    private static readonly ChoiceValue<string> Known = new([.. All.Select(name => (name, name))]);

    /// <summary>The capabilities that a pool may have, in one text.</summary>
    public static string Names => string.Join(", ", All);

    /// <summary>Whether a pool may have it.</summary>
    public static bool IsKnown(string name) => Array.IndexOf(All, name) >= 0;

    public override string Allowed => Known.Allowed;

    public override bool TryRead(SpecCursor cursor, out string value)
    {
        value = "";
        return cursor.Node is SpecScalar { Text: ['C', 'A', 'P', '_', .. var name] }
            ? cursor.Refuse($"the name without CAP_, {Excerpt.Cut(name)}")
            : Known.TryRead(cursor, out value);
    }

    public override JsonObject ToSchema() => Known.ToSchema();
}

/// <summary>A mount, as a map or in the short form <c>source:target[:ro]</c>.</summary>
internal sealed class VolumeValue : SpecValue<VolumeSpec>, IHasItems
{
    private const string ShortForm = "SOURCE:TARGET or SOURCE:TARGET:ro, or a map with source, target, read_only, exclusive";

    private static readonly TextValue Source = new(
        "a volume's name, of two characters or more, or an absolute path of the node", @"[A-Za-z0-9][A-Za-z0-9_.\-]+|/[^:\0]*")
    { Objection = Climbs };

    private static readonly TextValue Target = new(
        "an absolute path in the container, other than /", @"/[^:\0]*[^:/\0][^:\0]*")
    { Objection = path => VolumeSpec.MountPointOf(path) == "/" ? "it stands for /" : OfTheKernel(path) ?? Climbs(path) };

    // The engine's runtime mounts nothing over the files of processes, but for some that lxcfs has a better version of.
    private static readonly string[] MountableInProc =
    [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo", "/proc/stat", "/proc/swaps", "/proc/uptime",
        "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ];

    // Files and folders that the engine makes itself in every container: a volume, which is a folder of data, does not fit.
    private static readonly string[] OfTheEngine = ["/dev", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

    private static readonly Section<VolumeSpec> Section = new(new VolumeSpec("", "", false),
    [
        new SpecKey<VolumeSpec, string>("source", Source, null, (v, s) => v with { Source = s },
            "Name of a volume, or an absolute path of the node.") { IsRequired = true },
        new SpecKey<VolumeSpec, string>("target", Target, null, (v, s) => v with { Target = s },
            "Absolute path in the container.") { IsRequired = true },
        new SpecKey<VolumeSpec, bool>("read_only", new BoolValue(), v => v.ReadOnly, (v, s) => v with { ReadOnly = s },
            "Whether it cannot be written."),
        new SpecKey<VolumeSpec, bool>("exclusive", new BoolValue(), v => v.Exclusive, (v, s) => v with { Exclusive = s },
            "Whether at most one replica of a node may hold it at a time; a rollout stops before it starts then."),
    ]);

    public ISection? Items => Section;

    public string ItemPath => "";

    public override string Allowed => ShortForm;

    public override bool TryRead(SpecCursor cursor, out VolumeSpec value)
    {
        if (cursor.Node is SpecMapping)
        {
            return Section.TryRead(cursor, out value) && Fits(cursor, value);
        }

        value = new VolumeSpec("", "", false);
        if (cursor.Node is not SpecScalar { Kind: ScalarKind.Text } text)
        {
            return cursor.Refuse(ShortForm);
        }

        var parts = text.Text.Split(':');
        if (parts is not ([_, _] or [_, _, "ro" or "rw"]))
        {
            return cursor.Refuse(ShortForm);
        }

        value = new VolumeSpec(parts[0], parts[1], parts is [_, _, "ro"]);
        return TryPart(cursor, Source, parts[0]) & TryPart(cursor, Target, parts[1]) && Fits(cursor, value);
    }

    public override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "string", ["pattern"] = "^[^:]+:/[^:]+(:ro|:rw)?$" }, Section.ToSchema()),
    };

    private static bool Fits(SpecCursor cursor, VolumeSpec volume)
    {
        var target = VolumeSpec.MountPointOf(volume.Target);
        if (volume.Source is ['/', ..]
            || !Array.Exists(OfTheEngine, own => target == own || (own == "/sys" && target.StartsWith("/sys/", StringComparison.Ordinal))))
        {
            return true;
        }

        cursor.Error($"the volume {volume.Source} cannot be mounted at {Excerpt.Cut(target)}, which the engine makes itself; allowed is another path, or a path of the node as source");
        return false;
    }

    private static string? OfTheKernel(string path)
    {
        var target = VolumeSpec.MountPointOf(path);
        return (target == "/proc" || target.StartsWith("/proc/", StringComparison.Ordinal)) && Array.IndexOf(MountableInProc, target) < 0
            ? "nothing can be mounted over /proc"
            : null;
    }

    private static bool TryPart(SpecCursor cursor, TextValue form, string text) =>
        form.TryRead(cursor with { Node = new SpecScalar(cursor.At, text, ScalarKind.Text, IsQuoted: false) }, out _);

    private static string? Climbs(string path) => path.Split('/').Contains("..") ? ".. is not allowed in it" : null;
}
