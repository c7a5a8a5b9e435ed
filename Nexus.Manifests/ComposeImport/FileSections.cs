using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What is lost of the volumes and networks that a compose file declares beside its services.</summary>
internal static class FileSections
{
    public static void Report(SpecCursor file)
    {
        foreach (var volume in Declared(file, "volumes"))
        {
            Volume(volume);
        }

        foreach (var network in Declared(file, "networks"))
        {
            Network(network);
        }
    }

    /// <summary>Says once how a pool is kept at its data.</summary>
    public static void AdvisePinning(SpecCursor file, IEnumerable<ServiceOutline> services)
    {
        if (services.SelectMany(service => service.Sources).Any(source => !source.StartsWith('/')))
        {
            file.Child(file.Has("volumes") ? "volumes" : "services").Warn(
                "to start a pool first on the node that has the data of Compose, give that node a label of its own (Worker__Labels__NAME=VALUE for its worker agent) "
                + "and ask for it by placement: {constraints: {NAME: VALUE}}");
        }
    }

    private static IEnumerable<SpecCursor> Declared(SpecCursor file, string section) =>
        file.Has(section) && file.Child(section) is { Node: SpecMapping map } at ? map.Entries.Select(at.Enter).Where(one => one.Node is SpecMapping) : [];

    private static void Volume(SpecCursor volume)
    {
        ComposeKeys.DeclaredVolume.Judge(volume);
        if (ComposeValue.Text(volume, "driver") is { } driver and not ("local" or ""))
        {
            volume.Child("driver").Warn($"driver {Excerpt.Cut(driver)} is not carried over: a node that lacks the volume makes an empty local one; "
                + "make it there first with docker volume create --driver");
        }

        if (ComposeValue.At(volume, "driver_opts") is { Node: SpecMapping { Entries.Length: > 0 } options } at)
        {
            at.Warn($"driver_opts ({string.Join(", ", options.Entries.Select(Shown))}) are not carried over: a node that lacks the volume makes an empty local one; "
                + "make it there first with docker volume create --opt, or mount the share on each node and name its path as source");
        }

        if (ComposeValue.At(volume, "external") is { } external && (external.Node is SpecMapping || ComposeValue.Flag(volume, "external") == true))
        {
            external.Warn("an external volume that is missing keeps Compose from starting; here a node that lacks it makes an empty one");
        }
    }

    // The options of a mount may hold a password.
    private static string Shown(SpecEntry option) =>
        option.Name is "type" or "device" && option.Value is SpecScalar value ? $"{option.Name} {Excerpt.Cut(value.Text)}" : Excerpt.Cut(option.Name);

    private static void Network(SpecCursor network)
    {
        ComposeKeys.DeclaredNetwork.Judge(network);
        if (ComposeValue.Flag(network, "internal") == true)
        {
            network.Child("internal").Warn("is not carried over: every pool can reach every other and the world outside");
        }
    }
}
