using System.CommandLine;
using Nexus.Cli.Push;

namespace Nexus.Cli.Commands;

/// <summary>Options of <c>nexus push</c>.</summary>
internal sealed class PushOptions
{
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromMinutes(10);

    private readonly Argument<string[]> _targets = new("target")
    {
        Description = "A machine of the bundle: NAME, or NAME=[USER@]HOST[:PORT] to say how to get there.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _bundle = new("--bundle") { Description = "Folder of the published bundle.", HelpName = "dir", Required = true };
    private readonly Option<bool> _all = new("--all") { Description = "All machines of the bundle." };
    private readonly Option<bool> _back = new("--back") { Description = "Go back to the release that each machine had before, in the reverse order." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what would be done; log in nowhere." };
    private readonly Option<bool> _noDrain = new("--no-drain") { Description = "Drain nothing, as when there is no cluster yet." };
    private readonly Option<TimeSpan?> _drainTimeout = new("--drain-timeout")
    {
        Description = "How long a machine may take to become empty. Default: 10m.",
        HelpName = "timeout",
        CustomParser = Spans.Parse,
    };

    private readonly Option<string?> _secrets = new("--secrets")
    {
        Description = "Folder of the secrets that secrets.sh made. Default: NEXUS_SECRETS, ~/.config/nexus/secrets/CLUSTER.",
        HelpName = "dir",
    };

    private readonly Option<string?> _binaries = new("--binaries") { Description = "Folder of the programs, for systemd, as eng/publish.sh makes it. Default: binaries in the bundle.", HelpName = "dir" };
    private readonly Option<string?> _consul = new("--consul") { Description = "A Consul program for machines that have none, for systemd.", HelpName = "file" };
    private readonly Option<string?> _accept = new("--accept") { Description = "Checks of install.sh that may refuse: arch,clock,disk,docker,memory,ports.", HelpName = "checks" };
    private readonly Option<string?> _sshConfig = new("--ssh-config") { Description = "A file in place of ~/.ssh/config.", HelpName = "file" };
    private readonly Option<bool> _acceptNew = new("--accept-new-host-keys")
    {
        Description = "Believe hosts that are not known yet, and remember them. A key that changed is refused all the same.",
    };

    public PushOptions()
    {
        _accept.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var checks }] && !checks.All(c => char.IsAsciiLetterLower(c) || c == ','))
            {
                result.AddError($"--accept {checks} is no list of checks such as arch,ports.");
            }
        });
    }

    public void AddTo(Command command)
    {
        command.Arguments.Add(_targets);
        Option[] all = [_bundle, _all, _back, _dryRun, _noDrain, _drainTimeout, _secrets, _binaries, _consul, _accept, _sshConfig, _acceptNew];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }

    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    public TimeSpan DrainTimeout(ParseResult parsed) => parsed.GetValue(_drainTimeout) ?? DefaultDrain;

    public string BundleFolder(ParseResult parsed, Surroundings surroundings) =>
        Path.GetFullPath(parsed.GetRequiredValue(_bundle), surroundings.WorkingDirectory);

    public PushPlan Plan(ParseResult parsed, PushBundle bundle, Surroundings surroundings)
    {
        var secrets = parsed.GetValue(_secrets) ?? (surroundings.Variable("NEXUS_SECRETS") is { Length: > 0 } variable
            ? variable : Path.Combine(surroundings.HomeDirectory ?? "/root", ".config", "nexus", "secrets", bundle.Cluster));
        return new PushPlan(
            bundle, PushTargets.Choose(bundle, parsed.GetValue(_targets) ?? [], parsed.GetValue(_all)), parsed.GetValue(_back),
            !parsed.GetValue(_noDrain), Path.GetFullPath(secrets, surroundings.WorkingDirectory),
            Path.GetFullPath(parsed.GetValue(_binaries) ?? Path.Combine(bundle.Folder, "binaries"), surroundings.WorkingDirectory),
            parsed.GetValue(_consul) is { } consul ? Path.GetFullPath(consul, surroundings.WorkingDirectory) : null,
            parsed.GetValue(_accept) is { } checks ? $" --accept {checks}" : "");
    }

    public SshSettings Ssh(ParseResult parsed, PushBundle bundle, Surroundings surroundings) => new(
        bundle.SshUser, bundle.SshPort,
        parsed.GetValue(_sshConfig) is { } file ? Path.GetFullPath(file, surroundings.WorkingDirectory) : null, parsed.GetValue(_acceptNew));
}
