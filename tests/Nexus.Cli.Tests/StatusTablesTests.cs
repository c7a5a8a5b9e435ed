using Nexus.Cli.Tests.Fakes;
using Nexus.Cli.Views;
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

            """;
        Assert.Equal(Expected, Text(StatusTables.Status(Samples.Status, Samples.Now)));
    }

    [Fact]
    public void Status_without_a_leader_says_what_that_means()
    {
        var text = Text(StatusTables.Status(new() { SpecRevision = 0 }, Samples.Now));

        Assert.Equal(
            """
            Cluster  no spec applied yet; apply one with 'nexus apply FILE'
            Leader   none: replicas serve on, but nothing is placed or replaced until one is elected
            """,
            text);
    }

    [Fact]
    public void Nodes_shows_what_is_reserved_of_what_there_is() => Assert.Equal(
        "",
        Text(StatusTables.Nodes([Samples.Node("n2"), Samples.Node("n1")], labels: true)));

    [Fact]
    public void A_narrow_terminal_loses_no_text()
    {
        var narrow = Text(StatusTables.Status(Samples.Status, Samples.Now), width: 70);

        Assert.DoesNotContain("…", narrow);
        Assert.Contains("memory]", narrow);
    }

    private static string Text(IRenderable renderable, int width = 200)
    {
        using var console = new TestConsole().Width(width);
        console.Write(renderable);
        return string.Join('\n', console.Output.TrimEnd().Split('\n').Select(l => l.TrimEnd()));
    }
}
