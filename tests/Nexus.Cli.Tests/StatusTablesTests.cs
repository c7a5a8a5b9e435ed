using System.Text.RegularExpressions;
using Nexus.Cli.Terminals;
using Nexus.Cli.Tests.Fakes;
using Nexus.Cli.Views;
using Nexus.Core.Rollouts;
using Nexus.Core.State;
using Spectre.Console;
using Spectre.Console.Rendering;
using Spectre.Console.Testing;

namespace Nexus.Cli.Tests;

public sealed class StatusTablesTests
{
    [Fact]
    public void Status_shows_every_part()
    {
        const string Expected = """
            Cluster  demo, spec revision 3
            Leader   m1 at http://127.0.0.1:8420, epoch 17, elected 2 h ago

            SERVICE  ROLE             ADDRESS                ADMIN                  HEALTH
            m1       manager, leader  http://127.0.0.1:8420  -                      healthy
            m2       manager          http://127.0.0.2:8420  -                      unhealthy
            g1       gateway          http://127.0.0.1:8080  http://127.0.0.1:8081  healthy

            POOL  STATE    DESIRED  RUNNING  HEALTHY  UP-TO-DATE  LIMITS  REVISION    IMAGE     NOTE
            api   ready    2        2        2        2           2-4     ab12cd34ef  sample:1
            web   blocked  3        3        2        1           3-6     ab12cd34ef  sample:1  no node with 512 MB free

            ALLOCATION  NODE  STATE                            ENDPOINT         REVISION    RESTARTS  STARTED    REASON
            api-1-0     n1    running, healthy, to be stopped  127.0.0.1:32768  ab12cd34ef  0         5 min ago
            web-1-0     n1    running, healthy                 127.0.0.1:32768  ab12cd34ef  0         5 min ago
            web-1-1     n1    failed, exit code 137            -                ab12cd34ef  4         5 min ago  killed [out of memory]
            web-1-2     n1    not reported yet                 -                ab12cd34ef  0         -

            NODE  STATUS  ADDRESS    RUNTIME  ARCH   CPU           MEMORY            ALLOCATIONS
            n1    ready   127.0.0.1  docker   amd64  1.5 of 2 cpu  384 MiB of 4 GiB  3
            """;

        Assert.Equal(Expected, Text(StatusTables.Status(Samples.Status, Samples.Now)));
    }

    [Theory]
    [InlineData(RolloutPhase.RolledBack, "rolled back", "it exits with code 3")]
    [InlineData(RolloutPhase.Failed, "failed", "it exits with code 3")]
    [InlineData(RolloutPhase.Paused, "paused", "it exits with code 3")]
    [InlineData(RolloutPhase.Progressing, "changing", "")]
    public void A_pool_whose_rollout_did_not_end_well_says_so_and_why(RolloutPhase phase, string word, string note)
    {
        var pool = Samples.Pool("web", 3, 3, 0) with { Rollout = phase, RolloutReason = "it exits with code 3" };

        Assert.Equal((word, note), (PoolState.Word(pool).Text, PoolState.Note(pool)));
    }

    [Fact]
    public void A_pool_whose_replicas_pass_their_checks_and_fail_requests_is_not_ready()
    {
        var pool = Samples.Pool("web", 3, 3, 3) with { Trouble = "web-1 is ejected by gateway g1" };

        Assert.Equal(("degraded", "web-1 is ejected by gateway g1"), (PoolState.Word(pool).Text, PoolState.Note(pool)));
        Assert.Equal("ready", PoolState.Word(pool with { Trouble = null }).Text);
    }

    [Fact]
    public void Pools_show_the_revision_that_serves_after_a_rollback()
    {
        var pool = Samples.Pool("web", 3, 3, 0) with
        {
            Rollout = RolloutPhase.RolledBack,
            RolloutReason = "exit code 3",
            ServingRevision = "0ld0ld0ld0",
            ServingImage = "sample:0",
        };

        var row = Text(StatusTables.Status(new() { SpecRevision = 2, Pools = [pool] }, Samples.Now)).Split('\n').Single(l => l.StartsWith("web ", StringComparison.Ordinal));

        Assert.Matches($@" 0ld0ld0ld0 +sample:0 +the spec's revision {pool.Revision} \({pool.Image}\) does not run: exit code 3", row);
    }

    [Fact]
    public void Status_without_a_leader_says_what_that_means()
    {
        var text = Text(StatusTables.Status(new() { SpecRevision = 0, Warning = "Consul does not answer." }, Samples.Now));

        Assert.Equal(
            """
            Cluster  no spec applied yet; apply one with 'nexus apply FILE'
            Leader   none: replicas serve on, but nothing is placed or replaced until one is elected
            Warning  Consul does not answer.
            """,
            text);
    }

    [Fact]
    public void Nodes_shows_what_is_reserved_of_what_there_is() => Assert.Equal(
        """
        NODE  STATUS  ADDRESS    RUNTIME  ARCH   CPU           MEMORY            ALLOCATIONS  VERSION  LABELS
        n1    ready   127.0.0.1  docker   amd64  1.5 of 2 cpu  384 MiB of 4 GiB  3            0.1.0    disk=ssd zone=a
        n2    ready   127.0.0.1  docker   amd64  1.5 of 2 cpu  384 MiB of 4 GiB  3            0.1.0    disk=ssd zone=a
        """,
        Text(StatusTables.Nodes([Samples.Node("n2"), Samples.Node("n1")], labels: true)));

    [Fact]
    public void A_node_that_cannot_be_emptied_says_why() => Assert.Equal(
        """
        NODE  STATUS    ADDRESS    RUNTIME  ARCH   CPU           MEMORY            ALLOCATIONS  NOTE
        n1    draining  127.0.0.1  docker   amd64  1.5 of 2 cpu  384 MiB of 4 GiB  3            no other node has room
        n2    ready     127.0.0.1  docker   amd64  1.5 of 2 cpu  384 MiB of 4 GiB  3
        """,
        Text(StatusTables.Nodes(
            [Samples.Node("n1") with { Status = NodeStatus.Draining, Blocked = "no other node has room" }, Samples.Node("n2")], labels: false)));

    [Fact]
    public void Colours_only_repeat_what_the_words_say()
    {
        using var coloured = new TestConsole().Width(200).Colors(ColorSystem.Standard).EmitAnsiSequences();
        coloured.Write(StatusTables.Status(Samples.Status, Samples.Now));

        Assert.Contains("\u001b[", coloured.Output);
        Assert.Equal(
            Text(StatusTables.Status(Samples.Status, Samples.Now)),
            Trimmed(Regex.Replace(coloured.Output, "\u001b\\[[0-9;]*m", "", RegexOptions.None, TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public void A_narrow_terminal_wraps_and_cuts_nothing() => Assert.Equal(
        Text(StatusTables.Status(Samples.Status, Samples.Now)),
        Text(StatusTables.Status(Samples.Status, Samples.Now), width: 40));

    [Fact]
    public void No_line_ends_with_spaces()
    {
        using var console = new TestConsole().Width(80);

        console.Write(StatusTables.Status(Samples.Status, Samples.Now));

        Assert.DoesNotContain(" \n", console.Output);
    }

    [Fact]
    public void What_is_shown_anew_in_place_fits_the_terminal()
    {
        var narrow = Text(new CutToWidth(StatusTables.Status(Samples.Status, Samples.Now)), width: 40).Split('\n');

        var whole = Text(StatusTables.Status(Samples.Status, Samples.Now)).Split('\n');
        Assert.Equal(whole.Select(line => line[..Math.Min(40, line.Length)].TrimEnd()), narrow);
    }

    private static string Text(IRenderable renderable, int width = 200)
    {
        using var console = new TestConsole().Width(width);
        console.Write(renderable);
        return Trimmed(console.Output);
    }

    private static string Trimmed(string text) => string.Join('\n', text.TrimEnd().Split('\n').Select(l => l.TrimEnd()));
}
