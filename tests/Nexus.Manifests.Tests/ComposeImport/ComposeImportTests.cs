using Nexus.Core.Spec;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

public sealed class ComposeImportTests
{
    public static TheoryData<string, string, string> Carried => new()
    {
        { "image: a\nuser: 1\ncommand: run 'a b' c", "command: [run, a b, c]", "split as a shell would" },
        { "image: a\nuser: 1\ncommand: [run, 1, true]", "command: [run, \"1\", \"true\"]", "words are texts" },
        { "image: a\nuser: 1\nenvironment: [A=b=c, 'D=']", "A: b=c\n      D: \"\"", "a list" },
        { "image: a\nuser: 1\nenvironment: {A: 1, B: yes, C: 'x'}", "A: \"1\"\n      B: \"yes\"\n      C: x", "a map" },
        { "image: a\nuser: 1\nports: ['8080:80']", "port: 80\n    # binds", "published" },
        { "image: a\nuser: 1\nports: [{target: 80, published: '8080'}]", "host_port: 8080", "the long form" },
        { "image: a\nuser: 1\nports: [{target: 50051, app_protocol: grpc}]", "port: 50051\n    protocol: h2c", "gRPC is HTTP/2" },
        { "image: a\nuser: 1\nports: [{target: 80, app_protocol: HTTP2}]", "protocol: h2c", "HTTP/2" },
        { "image: a\nuser: 1\nports: [{target: 80, app_protocol: h2c}, {target: 81, app_protocol: http}]", "protocol: h2c", "of the port that is carried over" },
        { "image: a\nuser: 1\nports: ['127.0.0.1:8080:80/tcp']", "host_port: 8080", "with an address" },
        { "image: a\nuser: 1\nports: ['8080:80/TCP']", "port: 80\n    # binds", "a protocol in any case" },
        { "image: a\nuser: 1\nports: ['80', '8080:80']", "host_port: 8080", "what is fixed of one port" },
        { "image: a\nuser: 1\nports: ['0:80']\nenvironment: {A: b}", "port: 80\n    env:", "any free port" },
        { "image: a\nuser: 1\nports: [{target: 80, published: '0', protocol: Tcp}]\nenvironment: {A: b}", "port: 80\n    env:", "any free port in the long form" },
        { "image: a\nuser: 1\nexpose: [3000]", "port: 3000", "exposed" },
        { "image: a\nuser: 1\nvolumes: ['x:/x:ro', './c:/c:ro']", "- p_x:/x:ro\n      - /srv/p/c:/c:ro", "names as Compose makes them, paths absolute" },
        { "image: a\nuser: 1\nvolumes: [{type: bind, source: ../c, target: /c, read_only: true}]", "- /srv/c:/c:ro", "the long form" },
        { "image: a\nuser: 1\nexpose: [80]\nhealthcheck: {test: 'curl -f http://localhost/up || exit 1', interval: 5s}", "path: /up\n      interval: 5s", "asked from outside" },
        { "image: a\nuser: 1\nexpose: [80]\nhealthcheck: {test: [CMD, curl, -f, 'http://localhost:9/up']}", "command: [curl, -f, 'http://localhost:9/up']", "another port is asked inside" },
        { "image: a\nuser: 1\nexpose: [80]\nhealthcheck: {test: [CMD, curl, -H, 'X: y', 'http://localhost/up']}", "command: [curl, -H, 'X: y', 'http://localhost/up']", "a header matters" },
        { "image: a\nuser: 1\nhealthcheck: {test: pg_isready}", "command: [sh, -c, pg_isready]", "by a shell" },
        { "image: a\nuser: 1\nhealthcheck: {disable: true}", "type: none", "" },
        { "image: a\nuser: 1\ndeploy: {replicas: 3, resources: {limits: {cpus: '0.5', memory: 512M, pids: 9}}}", "cpu: 500m\n      memory: 512MiB\n      pids: 9", "" },
        { "image: a\nuser: 1\nmem_limit: 1g\ncpus: 1.5", "cpu: 1500m\n      memory: 1GiB", "in the words of version 2" },
        { "image: a\nuser: 1\ndeploy: {update_config: {order: start-first, parallelism: 2, monitor: 20s, failure_action: pause}}", "max_surge: 2\n      min_healthy_time: 20s\n      auto_rollback: false", "" },
        { "image: a\nuser: 1\ndeploy: {placement: {constraints: ['node.labels.zone == a', node.platform.arch==aarch64], max_replicas_per_node: 1}}", "zone: a\n      arch: arm64\n      spread: required", "" },
        { "image: a:${TAG:-1}\nuser: 1\nstop_grace_period: 1m30s", "stop_timeout: 1m30s", "" },
        { "image: 'a:${TAG-x}$$'\nuser: 1\nenvironment: {A: '$SET ${SET:+is} $$x'}", "", "a dollar is no part of an image" },
        { "image: a\nuser: 1\nenvironment: {A: '$SET ${SET:+is} $$x ${NO:-${SET}}'}", "A: now is $x now", "variables" },
    };

    [Theory]
    [MemberData(nameof(Carried))]
    public void What_both_have_is_carried_over(string service, string part, string because)
    {
        var imported = Import(Service(service));

        if (part.Length == 0)
        {
            Assert.Null(imported.Yaml);
            Assert.Contains(imported.Problems, p => p.Severity == SpecSeverity.Error && p.Key == "services.web.image");
            return;
        }

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        Assert.True(imported.Yaml.Contains(part, StringComparison.Ordinal), $"{because}: {part} is not in\n{imported.Yaml}");
        Assert.True(SpecReader.Read(imported.Yaml, "nexus.yaml").IsValid);
    }

    [Theory]
    [InlineData("image: a", "compose.yaml:2:3: warning: services.web: runs as 65532")]
    [InlineData("image: a\nuser: 1", "compose.yaml:2:3: warning: services.web: has no port, neither under ports nor under expose")]
    [InlineData("image: a\nuser: 1\nexpose: ['80-81']", "compose.yaml:5:14: warning: services.web.expose[0]: found a range; a pool has one port, 80")]
    [InlineData("image: a\nuser: 1\nlinks: [db]", "services.web.links: is not carried over: a pool that has a port is found as NAME.service.consul")]
    [InlineData("image: a\nuser: node", "compose.yaml:4:5: warning: services.web.user: found \"node\"; a pool takes numbers")]
    [InlineData("image: a\nuser: 1\ndepends_on: [db]", "compose.yaml:5:5: warning: services.web.depends_on: is not carried over: pools start together")]
    [InlineData("build: .\nuser: 1", "compose.yaml:3:5: warning: services.web.build: Nexus builds nothing")]
    [InlineData("image: a\nuser: 1\nports: ['1:1', '2:2']", "compose.yaml:5:20: warning: services.web.ports[1]: port 2 is not carried over")]
    [InlineData("image: a\nuser: 1\nports: ['1:1/udp']", "compose.yaml:5:13: warning: services.web.ports[0]: is not carried over: a pool serves TCP")]
    [InlineData("image: a\nuser: 1\nprivileged: true", "compose.yaml:5:5: warning: services.web.privileged: is not carried over")]
    [InlineData("image: a\nuser: 1\nulimits: {nofile: 9}", "compose.yaml:5:5: warning: services.web.ulimits: has no counterpart")]
    [InlineData("image: a\nuser: 1\nentrypoint: [x]", "compose.yaml:5:5: warning: services.web.entrypoint: an image's ENTRYPOINT is kept")]
    [InlineData("image: a\nuser: 1\nenvironment: {URL: 'http://web:80/'}", "compose.yaml:5:19: warning: services.web.environment.URL: names the service web, which has no port and cannot be reached: add port: 80")]
    [InlineData("image: a\nuser: 1\nenvironment: {A: '$GONE'}", "compose.yaml:5:22: warning: services.web.environment.A: variable GONE is not set")]
    [InlineData("image: a\nuser: 1\nrestart: 'no'", "compose.yaml:5:5: warning: services.web.restart: is not carried over: what ends is started again")]
    [InlineData("image: a\nuser: 1\nsecrets: [s]", "compose.yaml:5:15: warning: services.web.secrets[0]: s is not carried over, since it is no file: a spec cannot name secrets yet")]
    [InlineData("image: a\nuser: 1\nvolumes: [/data]", "compose.yaml:5:15: warning: services.web.volumes[0]: /data is not carried over")]
    [InlineData("image: a\nuser: 1\nlabels: {traefik.enable: 'true'}", "write these routes under gateway.routes")]
    public void What_cannot_be_carried_over_is_warned_of(string service, string warning)
    {
        var imported = Import(Service(service));

        Assert.NotNull(imported.Yaml);
        Assert.Contains(imported.Problems, p => p.Format("compose.yaml").Contains(warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "compose.yaml:1:1: error: the document is empty")]
    [InlineData("services:\n\tweb: 1", "compose.yaml:2:1: error: not valid YAML")]
    [InlineData("web:\n  image: a", "compose.yaml:1:1: error: services is missing")]
    [InlineData("services: {}", "compose.yaml:1:1: error: services: found an empty map")]
    [InlineData("services: {web: 3}", "compose.yaml:1:12: error: services.web: found 3; allowed is a map")]
    [InlineData("services: {web: {image: a, prots: [1]}}", "error: services.web.prots: unknown key; did you mean 'ports'?")]
    [InlineData("services: {web: {image: a, ports: [abc]}}", "error: services.web.ports[0]: found \"abc\"; allowed is a port")]
    [InlineData("services: {web: {image: a, mem_limit: lots}}", "error: services.web.mem_limit: found \"lots\"; allowed is a size")]
    [InlineData("services: {web: {image: '${X:?say it}'}}", "error: services.web.image: variable X is required: say it")]
    [InlineData("services: {web: {image: 'a${'}}", "error: services.web.image: found")]
    [InlineData("services: {web: {extends: {file: b}}}", "error: services.web.extends: is not followed; run `docker compose config`")]
    [InlineData("services: {web: {image: a, volumes: ['${NO:-}:/x']}}", "error: services.web.volumes[0]: found \":/x\"; allowed is SOURCE:TARGET")]
    [InlineData("services: {web: {image: a, volumes: [{type: volume, source: '', target: /x}]}}", "error: services.web.volumes[0]: found")]
    [InlineData("services: {web: {image: a, expose: ['80:80']}}", "error: services.web.expose[0]: found \"80:80\"; allowed is a port such as 8080")]
    [InlineData("services: {web: {user: 1}}", "error: services.web: image is missing; allowed is an image, or build")]
    [InlineData("services: {web: {image: a, env_file: gone}}", "error: services.web.env_file: found \"gone\", which cannot be read")]
    [InlineData("services: {a_b: {image: a}, a-b: {image: a}}", "error: services.a-b: would be pool a-b, as service a_b is")]
    [InlineData("services: {web: {image: a, healthcheck: {test: [curl]}}}", "error: services.web.healthcheck.test: found \"curl\" first")]
    public void What_is_wrong_is_told_with_its_place(string text, string error)
    {
        var imported = Import(text);

        Assert.Null(imported.Yaml);
        Assert.Contains(imported.Problems, p => p.Format("compose.yaml").Contains(error, StringComparison.Ordinal));
    }

    [Fact]
    public void Too_many_services_are_told_with_the_way_out()
    {
        var imported = Import($"services:\n{string.Concat(Enumerable.Range(0, 201).Select(i => $"  s{i}: {{image: a}}\n"))}");

        Assert.Null(imported.Yaml);
        var error = Assert.Single(imported.Problems, p => p.Severity == SpecSeverity.Error).Message;
        Assert.StartsWith("the resulting spec is refused: ", error, StringComparison.Ordinal);
        Assert.Contains("200", error, StringComparison.Ordinal);
        Assert.EndsWith("; import parts of the file, by --profile or split into several", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_extends_another_has_one_error() =>
        Assert.Single(Import("services: {web: {extends: {service: b}}, b: {image: b}}").Problems, p => p.Severity == SpecSeverity.Error);

    [Fact]
    public void All_errors_come_at_once()
    {
        var imported = Import("services:\n  a: {image: a, prots: 1, ports: [x]}\n  b: {mem_limit: y}\n");

        Assert.Equal([2, 2, 3, 3], imported.Problems.Where(p => p.Severity == SpecSeverity.Error).Select(p => p.Line));
    }

    [Fact]
    public void Files_of_variables_are_read_and_the_service_has_the_last_word()
    {
        var imported = Import(Service("image: a\nuser: 1\nenv_file: [vars]\nenvironment: {B: own}"));

        Assert.Contains("A: one two\n      B: own\n", imported.Yaml);
    }

    [Theory]
    [InlineData("1h30m", 5400_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("300ms", 300)]
    [InlineData("1m1s1ms", 61_001)]
    [InlineData("0", 0)]
    [InlineData("5", -1)]
    [InlineData("5d", -1)]
    [InlineData("", -1)]
    [InlineData("99999999999999999999h", -1)]
    public void Durations_are_read_as_Go_does(string text, int milliseconds) =>
        Assert.Equal(milliseconds, YamlText.GoDuration.TryParse(text, out var span) ? (int)span.TotalMilliseconds : -1);

    internal static ComposeImported Import(string text) => ComposeImporter.Compute(new ComposeSource(
        text, "compose.yaml", "/srv/p", name => name == "SET" ? "now" : null, path => path == "/srv/p/vars" ? "# c\nA='one two' # x\nexport B=file\n" : null));

    private static string Service(string keys) =>
        $"services:\n  web:\n{string.Concat(keys.Split('\n').Select(line => $"    {line}\n"))}";
}
