using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

/// <summary>Documents that are too much of something end in one message, soon.</summary>
public sealed class SpecReaderLimitTests
{
    [Fact]
    public void Read_refuses_a_document_that_one_value_of_the_store_cannot_hold()
    {
        var atLimit = "worker_pools: none\n".PadRight(256 * 1024, '#');

        Assert.Equal("f:1:1: error: the document has 262145 bytes; allowed are at most 262144", Only(atLimit + "#"));
        Assert.Empty(SpecReader.Read(atLimit, "f").Lines);
    }

    [Fact]
    public void Read_refuses_a_document_that_grows_beyond_a_value_of_the_store()
    {
        var quotes = "worker_pools: none\n".PadRight(200 * 1024, '#') + new string('"', 50 * 1024);

        Assert.Empty(SpecReader.Read(quotes, "f").Lines);
        Assert.Equal(
            "f:1:1: error: the document has 261120 bytes and 522222 as stored, where quotes and line breaks take two; allowed are at most 360448",
            Only("worker_pools: none\n".PadRight(255 * 1024, '"')));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    public void Read_refuses_a_pool_that_aliases_make_larger_than_a_value_of_the_store(int variables, int problems)
    {
        var yaml = $"worker_pools:\n  web:\n    image: a\n    env:\n      A: &x \"{new string('x', 32 * 1024)}\"\n"
            + string.Concat(Enumerable.Range(1, variables - 1).Select(i => $"      B{i}: *x\n"));

        var lines = SpecReader.Read(yaml, "f").Lines;

        Assert.Equal(problems, lines.Length);
        Assert.All(lines, line => Assert.StartsWith(
            "f:2:3: error: worker_pools.web: found 132223 bytes as stored, 32776 of them in env.B1; allowed are at most 131072", line));
    }

    [Fact]
    public void Read_refuses_routes_that_are_larger_than_a_value_of_the_store()
    {
        var yaml = "worker_pools: {web: {image: a, port: 1}}\ngateway:\n  routes:\n" + string.Concat(
            Enumerable.Range(0, 400).Select(i => $"    - {{path: /{new string('p', 240)}{i:D3}, pool: web}}\n"));

        Assert.Equal(
            "f:3:3: error: gateway.routes: found 400 routes of 387200 bytes as stored; allowed are at most 368640, since all routes are one value of the store", Only(yaml));
    }

    [Fact]
    public void Read_refuses_deep_nesting_instead_of_overflowing_its_stack() =>
        Assert.Equal("f:1:26: error: nested deeper than 24 levels", Only(new string('[', 100_000)));

    [Fact]
    public void Read_refuses_a_bomb_of_merges()
    {
        var bomb = "a0: &a0 {" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"k{i}: 1")) + "}\n"
            + $"b: {{<<: [{string.Join(',', Enumerable.Repeat("*a0", 1000))}]}}\n";

        Assert.Equal("f:2:4: error: more than 40000 values", Only(bomb));
    }

    [Fact]
    public void Read_refuses_a_bomb_of_aliases()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "worker_pools: none\n" + string.Concat(Enumerable.Range(1, 20).Select(i =>
            $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 8))}]\n"));

        Assert.All(SpecReader.Read(bomb, "f").Lines, line => Assert.Contains(": unknown key; ", line));
    }

    [Fact]
    public void Read_refuses_an_anchor_within_itself() =>
        Assert.Equal(
            "f:1:43: error: worker_pools.a.command[0]: found the alias *x, which no anchor before it defines",
            Only("worker_pools: {a: {image: x, command: &x [*x]}}"));

    [Fact]
    public void Read_shows_a_hundred_problems_and_counts_the_rest()
    {
        var yaml = "worker_pools:\n  web:\n    image: a\n" + string.Concat(Enumerable.Range(0, 150).Select(i => $"    zzz{i}: 1\n"));

        var lines = SpecReader.Read(yaml, "f").Lines;

        Assert.Equal(101, lines.Length);
        Assert.EndsWith("error: 50 further problems are not shown", lines[^1]);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(201, 1)]
    public void Read_takes_200_pools(int pools, int problems)
    {
        var yaml = "worker_pools:\n" + string.Concat(Enumerable.Range(0, pools).Select(i => $"  p{i}: {{image: a}}\n"));
        Assert.Equal(problems, SpecReader.Read(yaml, "f").Problems.Length);
    }

    private static string Only(string yaml) => Assert.Single(SpecReader.Read(yaml, "f").Lines);
}
