using Aspire.Hosting.ApplicationModel;
using Nexus.Hosting.Engine;

namespace Nexus.Hosting.Tests;

public sealed class StopOrderTests
{
    public static TheoryData<string, string, string> Cases => new()
    {
        { "a dependent goes first", "b>a", "a:b b:" },
        { "a chain", "b>a c>b", "a:b b:c c:" },
        { "two dependents", "b>a c>a", "a:b,c b: c:" },
        { "a circle is cut where it closes", "a>b b>a", "a: b:a" },
        { "a longer circle too", "b>a c>b a>c", "a:b b: c:a" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_says_who_must_be_gone_first(string because, string relations, string expected)
    {
        var pairs = relations.Split(' ').Select(pair => (From: pair[..1], To: pair[2..])).ToList();
        var resources = pairs.SelectMany(pair => (string[])[pair.From, pair.To]).Distinct().Order(StringComparer.Ordinal)
            .ToDictionary(name => name, name => new ProjectResource(name));
        var declared = new List<IResource>();
        foreach (var (from, to) in pairs)
        {
            resources[from].Annotations.Add(new ResourceRelationshipAnnotation(resources[to], KnownRelationshipTypes.WaitFor));
            declared.AddRange(new[] { resources[from], resources[to] }.Except(declared).ToList());
        }

        var order = StopOrder.Compute(declared);

        var told = resources.Keys.Select(name =>
            $"{name}:{string.Join(',', order[resources[name]].Select(r => r.Name).Order(StringComparer.Ordinal))}");
        Assert.True(expected == string.Join(' ', told), $"{because}: {string.Join(' ', told)}");
    }
}
