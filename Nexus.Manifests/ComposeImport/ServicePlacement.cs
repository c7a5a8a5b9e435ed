using System.Text.RegularExpressions;
using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Where a service may run.</summary>
internal sealed partial class ServicePlacement(SpecCursor service, SpecCursor deploy, PoolDraft pool)
{
    public void Read()
    {
        if (ComposeValue.Text(service, "platform") is { } platform)
        {
            Arch(platform.Split('/') is ["linux", var arch, ..] ? arch : platform, service.Child("platform"));
        }

        if (ComposeValue.At(deploy, "placement") is not { } placement)
        {
            return;
        }

        ComposeKeys.Placement.Judge(placement);
        foreach (var (text, at) in ComposeValue.Texts(placement, "constraints"))
        {
            Constraint(text, at);
        }

        if (ComposeValue.Whole(placement, "max_replicas_per_node") is { } most and > 0)
        {
            if (most == 1)
            {
                pool.Set("placement.spread", "required", placement.Child("max_replicas_per_node"));
            }
            else
            {
                placement.Child("max_replicas_per_node").Warn($"{most} is not carried over: it is either 1 (spread: required) or as many as fit");
            }
        }
    }

    private void Constraint(string text, SpecCursor at)
    {
        if (Equal().Match(text) is not { Success: true } match)
        {
            at.Warn($"{Excerpt.Quote(text)} is not carried over: a pool asks for labels with exactly these values, and for an architecture");
        }
        else if (match.Groups["key"].Value == "node.platform.arch")
        {
            Arch(match.Groups["value"].Value, at);
        }
        else if (match.Groups["key"].Value is ['n', 'o', 'd', 'e', '.', 'l', 'a', 'b', 'e', 'l', 's', '.', .. { Length: > 0 } label])
        {
            pool.SetConstraint(label, match.Groups["value"].Value, at);
        }
        else
        {
            at.Warn($"{Excerpt.Quote(text)} is not carried over: label the nodes, and ask for the label");
        }
    }

    private void Arch(string name, SpecCursor at)
    {
        var arch = name.ToLowerInvariant() switch
        {
            "amd64" or "x86_64" => "amd64",
            "arm64" or "aarch64" => "arm64",
            _ => null,
        };
        if (arch is null)
        {
            at.Warn($"{Excerpt.Cut(name)} is not carried over: nodes are amd64 or arm64");
        }
        else
        {
            pool.Set("placement.arch", arch, at);
        }
    }

    [GeneratedRegex(@"\A\s*(?<key>[A-Za-z0-9_./\-]+)\s*==\s*(?<value>.+?)\s*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Equal();
}
