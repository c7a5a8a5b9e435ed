using Nexus.Core.Spec.Sections;
using Nexus.Core.Spec.Yaml;
using Nexus.Manifests.YamlText;

namespace Nexus.Manifests.ComposeImport;

/// <summary>What a service may refer to.</summary>
/// <param name="Source">The file it is in.</param>
/// <param name="Project">Name of the project.</param>
/// <param name="Services">The services by name, this one among them.</param>
/// <param name="Volumes">The named volumes of the file.</param>
internal sealed record ServiceSurroundings(
    ComposeSource Source, string Project, IReadOnlyDictionary<string, ServiceOutline> Services, SpecCursor Volumes)
{
    /// <summary>The whole file.</summary>
    public required SpecCursor File { get; init; }

    /// <summary>Services that do not become pools, with what to do instead.</summary>
    public required IReadOnlyDictionary<string, string> LeftOut { get; init; }

    /// <summary>The ports that services are asked at, by their names.</summary>
    public required ILookup<string, int> Asked { get; init; }
}

/// <summary>Makes a pool of a service, key by key.</summary>
internal sealed class ServiceImport(SpecCursor service, PoolDraft pool, ServiceSurroundings surroundings)
{
    private const string UserRemark = "runs as the image's own user in Compose, here as 65532: set user if it needs another";

    public void Read()
    {
        ComposeKeys.Service.Judge(service);
        var deploy = service.Child("deploy");
        if (!service.Has("deploy"))
        {
            deploy = service with { Node = new SpecMapping(service.At, [], []) };
        }

        ComposeKeys.Deploy.Judge(deploy);
        var replicas = Replicas(deploy);
        Image();
        Command();
        var port = new ServicePorts(service, pool).Read(replicas, [.. surroundings.Asked[service.Key["services.".Length..]]]);
        new ServiceEnvironment(service, pool, surroundings).Read(port);
        References();
        new ServiceResources(service, deploy, pool).Read();
        User();
        new ServiceSecurity(service, pool).Read();
        var turn = new ServiceVolumes(service, pool, surroundings).Read(replicas);
        var startup = new ServiceHealth(service, pool).Read(port);
        new ServiceLife(service, deploy, pool).Read(replicas, turn, startup);
        new ServicePlacement(service, deploy, pool).Read();
        ServiceDependencies.Report(service, surroundings);
        Networks();
    }

    private int Replicas(SpecCursor deploy)
    {
        var from = deploy.Has("replicas") ? deploy.Child("replicas") : service.Has("scale") ? service.Child("scale") : null;
        var replicas = ComposeValue.Count(deploy, "replicas") ?? ComposeValue.Count(service, "scale") ?? 1;
        replicas = ComposeValue.Within(replicas, 0, ComposeValue.MaxReplicas, from ?? service, number => $"{number}");
        pool.Set("min_replicas", replicas, from ?? service);
        if (ComposeValue.Text(deploy, "mode") is { } mode && mode != "replicated")
        {
            deploy.Child("mode").Warn($"there is no {mode}: the pool has {replicas} replica{(replicas == 1 ? "" : "s")}; set min_replicas to the number of nodes, and spread: required");
        }

        return replicas;
    }

    private void Image()
    {
        var image = ComposeValue.Text(service, "image");
        if (service.Has("build"))
        {
            var build = service.Child("build");
            build.Warn("Nexus builds nothing: build the image, push it where every node can pull it, and name it under image");
            pool.Set("image", image ?? ComposeNames.Image(surroundings.Source, surroundings.Project, service.Key["services.".Length..]), build, "build it and push it where every node can pull it");
        }
        else if (image is not null)
        {
            pool.Set("image", image, service.Child("image"));
        }
        else if (!service.Has("image") && !service.Has("extends"))
        {
            service.Error("image is missing; allowed is an image, or build");
        }

        if (ComposeValue.Text(service, "pull_policy") is { } policy and not ("missing" or "if_not_present" or "build"))
        {
            service.Child("pull_policy").Warn($"found {Excerpt.Quote(policy)}; an image is pulled where it is missing, so give it a tag or digest of its own for each version");
        }
    }

    private void References()
    {
        var references = new ServiceReferences(service, surroundings);
        foreach (var key in (ReadOnlySpan<string>)["entrypoint", "command"])
        {
            if (references.Report(CommandHosts.In(ServiceMentions.Words(service, key)), service.Child(key)) is { } comment)
            {
                pool.Remark("command", comment);
            }
        }

        var check = service.Child("healthcheck");
        references.Report(CommandHosts.In(ServiceMentions.Words(check, "test")), check.Child("test"));
    }

    // Nexus keeps an image's ENTRYPOINT and replaces its CMD; Compose can replace both, by nothing too.
    private void Command()
    {
        var command = ComposeValue.Command(service, "command");
        var given = ComposeValue.Command(service, "entrypoint");
        if (given is { Count: 0 })
        {
            service.Child("entrypoint").Warn("is not carried over: an empty entrypoint takes the image's ENTRYPOINT away in Compose; here it is kept");
        }

        if (command is { Count: 0 } && given is null or { Count: 0 })
        {
            service.Child("command").Warn("is not carried over: an empty command takes the image's CMD away in Compose; here it is kept");
        }

        if (given is { Count: > 0 } entrypoint)
        {
            service.Child("entrypoint").Warn(
                "an image's ENTRYPOINT is kept: the command is entrypoint and command together, which is right only for an image without one");
            pool.Set("command", YamlTree.Words([.. entrypoint, .. command ?? []]), service.Child("entrypoint"),
                "entrypoint and command together: right only for an image without an ENTRYPOINT");
        }
        else if (command is { Count: > 0 })
        {
            pool.Set("command", YamlTree.Words(command), service.Child("command"));
        }
    }

    private void User()
    {
        // Root is 0 in every image.
        var given = ComposeValue.Text(service, "user");
        var user = given is null ? null : string.Join(':', given.Split(':').Select(part => part == "root" ? "0" : part));
        if (user is null or "")
        {
            service.Warn("runs as 65532 without privileges unless user says otherwise; Compose runs an image as its own user, often root");
            pool.Remark("image", UserRemark);
            return;
        }

        if (user.Split(':') is { Length: <= 2 } parts && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit)))
        {
            pool.Set("user", user, service.Child("user"));
            if (parts[0].TrimStart('0').Length == 0)
            {
                service.Child("user").Warn("runs as root without the capabilities that Docker gives it (CHOWN, SETUID, NET_BIND_SERVICE …): name those it needs under capabilities");
            }
        }
        else
        {
            service.Child("user").Warn($"found {Excerpt.Quote(user)}; a pool takes numbers such as 1000:1000, which `id` in the image tells; runs as 65532 until then");
            pool.Remark("image", $"runs as user {Excerpt.Cut(user)} in Compose, here as 65532: set user to its number");
        }
    }

    private static string NetworkModeLost(string mode) => mode.Split(':')[0] switch
    {
        "host" => "host is not carried over: each replica has a network of its own; name the port it listens on under ports or expose",
        "none" => "none is not carried over: a replica has a network, and can reach others",
        "service" or "container" => $"{Excerpt.Cut(mode)} is not carried over: replicas do not share a network, so nothing passes through the other container",
        _ => $"{Excerpt.Cut(mode)} is not carried over: each replica has a network of its own",
    };

    private void Networks()
    {
        if (ComposeValue.At(service, "networks") is { } networks
            && !ComposeValue.Names(networks).All(name => name == "default"))
        {
            networks.Warn("is not carried over: every pool can reach every other");
        }

        if (ComposeValue.At(service, "networks")?.Node is SpecMapping map)
        {
            foreach (var network in map.Entries.Where(entry => entry.Value is SpecMapping))
            {
                ComposeKeys.Attachment.Judge(service.Child("networks").Enter(network));
            }
        }

        if (ComposeValue.Text(service, "network_mode") is { } mode and not ("bridge" or "default"))
        {
            service.Child("network_mode").Warn(NetworkModeLost(mode));
        }

        if (ComposeValue.At(service, "labels") is { } labels)
        {
            var isRouted = ComposeValue.Names(labels).Any(name => name.StartsWith("traefik.", StringComparison.Ordinal));
            labels.Warn("is not carried over: containers bear the worker agent's own labels" + (isRouted ? "; write these routes under gateway.routes" : ""));
        }
    }
}
