using System.Runtime.InteropServices;

namespace Nexus.Manifests.Tests.Scripts;

/// <summary>What install.sh refuses, on this machine as it is. That it works is shown by the boot in Nexus.Bundle.Tests.</summary>
public sealed class InstallScriptTests
{
    private static string OtherArchitecture => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "amd64" : "arm64";

    private static string OwnArchitecture => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";

    [Theory]
    [InlineData(DeploymentTarget.Systemd)]
    [InlineData(DeploymentTarget.Compose)]
    public async Task It_refuses_with_every_reason_at_once(DeploymentTarget target)
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("small", target, Bundles.Options with { Architecture = OtherArchitecture }));
        var result = await Tool.RunAsync(folder["nodes/worker-1/install.sh"], "--check");
        Assert.Equal(1, result.Code);
        Assert.StartsWith("install: refused; nothing was changed on worker-1:\n", result.Error, StringComparison.Ordinal);
        Assert.Contains($"this machine is {OwnArchitecture}; the bundle is for {OtherArchitecture}", result.Error, StringComparison.Ordinal);
        Assert.Contains("no interface has the address 10.20.0.21 of worker-1; found: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("there are no secrets in ", result.Error, StringComparison.Ordinal);
        Assert.Equal(target == DeploymentTarget.Systemd, result.Error.Contains("bin/Nexus.WorkerAgent is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_goes_on_where_a_check_was_accepted()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("small", DeploymentTarget.Compose, Bundles.Options with { Architecture = OtherArchitecture }));
        var result = await Tool.RunAsync(folder["nodes/worker-1/install.sh"], "--check", "--accept", "arch,clock");
        Assert.Contains($"accepted: this machine is {OwnArchitecture}", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("the bundle is for", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_refuses_programs_of_another_processor()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("small", DeploymentTarget.Systemd, Bundles.Options with { Architecture = OtherArchitecture }));
        Directory.CreateDirectory(folder["nodes/worker-1/bin"]);
        File.Copy("/bin/true", folder["nodes/worker-1/bin/nexus"]);
        var result = await Tool.RunAsync(folder["nodes/worker-1/install.sh"], "--check");
        Assert.Contains($"bin/nexus is for {OwnArchitecture}; the bundle is for {OtherArchitecture}", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gossip.key", null, "gossip.key is missing")]
    [InlineData("gossip.key", "", "gossip.key is empty")]
    [InlineData("gossip.key", "<put the key here>", "gossip.key is no gossip key (16, 24 or 32 bytes in base64), but maybe a placeholder")]
    [InlineData("worker.token", "CHANGEME", "worker.token is no token (a UUID), but maybe a placeholder")]
    [InlineData("worker.token", "00000000-0000-0000-0000-000000000000", "worker.token is no token")]
    [InlineData("key.pem", "TODO", "key.pem is no private key in PEM")]
    [InlineData("ca.pem", "TODO", "ca.pem is no certificate in PEM")]
    [InlineData("acl-tokens.tsv", "nexus-dns\tCHANGEME\n", "acl-tokens.tsv has no token (a UUID) for nexus-dns")]
    public async Task It_refuses_secrets_that_are_missing_or_placeholders(string file, string? content, string reason)
    {
        foreach (var target in Bundles.Targets)
        {
            using var folder = new TemporaryFolder().With(Bundles.Of("single", target));
            var made = await Tool.RunAsync(folder["secrets.sh"], "--dir", folder["secrets"]);
            Assert.True(made.Code == 0, made.All);
            var whole = await CheckAsync(folder);
            Assert.DoesNotContain(folder["secrets"], whole.Error, StringComparison.Ordinal);
            if (content is null)
            {
                File.Delete(folder[$"secrets/node-1/{file}"]);
            }
            else
            {
                await File.WriteAllTextAsync(folder[$"secrets/node-1/{file}"], content, TestContext.Current.CancellationToken);
            }

            var refused = await CheckAsync(folder);
            Assert.Equal(1, refused.Code);
            Assert.StartsWith("install: refused; nothing was changed on node-1:\n", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"{folder["secrets/node-1"]}/{reason}", refused.Error, StringComparison.Ordinal);
        }

        static Task<ToolResult> CheckAsync(TemporaryFolder folder) =>
            Tool.RunAsync(folder["nodes/node-1/install.sh"], "--check", "--secrets", folder["secrets/node-1"]);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--accept")]
    public async Task It_refuses_words_it_does_not_know(string word)
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("single", DeploymentTarget.Systemd));
        var result = await Tool.RunAsync(folder["nodes/node-1/install.sh"], word);
        Assert.NotEqual(0, result.Code);
        Assert.NotEqual("", result.Error);
    }
}
