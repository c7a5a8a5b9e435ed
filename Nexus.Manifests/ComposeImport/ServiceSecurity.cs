using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What a service may do to its machine.</summary>
internal sealed class ServiceSecurity(SpecCursor service, PoolDraft pool)
{
    public void Read()
    {
        if (ComposeValue.Flag(service, "read_only") == true)
        {
            pool.Set("read_only", true, service.Child("read_only"));
        }

        Capabilities();
        if (ComposeValue.Flag(service, "privileged") == true)
        {
            service.Child("privileged").Warn("is not carried over: no pool is privileged; name what it needs under capabilities");
        }

        foreach (var (text, at) in ComposeValue.Texts(service, "security_opt").Where(o => o.Text is not ("no-new-privileges" or "no-new-privileges:true" or "no-new-privileges=true")))
        {
            at.Warn($"{Excerpt.Cut(text)} is not carried over: " + (text.StartsWith("no-new-privileges", StringComparison.Ordinal)
                ? "nothing in a replica gains privileges" : "the Docker Engine's own profiles hold"));
        }

        foreach (var (text, at) in ComposeValue.Texts(service, "tmpfs"))
        {
            WarnOfTmpfs(text.Split(':', 2), at);
        }

        if (ComposeValue.Flag(service, "init") == false)
        {
            service.Child("init").Warn("is not carried over: a small init is process 1 of each replica; an image that must be process 1 itself, as those with s6 or systemd, does not start");
        }

        Logging();
    }

    private void Capabilities()
    {
        var names = new List<string>();
        foreach (var (text, at) in ComposeValue.Texts(service, "cap_add"))
        {
            var name = text.ToUpperInvariant();
            name = name.StartsWith("CAP_", StringComparison.Ordinal) ? name[4..] : name;
            if (!CapabilityValue.IsKnown(name))
            {
                at.Warn($"{Excerpt.Cut(name)} is not carried over: it hands over the node, or is no capability; allowed is {CapabilityValue.Names}");
            }
            else if (!names.Contains(name))
            {
                names.Add(name);
            }
        }

        if (names.Count > 0)
        {
            pool.Set("capabilities", YamlTree.Words(names), service.Child("cap_add"));
        }
    }

    private void Logging()
    {
        if (ComposeValue.At(service, "logging") is not { Node: SpecMapping } logging)
        {
            return;
        }

        var driver = ComposeValue.Text(logging, "driver") ?? "json-file";
        var options = ComposeValue.At(logging, "options")?.Node as SpecMapping;
        var isSame = driver == "json-file" && (options is null || options.Entries.All(option => option is
        { Name: "max-size", Value: SpecScalar { Text: "10m" } } or { Name: "max-file", Value: SpecScalar { Text: "3" } }));
        if (!isSame)
        {
            logging.Warn($"{Excerpt.Cut(driver)}{(driver == "json-file" ? " with these options" : "")} is not carried over: of each container's output, the last 3 files of 10 MB are kept on its node");
        }
    }

    private void WarnOfTmpfs(string[] parts, SpecCursor at)
    {
        var path = Excerpt.Cut(parts[0]);
        if (parts[0] != "/tmp" || !pool.Has("read_only"))
        {
            at.Warn($"{path} in memory is not carried over: there is a /tmp in memory where read_only is true, and no other");
        }
        else if (parts.Length == 2 && parts[1] is not "rw,nosuid,nodev,mode=1777,size=64m")
        {
            at.Warn($"{Excerpt.Cut(parts[1])} is not carried over: /tmp in memory has 64 MB");
        }
    }
}
