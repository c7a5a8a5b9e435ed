namespace Nexus.Manifests.Tests.Scripts;

/// <summary>rollout.sh against machines that are played by a script in the place of ssh: it writes down what it is told.</summary>
public sealed class RolloutScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public RolloutScriptTests()
    {
        _folder.With(Bundles.Of("small", DeploymentTarget.Systemd));
        _folder.With(
        [
            new ManifestFile("binaries/nexus", "#!/bin/sh\n", Executable: true),
            // The last two arguments are the host and the command. FAIL names what fails: a host, and a part of the command ($ is its end).
            new ManifestFile("path/ssh", """
                #!/usr/bin/env bash
                command=${!#} options=("${@:1:$#-2}") at=$(($# - 1))
                host=${!at}
                cat >/dev/null
                printf '%s\t%s\t%s\n' "${host#*@}" "$command" "${options[*]}" >>"$LOG"
                [ -z "$FAIL" ] || [[ "$host $command\$" != *"${FAIL%% *}"*"${FAIL#* }"* ]]
                """ + "\n", Executable: true),
        ]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_goes_machine_by_machine_and_drains_before_it_installs()
    {
        var (result, calls) = await RunAsync();
        Assert.True(result.Code == 0, result.All);
        Assert.Equal(
            [
                "10.20.0.11 install --check", "10.20.0.11 install",
                "10.20.0.21 install --check", "10.20.0.11 drain worker-1", "10.20.0.21 install", "10.20.0.11 uncordon worker-1",
                "10.20.0.22 install --check", "10.20.0.11 drain worker-2", "10.20.0.22 install", "10.20.0.11 uncordon worker-2",
            ],
            Steps(calls));
    }

    [Fact]
    public async Task It_checks_the_keys_of_hosts_and_asks_nobody()
    {
        var (_, calls) = await RunAsync();
        Assert.NotEmpty(calls);
        Assert.All(calls, call =>
        {
            Assert.Contains("-o StrictHostKeyChecking=yes", call.Options, StringComparison.Ordinal);
            Assert.Contains("-o BatchMode=yes", call.Options, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("10.20.0.21 nexus-push/install.sh  --check", "its checks refuse", false)]
    [InlineData("10.20.0.11 nexus drain worker-1", "it could not be drained", true)]
    [InlineData("10.20.0.21 nexus-push/install.sh $", "install.sh failed", true)]
    [InlineData("10.20.0.21 tar -xzf - -C /var/tmp/nexus-push/bin", "the bundle could not be sent", false)]
    public async Task It_stops_at_the_first_failure(string fail, string reason, bool drained)
    {
        var (result, calls) = await RunAsync(fail: fail);
        Assert.Equal(1, result.Code);
        Assert.Contains($"stopped at worker-1: {reason}. Machines after it were not touched.", result.Error, StringComparison.Ordinal);
        Assert.Contains("back --only worker-1", result.Error, StringComparison.Ordinal);
        Assert.Equal(drained, result.Error.Contains("nexus uncordon worker-1", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, call => call.Host == "10.20.0.22" && call.Command != "true");
    }

    [Fact]
    public async Task It_touches_nothing_when_a_machine_cannot_be_reached()
    {
        var (result, calls) = await RunAsync(fail: "10.20.0.22 true");
        Assert.Equal(1, result.Code);
        Assert.Contains("cannot log in as root: worker-2 (10.20.0.22). Nothing was changed.", result.Error, StringComparison.Ordinal);
        Assert.All(calls, call => Assert.Equal("true", call.Command));
    }

    [Fact]
    public async Task It_drains_nothing_where_no_manager_answers()
    {
        var (result, calls) = await RunAsync(fail: "10.20.0.11 nexus status");
        Assert.Equal(1, result.Code);
        Assert.Contains("no manager answers, so worker-1 cannot be drained", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("10.20.0.21 install", Steps(calls));
    }

    [Fact]
    public async Task It_does_not_drain_a_machine_that_is_new()
    {
        var (result, calls) = await RunAsync(fail: "10.20.0.21 test -e /opt/nexus/current");
        Assert.True(result.Code == 0, result.All);
        Assert.DoesNotContain("10.20.0.11 drain worker-1", Steps(calls));
        Assert.Contains("10.20.0.11 drain worker-2", Steps(calls));
    }

    [Fact]
    public async Task Back_goes_the_other_way_round()
    {
        var (result, calls) = await RunAsync(arguments: ["back"]);
        Assert.True(result.Code == 0, result.All);
        Assert.Equal(
            [
                "10.20.0.11 drain worker-2", "10.20.0.22 previous", "10.20.0.11 uncordon worker-2",
                "10.20.0.11 drain worker-1", "10.20.0.21 previous", "10.20.0.11 uncordon worker-1",
                "10.20.0.11 previous",
            ],
            Steps(calls));
    }

    [Fact]
    public async Task Only_one_machine_can_be_chosen()
    {
        var (result, calls) = await RunAsync(arguments: ["--only", "manager-1"]);
        Assert.True(result.Code == 0, result.All);
        Assert.All(calls, call => Assert.Equal("10.20.0.11", call.Host));
        var (refused, none) = await RunAsync(arguments: ["--only", "worker-9"]);
        Assert.Contains("--only worker-9: this bundle has manager-1 worker-1 worker-2", refused.Error, StringComparison.Ordinal);
        Assert.Empty(none);
    }

    [Fact]
    public async Task Dry_run_and_missing_secrets_reach_no_machine()
    {
        var (dry, none) = await RunAsync(arguments: ["--dry-run"]);
        Assert.True(dry.Code == 0, dry.All);
        Assert.Contains("would run install.sh on worker-2", dry.Output, StringComparison.Ordinal);
        Assert.Empty(none);

        var (refused, calls) = await RunAsync(arguments: ["--secrets", _folder["nowhere"]]);
        Assert.Contains("there are no secrets for manager-1", refused.Error, StringComparison.Ordinal);
        Assert.Empty(calls);
    }

    private static List<string> Steps(IEnumerable<Call> calls) =>
    [
        .. calls.Select(call => call.Command switch
        {
            var c when c.Contains("install.sh", StringComparison.Ordinal) && c.Contains("previous", StringComparison.Ordinal) => $"{call.Host} previous",
            var c when c.Contains("install.sh", StringComparison.Ordinal) => $"{call.Host} install{(c.EndsWith("--check", StringComparison.Ordinal) ? " --check" : "")}",
            var c when c.StartsWith("nexus drain", StringComparison.Ordinal) => $"{call.Host} drain {c.Split(' ')[2]}",
            var c when c.StartsWith("nexus uncordon", StringComparison.Ordinal) => $"{call.Host} uncordon {c.Split(' ')[2]}",
            _ => "",
        }).Where(step => step.Length > 0),
    ];

    private async Task<(ToolResult Result, List<Call> Calls)> RunAsync(string fail = "", string[]? arguments = null)
    {
        if (!Directory.Exists(_folder["secrets"]))
        {
            var made = await Tool.RunAsync(_folder["secrets.sh"], "--dir", _folder["secrets"]);
            Assert.True(made.Code == 0, made.All);
        }

        var log = _folder[Guid.NewGuid().ToString("n")];
        var result = await Tool.RunAsync(
            _folder["rollout.sh"], ["--secrets", _folder["secrets"], .. arguments ?? []], folder: null, new Dictionary<string, string>
            {
                ["PATH"] = $"{_folder["path"]}:/usr/bin:/bin",
                ["LOG"] = log,
                ["FAIL"] = fail,
                ["NEXUS_ROLLOUT_PAUSE"] = "0",
            });
        var calls = File.Exists(log)
            ? (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Select(line => line.Split('\t')).Select(it => new Call(it[0], it[1], it[2])).ToList()
            : [];
        return (result, calls);
    }

    private sealed record Call(string Host, string Command, string Options);
}
