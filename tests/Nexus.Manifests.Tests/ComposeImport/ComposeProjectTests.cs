using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Names that a volume is found by.</summary>
public sealed class ComposeProjectTests
{
    private const string Service = "services: {db: {image: a, user: 1, volumes: ['pg:/d']}}\n";

    public static TheoryData<string?, string?, string, string, string, string> Names => new()
    {
        { "flag", "variable", "name: file\n", "/srv/folder", "flag_pg of cluster flag", "the flag first" },
        { "", "variable", "name: file\n", "/srv/folder", "variable_pg of cluster variable", "then the variable" },
        { null, "", "name: file\n", "/srv/folder", "file_pg of cluster file", "then the file; an empty variable is none" },
        { null, null, "name: ''\n", "/srv/folder", "folder_pg of no cluster", "then the folder" },
        { null, null, "", "/srv/My.Shop 2/", "myshop2_pg of no cluster", "normalised" },
        { null, null, "", "/srv/__My_Shop-1_", "my_shop-1__pg of no cluster", "no - and _ in front" },
        { null, null, "", "/srv/\u00dcber2", "ber2_pg of no cluster", "no other letters" },
        { null, null, "", "/srv/\u0130stanbul-\u212A2", "istanbul-k2_pg of no cluster", "two capitals whose small letters are ASCII" },
        { null, null, "name: My.Shop\n", "/srv/p", "myshop_pg of cluster myshop", "a file's name is normalised, too" },
        { null, null, "name: my_shop\n", "/srv/p", "my_shop_pg of cluster my-shop", "a cluster has no underscore" },
        { null, null, "name: ${TIER:-x}-${SET}\n", "/srv/p", "x-now_pg of cluster x-now", "variables" },
        { "my_shop", null, "x-nexus-cluster: other\n", "/srv/p", "my_shop_pg of cluster other", "the export's own key" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void The_project_names_volumes(string? flag, string? variable, string head, string folder, string expected, string because)
    {
        var imported = Import(head + Service, flag, variable, folder);

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var spec = ExportSamples.Read(imported.Yaml);
        var cluster = imported.Yaml.Contains("\ncluster: ", StringComparison.Ordinal) ? $"cluster {spec.Cluster}" : "no cluster";
        Assert.True(expected == $"{spec.Pools[0].Template.Volumes[0].Source} of {cluster}", $"{because}: found {imported.Yaml}");
    }

    [Theory]
    [InlineData("Shop", null, "", "/srv/p", "error: --project-name: found \"Shop\", which Compose refuses as a project name; allowed are lower-case letters")]
    [InlineData(null, "my.shop", "", "/srv/p", "error: COMPOSE_PROJECT_NAME: found \"my.shop\", which Compose refuses as a project name")]
    [InlineData(null, "_shop", "", "/srv/p", "error: COMPOSE_PROJECT_NAME: found \"_shop\"")]
    [InlineData(null, null, "name: '_.'\n", "/srv/p", "compose.yaml:1:1: error: name: found \"_.\"")]
    [InlineData(null, null, "", "/srv/\u65e5\u672c", "error: name: the folder \"\u65e5\u672c\" gives no project name: set --project-name, COMPOSE_PROJECT_NAME or name")]
    [InlineData(null, null, "name: ${GONE:?say it}\n", "/srv/p", "compose.yaml:1:7: error: name: variable GONE is required: say it")]
    public void A_name_that_Compose_refuses_is_an_error(string? flag, string? variable, string head, string folder, string error)
    {
        var imported = Import(head + Service, flag, variable, folder);

        Assert.Null(imported.Yaml);
        Assert.Contains(imported.Problems, problem => problem.Format("compose.yaml").Contains(error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{}", "p_pg")]
    [InlineData("null", "p_pg")]
    [InlineData("{external: true}", "pg")]
    [InlineData("{external: 'true'}", "pg")]
    [InlineData("{external: false}", "p_pg")]
    [InlineData("{external: {name: old}}", "old")]
    [InlineData("{external: true, name: own}", "own")]
    [InlineData("{name: own}", "own")]
    [InlineData("{name: '${COMPOSE_PROJECT_NAME}.${SET}'}", "p.now")]
    public void A_volume_keeps_its_name(string volume, string expected)
    {
        var imported = Import($"{Service}volumes: {{pg: {volume}}}\n", null, null, "/srv/P");

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.Equal(expected, ExportSamples.Read(imported.Yaml).Pools[0].Template.Volumes[0].Source);
    }

    [Theory]
    [InlineData("a_b: {build: ., user: 1}", "", "my_shop-a_b")]
    [InlineData("a_b: {build: ., user: 1}", "true", "my_shop_a_b")]
    [InlineData("a.b: {build: ., image: own, user: 1}", "", "own")]
    [InlineData("a: {image: 'x:${COMPOSE_PROJECT_NAME}', user: 1}", "", "x:my_shop")]
    public void An_image_is_named_as_Compose_builds_it(string service, string compatibility, string image)
    {
        var imported = ComposeImporter.Compute(Source($"name: my_shop\nservices: {{{service}}}\n", "/srv/p", name => name == "COMPOSE_COMPATIBILITY" ? compatibility : null));

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.Equal(image, ExportSamples.Read(imported.Yaml).Pools[0].Template.Image);
    }

    [Fact]
    public void A_service_can_be_passed_the_name() => Assert.Contains(
        "COMPOSE_PROJECT_NAME: p\n", Import("services: {web: {image: a, user: 1, environment: [COMPOSE_PROJECT_NAME]}}", null, null, "/srv/p").Yaml, StringComparison.Ordinal);

    private static ComposeImported Import(string text, string? flag, string? variable, string folder) => ComposeImporter.Compute(
        Source(text, folder, name => name switch { "COMPOSE_PROJECT_NAME" => variable, "SET" => "now", _ => null }) with { ProjectName = flag });

    private static ComposeSource Source(string text, string folder, Func<string, string?> variable) => new(text, "compose.yaml", folder, variable, _ => null);
}
