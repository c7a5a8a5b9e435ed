using System.Security.Cryptography;

namespace Nexus.Manifests.Tests.Scripts;

public sealed class SecretsScriptTests
{
    [Fact]
    public async Task It_gives_each_machine_what_it_needs_and_no_more()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("small", DeploymentTarget.Systemd));
        await MakeAsync(folder);
        Assert.Equal(
            "acl-tokens.tsv agent.token ca.pem cert.pem certified dns.token gateway.token gossip.key key.pem management.token orchestrator.token",
            Names(folder["secrets/manager-1"]));
        Assert.Equal("agent.token ca.pem cert.pem certified dns.token gossip.key key.pem worker.token", Names(folder["secrets/worker-1"]));
        Assert.Equal(32, Convert.FromBase64String(Read(folder, "worker-1/gossip.key")).Length);
        Assert.Equal(Read(folder, "manager-1/gossip.key"), Read(folder, "worker-1/gossip.key"));
        Assert.NotEqual(Read(folder, "worker-2/worker.token"), Read(folder, "worker-1/worker.token"));
        Assert.Contains($"nexus-worker-worker-1\t{Read(folder, "worker-1/worker.token")}", Read(folder, "manager-1/acl-tokens.tsv"), StringComparison.Ordinal);
        Assert.True(Guid.TryParse(Read(folder, "manager-1/management.token"), out _));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf(folder["secrets"]));
    }

    [Theory]
    [InlineData("manager-1", "server.dc1.consul", "10.20.0.11")]
    [InlineData("worker-2", "client.dc1.consul", "10.20.0.22")]
    public async Task Its_certificates_hold_for_the_machine_and_its_kind(string machine, string name, string address)
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("small", DeploymentTarget.Systemd));
        await MakeAsync(folder);
        var certificate = folder[$"secrets/{machine}/cert.pem"];
        foreach (var purpose in (string[])["sslserver", "sslclient"])
        {
            var verified = await Tool.RunAsync(
                "openssl", "verify", "-purpose", purpose, "-verify_hostname", name, "-CAfile", folder[$"secrets/{machine}/ca.pem"], certificate);
            Assert.True(verified.Code == 0, verified.All);
        }

        var forAddress = await Tool.RunAsync(
            "openssl", "verify", "-verify_ip", address, "-CAfile", folder[$"secrets/{machine}/ca.pem"], certificate);
        Assert.True(forAddress.Code == 0, forAddress.All);
    }

    [Fact]
    public async Task It_keeps_what_exists_and_renews_certificates_only_when_asked()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("single", DeploymentTarget.Systemd));
        await MakeAsync(folder);
        var before = Hashes(folder["secrets"]);
        await MakeAsync(folder);
        Assert.Equal(before, Hashes(folder["secrets"]));

        await MakeAsync(folder, "--renew-certificates");
        var after = Hashes(folder["secrets"]);
        Assert.Equal(["node-1/cert.pem"], after.Where(it => before[it.Key] != it.Value).Select(it => it.Key));
    }

    [Fact]
    public async Task It_makes_a_new_certificate_for_a_new_address()
    {
        using var folder = new TemporaryFolder().With(Bundles.Of("single", DeploymentTarget.Systemd));
        await MakeAsync(folder);
        var moved = NodeAddresses.Read("node-1=10.9.9.9", ClusterTopologies.SingleNode).Topology!;
        folder.With(DeploymentBundles.Compute(Bundles.Spec, moved, DeploymentTarget.Systemd, Bundles.Options));
        await MakeAsync(folder);
        var verified = await Tool.RunAsync(
            "openssl", "verify", "-verify_ip", "10.9.9.9", "-CAfile", folder["secrets/node-1/ca.pem"], folder["secrets/node-1/cert.pem"]);
        Assert.True(verified.Code == 0, verified.All);
    }

    private static async Task MakeAsync(TemporaryFolder folder, params string[] more)
    {
        var result = await Tool.RunAsync(folder["secrets.sh"], ["--dir", folder["secrets"], .. more]);
        Assert.True(result.Code == 0, result.All);
    }

    private static string Names(string folder) =>
        string.Join(' ', Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    private static string Read(TemporaryFolder folder, string file) => File.ReadAllText(folder[$"secrets/{file}"]).Trim();

    private static Dictionary<string, string> Hashes(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))), StringComparer.Ordinal);

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
}
