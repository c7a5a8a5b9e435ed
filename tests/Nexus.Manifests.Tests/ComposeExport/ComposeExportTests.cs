using Nexus.Testing;
using static Nexus.Manifests.Tests.Exports.ExportSamples;

namespace Nexus.Manifests.Tests.ComposeExport;

public sealed class ComposeExportTests
{
    [Theory]
    [InlineData("port: 8080\nhealth: {path: /h}", "test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1:8080/h']", "asked from inside")]
    [InlineData("port: 8080", "expose:\n      - \"8080\"", "not published")]
    [InlineData("port: 80\nhost_port: 8080", "ports:\n      - \"8080:80\"", "published")]
    [InlineData("env: {A: $x}", "A: $$x", "a dollar is a dollar")]
    [InlineData("health: {type: none}", "disable: true", "the image's own is not asked either")]
    [InlineData("placement: {arch: arm64}", "platform: linux/arm64", "")]
    [InlineData("resources: {cpu: 250m, memory: 1GiB}", "cpus: \"0.25\"\n          memory: 1073741824b", "")]
    [InlineData("port: 80\nhealth: {startup_timeout: 1d}", "start_period: 23h59m56s", "failures count after it; Compose knows no days")]
    [InlineData("resources: {memory: 64MiB, pids: 40}", "memory: 67108864b\n          pids: 40", "all limits in one place")]
    [InlineData("resources: {cpu: 1, pids: 0}", "cpus: \"1\"\n          pids: -1", "no limit of processes")]
    [InlineData("resources: {pids: 40}", "pids_limit: 40", "alone, where every version of Compose reads it")]
    [InlineData("read_only: true", "tmpfs:\n      - /tmp:", "a /tmp as under Nexus")]
    [InlineData("volumes: [aa:/a]", "volumes:\n  aa:\n    name: aa", "no project's name in front")]
    public void A_service_is_the_same_container(string keys, string part, string because)
    {
        var text = ToCompose(OnePool(keys)).Files.Single().Content;

        Assert.True(text.Contains(part, StringComparison.Ordinal), $"{because}: {part} is not in\n{text}");
    }

    [Fact]
    public void What_has_no_counterpart_is_warned_of_at_its_place() => Assert.Equal(
        [
            "2:1 drills", "6:5 worker_pools.web.max_replicas", "9:38 worker_pools.web.env.DB", "10:5 worker_pools.web.port",
            "15:5 worker_pools.web.health", "15:86 worker_pools.web.health.healthy_threshold", "15:108 worker_pools.web.health.startup_timeout", "16:13 worker_pools.web.drain.timeout",
            "16:46 worker_pools.web.drain.websocket_window", "17:5 worker_pools.web.restart", "18:15 worker_pools.web.rollout.strategy",
            "18:47 worker_pools.web.rollout.max_unavailable", "18:89 worker_pools.web.rollout.progress_deadline", "20:5 worker_pools.web.warm_standby",
            "21:5 worker_pools.web.replace", "22:3 worker_pools.db.health", "28:3 worker_pools.job", "33:5 worker_pools.cron.health", "35:3 gateway.slow_start",
            "37:7 gateway.routes[0]", "38:7 gateway.routes[1]",
        ],
        ToCompose(Full).Warnings.Select(w => $"{w.Line}:{w.Column} {w.Key}"));

    [Fact]
    public async Task Compose_takes_it()
    {
        var folder = Directory.CreateTempSubdirectory("nexus-compose-");
        try
        {
            foreach (var yaml in new[] { Full, OnePool("port: 80\nhost_port: 81\nplacement: {spread: required}"), OnePool("resources: {memory: 64MiB, cpu: 250m, pids: 40}"), OnePool("resources: {memory: 64MiB, pids: 0}") })
            {
                var file = Path.Combine(folder.FullName, "compose.yaml");
                await File.WriteAllTextAsync(file, ToCompose(yaml).Files[0].Content, TestContext.Current.CancellationToken);

                var (code, _, error) = await ComposeProgram.RunAsync(folder.FullName, new Dictionary<string, string>(), ["-f", file, "config", "--quiet"], TestContext.Current.CancellationToken);

                Assert.True(code == 0, error);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
