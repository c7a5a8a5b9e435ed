using System.Reflection;
using System.Xml.Linq;

namespace Nexus.Architecture.Tests;

public sealed class LayeringTests
{
    public static TheoryData<string> Names => [.. Layers.Allowed.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_assembly_uses_only_the_layers_below_it(string name)
    {
        var used = Assembly.Load(name).GetReferencedAssemblies().Select(a => a.Name!)
            .Where(a => a.StartsWith("Nexus.", StringComparison.Ordinal));
        Assert.Empty(used.Except(Layers.Allowed[name]));
    }

    [Fact]
    public void A_project_references_only_the_layers_below_it_even_where_it_uses_nothing_of_them()
    {
        foreach (var project in Directory.EnumerateFiles(Root(), "Nexus.*.csproj", SearchOption.AllDirectories)
            .Where(p => Path.GetDirectoryName(Path.GetDirectoryName(p)) == Root()))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var allowed = Layers.Allowed.GetValueOrDefault(name == "Nexus.Cli" ? "nexus" : name);
            Assert.True(allowed is not null, $"{name} has no layer; give it one in docs/architecture.md and Layers.cs.");
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Where(r => (string?)r.Attribute("ReferenceOutputAssembly") != "false")
                .Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));
            Assert.True(!references.Except(allowed).Any(), $"{name} references {string.Join(", ", references.Except(allowed))}; allowed: {string.Join(", ", allowed)}.");
        }
    }

    [Fact]
    public void The_core_does_no_IO_and_waits_for_nothing()
    {
        string[] banned = ["System.IO.FileSystem", "System.Net", "System.Threading.Tasks", "System.Diagnostics.Process", "Microsoft.Extensions"];
        var used = Assembly.Load("Nexus.Core").GetReferencedAssemblies().Select(a => a.Name!);
        Assert.DoesNotContain(used, u => banned.Any(b => u.StartsWith(b, StringComparison.Ordinal)));
    }

    private static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Nexus.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Nexus.sln.");
    }
}
