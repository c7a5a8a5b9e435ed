using Aspire.Hosting;
using Aspire.Hosting.Pipelines;
using Nexus.Hosting.Engine.Publishing;

namespace Nexus.Hosting.Tests;

public sealed class StepOrderTests
{
    // a<b,c means: a comes after b and c; a>b: b must not begin before a has ended.
    [Theory]
    [InlineData("publish", "publish", "publish", "nothing else is needed")]
    [InlineData("other publish", "publish", "publish", "nobody asked for the other")]
    [InlineData("publish write>publish", "publish", "write publish", "what it requires comes first")]
    [InlineData("b>publish a>publish publish", "publish", "b a publish", "of equals, the one that was added first")]
    [InlineData("publish<b b<a a", "publish", "a b publish", "dependencies of dependencies come first")]
    [InlineData("publish<a a b<a", "a", "a", "a step may be asked for by itself")]
    public void Compute_orders_what_is_needed(string steps, string wanted, string expected, string because) =>
        Assert.True(string.Join(' ', StepOrder.Compute(Read(steps), wanted).Select(s => s.Name)) == expected, because);

    [Theory]
    [InlineData("a b", "c", "--step: there is no step 'c'; there are: a, b.")]
    [InlineData("a<b b<a", "a", "The steps a, b wait for each other.")]
    [InlineData("a<x", "a", "The step 'a' names a step 'x', which does not exist; there are: a.")]
    [InlineData("a>x", "a", "The step 'a' names a step 'x', which does not exist; there are: a.")]
    [InlineData("a a", "a", "There are two steps 'a'.")]
    public void Compute_refuses_what_cannot_be(string steps, string wanted, string message) =>
        Assert.Equal(message, Assert.Throws<DistributedApplicationException>(() => StepOrder.Compute(Read(steps), wanted)).Message);

    private static List<PipelineStep> Read(string steps) => [.. steps.Split(' ').Select(Step)];

    private static PipelineStep Step(string text)
    {
        var mark = text.IndexOfAny(['<', '>']);
        var names = mark < 0 ? [] : text[(mark + 1)..].Split(',').ToList();
        return new PipelineStep
        {
            Name = mark < 0 ? text : text[..mark],
            Action = _ => Task.CompletedTask,
            DependsOnSteps = mark > 0 && text[mark] == '<' ? names : [],
            RequiredBySteps = mark > 0 && text[mark] == '>' ? names : [],
        };
    }
}
