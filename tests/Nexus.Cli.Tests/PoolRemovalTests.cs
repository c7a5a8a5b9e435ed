using Nexus.Api.V1;
using Nexus.Cli.Tests.Fakes;

namespace Nexus.Cli.Tests;

/// <summary>Applying a file that leaves out pools of the cluster.</summary>
public sealed class PoolRemovalTests
{
    private static readonly string Two = Samples.Yaml + "\n  api:\n    image: api:1\n";

    public static TheoryData<string, bool, string[], int, string> Cases => new()
    {
        { "", false, [], 1, "a script has nobody to ask" },
        { "y\n", true, [], 0, "confirmed" },
        { "YES\n", true, [], 0, "confirmed in full" },
        { "\n", true, [], 1, "no is the default" },
        { "n\n", true, [], 1, "declined" },
        { "", true, [], 1, "the terminal was closed" },
        { "", false, ["--prune"], 0, "confirmed by the option" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Apply_removes_pools_only_when_confirmed(string answer, bool terminal, string[] options, int code, string because)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, Two, Samples.Now, "bob");
        using var run = new CliRun { CanConfirm = terminal, StandardInput = System.Text.Encoding.UTF8.GetBytes(answer) };

        var result = await run.RunAsync(cluster, ["apply", run.Write("nexus.yaml", Samples.Yaml), .. options]);

        Assert.True(code == result.Code, $"{because}: {result}");
        Assert.Equal(code == 0 ? 8 : 7, cluster.Spec.Revision);
        Assert.Equal(code == 0, cluster.Requests.Any(r => r.Method == "PUT"));
    }

    [Fact]
    public async Task Apply_without_a_terminal_names_the_pools_and_the_option()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, Two, Samples.Now, "bob");
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml));

        Assert.Equal(
            "error: pool api of revision 7 is not in nexus.yaml and would be removed with all replicas. Nothing was applied; to remove them, add --prune.\n",
            result.Error);
    }

    [Fact]
    public async Task Apply_compares_again_after_a_concurrent_apply()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Spec = new SpecView(7, Samples.Yaml, Samples.Now, "bob");
        cluster.OnRequest = context =>
        {
            if (context.Request.Method == "PUT" && cluster.Spec.Revision == 7)
            {
                cluster.Spec = new SpecView(8, Two, Samples.Now, "eve"); // adds a pool between our read and our write
            }

            return Task.CompletedTask;
        };
        using var run = new CliRun();

        var result = await run.RunAsync(cluster, "apply", run.Write("nexus.yaml", Samples.Yaml.Replace("sample:1", "sample:2")));

        Assert.Equal(1, result.Code);
        Assert.Contains("pool api of revision 8 is not in nexus.yaml", result.Error);
        Assert.Equal("eve", cluster.Spec.AppliedBy);
    }
}
