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
