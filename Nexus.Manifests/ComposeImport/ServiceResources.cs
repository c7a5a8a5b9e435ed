using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Values;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What a service may use, in the words of either version of the format.</summary>
internal sealed class ServiceResources(SpecCursor service, SpecCursor deploy, PoolDraft pool)
{
    private const int LeastCpu = 10;
    private const int MostCpu = 1_024_000;
    private const long LeastMemory = 6L << 20;
    private const long MostMemory = 1L << 44;
    private const int MostPids = 1_000_000;

    public void Read()
    {
        var resources = deploy.Child("resources");
        var limits = deploy.Has("resources") ? Part(resources, "limits") : null;
        var reservations = deploy.Has("resources") ? Part(resources, "reservations") : null;
        Set("cpu", "cpus", limits, "cpus", reservations, (at, key) => ComposeValue.Millicores(at, key) is { } cpu
            ? YamlTree.Literal(CpuShare.Format(cpu == 0 ? 0 : ComposeValue.Within(cpu, LeastCpu, MostCpu, at.Child(key), CpuShare.Format))) : null);
        Set("memory", "memory", limits, "mem_limit", reservations, (at, key) => ComposeValue.Bytes(at, key) is { } bytes
            ? YamlTree.Literal(bytes == 0 ? "0" : ByteSize.Format(ComposeValue.Within(bytes, LeastMemory, MostMemory, at.Child(key), ByteSize.Format))) : null);
        Set("pids", "pids", limits, "pids_limit", reservations, Pids);
        if (ComposeValue.Text(service, "memswap_limit") is { } swap && swap != (ComposeValue.Text(service, "mem_limit") ?? (limits is null ? null : ComposeValue.Text(limits, "memory"))))
        {
            service.Child("memswap_limit").Warn("is not carried over: a replica gets no swap beside its memory");
        }

        if (service.Has("mem_reservation"))
        {
            service.Child("mem_reservation").Warn("is not carried over: placement reserves resources.memory, the limit");
        }
    }

    // A limit, and what placement reserves, are one under Nexus.
    private void Set(
        string key, string name, SpecCursor? limits, string older, SpecCursor? reservations, Func<SpecCursor, string, YamlTree?> read)
    {
        var (from, given) = limits?.Has(name) == true ? (limits, name)
            : service.Has(older) ? (service, older)
            : reservations?.Has(name) == true ? (reservations, name) : (null, name);
        if (from is null)
        {
            return;
        }

        var at = from.Child(given);
        if (read(from, given) is { } value)
        {
            pool.Set($"resources.{key}", value, at);
        }

        if (from == reservations)
        {
            at.Warn("is a limit, too, under Nexus");
        }
        else if (reservations?.Has(name) != true)
        {
            if (key != "pids")
            {
                at.Warn("is also what placement reserves on a node");
            }
        }
        else if (ComposeValue.Text(reservations, name) != ComposeValue.Text(from, given))
        {
            reservations.Child(name).Warn("is not carried over: placement reserves what the limit is");
        }
    }

    private static YamlTree? Pids(SpecCursor at, string key) =>
        ComposeValue.Text(at, key) is "-1" ? 0
        : ComposeValue.Count(at, key) is { } pids ? ComposeValue.Within(pids, 0, MostPids, at.Child(key), number => $"{number}") : null;

    private static SpecCursor? Part(SpecCursor resources, string name)
    {
        if (ComposeValue.At(resources, name) is not { } part)
        {
            return null;
        }

        ComposeKeys.Resources.Judge(part);
        return part;
    }
}
