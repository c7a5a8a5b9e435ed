using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

/// <summary>
/// The files that are made from the table of keys. <c>NEXUS_WRITE_FILES=1</c> writes them instead of comparing.
/// </summary>
public sealed class SpecFilesTests
{
    private const string Start = "<!-- keys: generated, see SpecFilesTests -->\n";
    private const string End = "<!-- /keys -->\n";

    [Fact]
    public void The_committed_schema_is_the_one_the_reader_has() =>
        AssertFile(Path.Combine(Root(), "samples", "nexus.schema.json"), SpecSchema.ToJson());

    [Fact]
    public void The_committed_reference_is_the_one_the_reader_has()
    {
        var file = Path.Combine(Root(), "docs", "spec.md");
        var text = File.ReadAllText(file);
        var (start, end) = (text.IndexOf(Start, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        Assert.InRange(start, 0, end);
        AssertFile(file, text[..(start + Start.Length)] + SpecSchema.ToMarkdown() + text[end..]);
    }

    [Fact]
    public void The_sample_is_valid_and_names_its_schema()
    {
        var yaml = File.ReadAllText(Path.Combine(Root(), "samples", "nexus.yaml"));

        var result = SpecReader.Read(yaml, "samples/nexus.yaml");

        Assert.Empty(result.Lines);
        Assert.StartsWith("# yaml-language-server: $schema=nexus.schema.json\n", yaml);
        Assert.Equal("demo", result.Spec!.Cluster);
        Assert.Equal(
            ["web 3 8080 Http 192000000", "api 2 8080 Http 192000000", "echo 2 7000 Tcp 192000000"],
            result.Spec.Pools.Select(p => $"{p.Name} {p.MinReplicas} {p.Template.Port} {p.Template.Health.Type} "
                + p.Template.Resources.MemoryBytes));
        Assert.Equal(["/api api", "/ web"], result.Spec.Gateway.Routes.Select(r => $"{r.Path} {r.Pool}"));
        Assert.All(result.Spec.Pools, pool => Assert.Equal("dotnet", pool.Template.Process!.Command[0]));
    }

    private static void AssertFile(string file, string expected)
    {
        if (Environment.GetEnvironmentVariable("NEXUS_WRITE_FILES") == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.Equal(expected, File.ReadAllText(file));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Nexus.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No Nexus.sln above {AppContext.BaseDirectory}");
        }

        return folder.FullName;
    }
}
