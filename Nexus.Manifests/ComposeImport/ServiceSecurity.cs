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

        if (ComposeValue.Texts(service, "cap_add") is { IsEmpty: false } added)
        {
            pool.Set("capabilities", YamlTree.Words(added.Select(c => c.Text.StartsWith("CAP_", StringComparison.Ordinal) ? c.Text[4..] : c.Text)),
                service.Child("cap_add"));
        }

        if (ComposeValue.Flag(service, "privileged") == true)
        {
            service.Child("privileged").Warn("is not carried over: no pool is privileged; name what it needs under capabilities");
        }

        foreach (var (text, at) in ComposeValue.Texts(service, "security_opt").Where(o => !o.Text.StartsWith("no-new-privileges", StringComparison.Ordinal)))
        {
            at.Warn($"{Excerpt.Cut(text)} is not carried over: the Docker Engine's own profiles hold");
        }

        foreach (var (text, at) in ComposeValue.Texts(service, "tmpfs"))
        {
            WarnOfTmpfs(text.Split(':')[0], at);
        }

        if (ComposeValue.At(service, "logging") is { } logging && ComposeValue.Text(logging, "driver") is { } driver and not "json-file")
        {
            logging.Warn($"{Excerpt.Cut(driver)} is not carried over: of each container's output, the last 3 files of 10 MB are kept on its node");
        }
    }

    private void WarnOfTmpfs(string path, SpecCursor at)
    {
        if (path != "/tmp" || !pool.Has("read_only"))
        {
            at.Warn($"{Excerpt.Cut(path)} in memory is not carried over: there is a /tmp in memory where read_only is true, and no other");
        }
    }
}
