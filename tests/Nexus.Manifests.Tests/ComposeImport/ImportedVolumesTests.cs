using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>What becomes of volumes that were of one machine.</summary>
public sealed class ImportedVolumesTests
{
    private const string Pin = "1:1 services: to start a pool first on the node that has the data of Compose, give that node a label of its own (Worker__Labels__NAME=VALUE for its worker agent) "
        + "and ask for it by placement: {constraints: {NAME: VALUE}}";

    public static TheoryData<string, string, string> Turns => new()
    {
        { "web: {volumes: ['x:/x']}", "web stops first: p_x!", "two databases on one folder would ruin it" },
        { "web: {volumes: ['./x:/x']}", "web stops first: /srv/p/x!", "nor may two write to a path" },
        { "web: {volumes: [{type: volume, source: x, target: /x}]}", "web stops first: p_x!", "the long form" },
        { "web: {volumes: ['x:/x', 'x:/y']}", "web stops first: p_x! p_x!", "its own use is nobody else's" },
        { "web: {volumes: ['x:/x'], deploy: {replicas: 1}}", "web stops first: p_x!", "said, and not by default" },
        { "web: {volumes: ['x:/x:ro', {type: bind, source: /y, target: /y, read_only: true}]}", "web starts first: p_x /y", "who only reads ruins nothing" },
        { "web: {volumes: ['x:/x:ro', 'y:/y']}", "web stops first: p_x p_y!", "what is written decides" },
        { "web: {volumes: ['x:/x'], scale: 2}", "web starts first: p_x", "several hold it at once in Compose too" },
        { "web: {volumes: ['x:/x'], deploy: {update_config: {order: start-first, parallelism: 3}}}", "web stops first: p_x!", "Compose passes over it" },
        { "web: {volumes: ['x:/x'], deploy: {update_config: {order: stop-first}}}", "web stops first: p_x!", "twice the same" },
        { "a: {volumes: ['x:/x']}, b: {volumes: ['x:/y:ro']}", "a stops first: p_x; b starts first: p_x", "exclusive would keep b from starting" },
        { "a: {volumes: ['./x:/x']}, b: {volumes: ['/srv/p/x:/x']}", "a stops first: /srv/p/x; b stops first: /srv/p/x", "one path in two words" },
        { "a: {volumes: ['x:/x', 'y:/y']}, b: {volumes: ['x:/x'], scale: 2}", "a stops first: p_x p_y!; b starts first: p_x", "each volume for itself" },
        { "a: {volumes: ['x:/x'], ports: ['80:80']}, b: {volumes: ['x:/x:ro']}", "a stops first: p_x; b starts first: p_x", "a host_port says it already" },
    };

    [Theory]
    [MemberData(nameof(Turns))]
    public void One_that_writes_ends_before_the_next_one_starts(string services, string expected, string because)
    {
        var imported = Import(services);
        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));

        var found = string.Join("; ", ExportSamples.Read(imported.Yaml).Pools.Select(pool =>
            $"{pool.Name} {(pool.Rollout.StopsFirst(pool.Template) ? "stops" : "starts")} first: "
            + string.Join(' ', pool.Template.Volumes.Select(volume => $"{volume.Source}{(volume.Exclusive ? "!" : "")}"))));

        Assert.True(expected == found, $"{because}: found {found}");
    }

    [Theory]
    [InlineData("web: {volumes: ['x:/x']}", Pin,
        "1:61 services.web.volumes[0]: volume p_x stays on the node where it was made: its replicas start again only there")]
    [InlineData("web: {scale: 3, volumes: ['x:/x']}", Pin,
        "1:71 services.web.volumes[0]: volume p_x stays on the node where it was made: 3 replicas share it only on one node, and its replicas start again only there")]
    [InlineData("web: {scale: 3, volumes: ['/x:/x']}",
        "1:71 services.web.volumes[0]: /x must be there on every node that may run the pool; 3 replicas share it only on one node")]
    [InlineData("web: {scale: 3, volumes: ['/x:/x:ro']}", "1:71 services.web.volumes[0]: /x must be there on every node that may run the pool")]
    [InlineData("web: {volumes: ['/x:/x']}, b: {volumes: ['/x:/y']}",
        "1:61 services.web.volumes[0]: /x must be there on every node that may run the pool; b and web share it only on one node",
        "1:119 services.b.volumes[0]: /x must be there on every node that may run the pool; b and web share it only on one node")]
    [InlineData("web: {volumes: ['/x:/x'], deploy: {update_config: {order: start-first}}}",
        "1:61 services.web.volumes[0]: /x must be there on every node that may run the pool",
        "1:96 services.web.deploy.update_config.order: is not carried over: with an exclusive volume, a replica stops before its successor starts")]
    public void What_nodes_do_not_share_is_warned_of(string services, params string[] expected)
    {
        var problems = Import(services).Problems;

        Assert.Equal(expected, problems.Select(p => $"{p.Line}:{p.Column} {p.Key}: {p.Message}"));
    }

    // On one line, each with what is of no interest here.
    private static Manifests.ComposeImport.ComposeImported Import(string services) => ComposeImportTests.Import(
        $"services: {{{services.Replace(": {volumes", ": {image: a, user: 1, expose: [80], volumes", StringComparison.Ordinal)
            .Replace(": {scale", ": {image: a, user: 1, expose: [80], scale", StringComparison.Ordinal)}}}");
}
