using Nexus.Core.Spec;

namespace Nexus.Core.Tests.Spec;

/// <summary>Every kind of mistake with the exact line it gives: place, key, value seen, values allowed.</summary>
public sealed class SpecReaderProblemTests
{
    private const string Duration = "such as 500ms, 10s or 1m30s";

    // Each row: why it must be so; what stands below "worker_pools: {web: {image: a, port: 80, …}}"; the whole report.
    public static TheoryData<string, string, string> InPool => new()
    {
        { "a number in words is no number", "min_replicas: three", "error: min_replicas: found \"three\"; allowed is a whole number from 0 to 1000" },
        { "quotes make a text", "min_replicas: \"3\"", "error: min_replicas: found \"3\" in quotes; allowed is a whole number from 0 to 1000, without quotes" },
        { "a fraction of a replica cannot run", "min_replicas: 1.5", "error: min_replicas: found 1.5; allowed is a whole number from 0 to 1000" },
        { "1.1 and 1.2 read it differently", "min_replicas: 010", "error: min_replicas: found 010; allowed is a whole number from 0 to 1000, without leading zeros" },
        { "bounds are inclusive", "min_replicas: 1001", "error: min_replicas: found 1001; allowed is a whole number from 0 to 1000" },
        { "beyond 64 bits is still only too large", "min_replicas: 99999999999999999999", "error: min_replicas: found 99999999999999999999; allowed is a whole number from 0 to 1000" },
        { "empty is not zero", "min_replicas: ", "error: min_replicas: found nothing; allowed is a whole number from 0 to 1000" },
        { "a map is no number", "min_replicas: {a: 1}", "error: min_replicas: found a map with a; allowed is a whole number from 0 to 1000" },
        { "sexagesimal is a text in 1.2", "min_replicas: 1:20", "error: min_replicas: found \"1:20\"; allowed is a whole number from 0 to 1000" },
        { "the most may not be less than the least", "{min_replicas: 3, max_replicas: 2}", "error: max_replicas: found 2; allowed is at least min_replicas, 3" },
        { "an id is no name", $"image: {new string('a', 64)}", $"error: image: found \"{new string('a', 60)}…\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…; 64 hexadecimal digits are an image's id, which no machine can pull" },
        { "a volume is a folder", "volumes: [\"data:/etc/hosts\"]", "error: volumes[0]: the volume data cannot be mounted at /etc/hosts, which the engine makes itself; allowed is another path, or a path of the node as source" },
        { "in a map, too", "volumes: [{source: data, target: /sys/x}]", "error: volumes[0]: the volume data cannot be mounted at /sys/x, which the engine makes itself; allowed is another path, or a path of the node as source" },
        { "runc refuses it", "volumes: [\"/x:/proc/x\"]", "error: volumes[0]: found \"/proc/x\"; allowed is an absolute path in the container, other than /; nothing can be mounted over /proc" },
        { "a typing error is recognised", "read_onyl: true", "error: read_onyl: unknown key; did you mean 'read_only'?" },
        { "a dash for an underscore, too", "min-replicas: 1", "error: min-replicas: unknown key; did you mean 'min_replicas'?" },
        { "what is not built is not ignored", "autoscale: {}", "error: autoscale: this version of Nexus does not know 'autoscale' yet; remove it" },
        { "nor inside a section", "health: {liveness: {}}", "error: health.liveness: this version of Nexus does not know 'liveness' yet; remove it" },
        { "a share has bounds", "rollout: {max_surge: 101%}", "error: rollout.max_surge: found \"101%\"; allowed is a whole number from 0 to 1000, or a share from 0% to 100%" },
        { "a step is one thing", "rollout: {strategy: canary, canary: {steps: [{weight: 5, count: 1}]}}", "error: rollout.canary.steps[0]: found both weight and count; allowed is one of them" },
        { "a step is something", "rollout: {strategy: canary, canary: {steps: [{pause: 5s}]}}", "error: rollout.canary.steps[0]: found neither weight nor count; allowed is one of them" },
        { "steps grow", "rollout: {strategy: canary, canary: {steps: [{weight: 20}, {weight: 20}]}}", "error: rollout.canary.steps[1]: found 20 after 20; allowed is more than the step before" },
        { "a canary without steps", "rollout: {strategy: canary, canary: {steps: []}}", "error: rollout.canary.steps: found no step; allowed is at least one, or strategy: rolling" },
        { "limits of what is not done", "rollout: {canary: {min_requests: 9}}", "warning: rollout.canary: has no effect without strategy: canary" },
        { "nor kept", "rollout: {keep_old: 9s}", "warning: rollout.keep_old: has no effect without strategy: blue_green" },
        { "start first needs room", "rollout: {order: start_first, max_surge: 0, max_unavailable: 1}", "error: rollout.max_surge: found 0 with order start_first; allowed is at least 1" },
        { "two cannot hold one", "{host_port: 1, rollout: {order: start_first}}", "error: rollout.order: found start_first with host_port, which one replica of a node can hold at a time; allowed is stop_first" },
        { "nor two sets", "{volumes: [{source: aa, target: /x, exclusive: true}], placement: {volume_affinity: required}, rollout: {strategy: blue_green}}", "error: rollout.strategy: found blue_green for a pool that stops first (an exclusive volume), where a second set cannot start; allowed is rolling or canary" },
        { "nor one that stands by", "{host_port: 1, warm_standby: 1}", "error: warm_standby: found 1 with host_port, which a replica that stands by holds too; allowed is 0" },
        { "more than could take over", "warm_standby: 2", "warning: warm_standby: 2 for at most 1 replica: more than could ever take over" },
        { "a protocol has a name", "protocol: grpc", "error: protocol: found \"grpc\"; allowed is http1 or h2c" },
        { "a check that is refused", "{protocol: h2c, health: {path: /up}}", "warning: health: an http check speaks HTTP/1.1, which many h2c servers refuse; use tcp or script unless the server answers both" },
        { "the longest is not shorter", "outlier_detection: {ejection_time: 10m}", "error: outlier_detection.ejection_time: a longest ejection of 5m is shorter than ejection_time, 10m" },
        { "nobody to compare with", "outlier_detection: {min_replicas: 1}", "error: outlier_detection.min_replicas: found 1; allowed is a whole number from 2 to 1000" },
        { "yes is a text in 1.2", "read_only: yes", "error: read_only: found \"yes\"; allowed is true or false" },
        { "a duration needs a unit", "drain: {timeout: 5}", $"error: drain.timeout: found 5; allowed is a duration from 0s to 1h, {Duration}; a unit is missing, perhaps 5s?" },
        { "an unknown unit", "drain: {timeout: 5x}", $"error: drain.timeout: found \"5x\"; allowed is a duration from 0s to 1h, {Duration}" },
        { "units stand in order", "drain: {timeout: 1s1m}", $"error: drain.timeout: found \"1s1m\"; allowed is a duration from 0s to 1h, {Duration}" },
        { "a duration has bounds", "drain: {timeout: 61m}", $"error: drain.timeout: found \"61m\"; allowed is a duration from 0s to 1h, {Duration}" },
        { "M means two things", "resources: {memory: 512m}", "error: resources.memory: found \"512m\"; allowed is a size from 6MiB to 16TiB, such as 512MB or 1.5GiB, or 0 for no limit; write 512MB (powers of 1000) or 512MiB (powers of 1024)" },
        { "bytes are never meant", "resources: {memory: 512}", "error: resources.memory: found 512; allowed is a size from 6MiB to 16TiB, such as 512MB or 1.5GiB, or 0 for no limit; a unit is missing, perhaps 512MB?" },
        { "the engine's least", "resources: {memory: 5MB}", "error: resources.memory: found \"5MB\"; allowed is a size from 6MiB to 16TiB, such as 512MB or 1.5GiB, or 0 for no limit" },
        { "the engine's least, for CPU", "resources: {cpu: 5m}", "error: resources.cpu: found \"5m\"; allowed is cores from 0.01 to 1024, such as 0.5 or 500m, or 0 for no limit" },
        { "no finer than a thousandth", "resources: {cpu: 0.0125}", "error: resources.cpu: found 0.0125; allowed is cores from 0.01 to 1024, such as 0.5 or 500m, or 0 for no limit" },
        { "names of choices", "placement: {spread: requird}", "error: placement.spread: found \"requird\"; allowed is preferred or required; did you mean 'required'?" },
        { "an image has a grammar", "image: Nginx:1", "error: image: found \"Nginx:1\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…" },
        { "PORT is the agent's", "env: {PORT: 80}", "error: env.PORT: found \"PORT\"; allowed is a name of letters, digits, _ . and -, not starting with a digit; PORT and NEXUS_* are set by the worker agent" },
        { "NEXUS_ is the agent's", "env: {NEXUS_NODE: a}", "error: env.NEXUS_NODE: found \"NEXUS_NODE\"; allowed is a name of letters, digits, _ . and -, not starting with a digit; PORT and NEXUS_* are set by the worker agent" },
        { "an empty value is written out", "env: {A: }", "error: env.A: found nothing; allowed is a text, number or boolean; \"\" for an empty text" },
        { "an env value is one value", "env: {A: [1]}", "error: env.A: found a list of 1 item; allowed is a text, number or boolean; \"\" for an empty text" },
        { "an open quote", "command: \"a 'b\"", "error: command: found \"a 'b\"; allowed is a list of words such as [sleep, 60], or one line such as sleep 60, of at most 256 words and with its quotes closed" },
        { "nothing to run", "command: []", "error: command: found a list of 0 items; allowed is a list of words such as [sleep, 60], or one line such as sleep 60" },
        { "nobody's shell", "command: a && b", "warning: command: && is passed on as a word, for no shell runs this line; if one should, write [sh, -c, \"…\"]" },
        { "user names differ between images", "user: root", "error: user: found \"root\"; allowed is a uid such as 1000, or uid:gid such as 1000:1000" },
        { "the kernel's prefix is left out", "capabilities: [CAP_CHOWN]", "error: capabilities[0]: found \"CAP_CHOWN\"; allowed is the name without CAP_, CHOWN" },
        { "given twice", "capabilities: [CHOWN, CHOWN]", "error: capabilities[1]: CHOWN is given twice; first at worker_pools.web.capabilities[0]" },
        { "two mounts on one place", "volumes: [aa:/x, \"bb:/x:ro\"]", "error: volumes[1]: /x is given twice; first at worker_pools.web.volumes[0]" },
        { "Docker takes it for a name in its own registry", "image: Foo/bar", "error: image: found \"Foo/bar\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…" },
        { "no registry begins so", "image: -a.example/b", "error: image: found \"-a.example/b\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…" },
        { "a port has five digits at most", "image: r:99999/b", "error: image: found \"r:99999/b\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…; '99999' is no port" },
        { "Docker wants two characters", "volumes: [\"d:/data\"]", "error: volumes[0]: found \"d\"; allowed is a volume's name, of two characters or more, or an absolute path of the node" },
        { "the root in other words", "volumes: [\"data:/.\"]", "error: volumes[0]: found \"/.\"; allowed is an absolute path in the container, other than /; it stands for /" },
        { "no way out of a folder", "volumes: [/a/../b:/x]", "error: volumes[0]: found \"/a/../b\"; allowed is a volume's name, of two characters or more, or an absolute path of the node; .. is not allowed in it" },
        { "the root is the image's", "volumes: [\"aa:/\"]", "error: volumes[0]: found \"/\"; allowed is an absolute path in the container, other than /" },
        { "a mount has two ends", "volumes: [{source: aa}]", "error: volumes[0]: target is missing; allowed is an absolute path in the container, other than /" },
        { "a path means http", "health: {type: tcp, path: /h}", "error: health.path: has no meaning for type tcp; allowed with http" },
        { "both cannot be", "health: {path: /h, command: x}", "error: health.command: has no meaning for type http; allowed with script" },
        { "a script needs a command", "health: {type: script}", "error: health.type: a check of type script needs a command" },
        { "a check of its own length", "health: {timeout: 3s}", "warning: health.timeout: 3s is longer than the interval, 2s: a hanging replica is noticed late" },
        { "no check, no interval", "health: {type: none, interval: 1s}", "warning: health: a pool with a check of type none is not checked: the other keys have no effect" },
        { "nothing could be replaced", "rollout: {max_surge: 0}", "error: rollout: found max_surge 0 and max_unavailable 0, which lets nothing be replaced; allowed is 0 for one of them" },
        { "everything would be replaced", "{min_replicas: 2, rollout: {max_unavailable: 2}}", "warning: rollout.max_unavailable: 2 of 2 replicas: a rollout may stop all of them at once" },
        { "a longest below the first", "restart: {initial_delay: 6m}", "error: restart: a longest delay of 5m is shorter than initial_delay, 6m" },
        { "tags are not ours", "min_replicas: !!int 3", "error: min_replicas: found the tag !!int; allowed are values without tags" },
        { "not even the harmless ones", "image: !!str a", "error: image: found the tag !!str; allowed are values without tags" },
        { "nor one's own", "image: !mine a", "error: image: found the tag !mine; allowed are values without tags" },
        { "nor one that says nothing", "image: ! a", "error: image: found the tag !; allowed are values without tags" },
        { "an alias of nothing", "min_replicas: *x", "error: min_replicas: found the alias *x, which no anchor before it defines" },
        { "merging a number", "<<: 3", "error: <<: found 3; allowed is an alias of a map, or a list of such" },
        { "a process has a command", "process: {working_directory: /x}", "error: process: command is missing; allowed is a list of words such as [sleep, 60], or one line such as sleep 60" },
        { "a terminal is not harmed", "image: \"a\\e[31m\"", "error: image: found \"a?[31m\"; allowed is an image such as nginx:1.27 or ghcr.io/org/app@sha256:…" },
    };

    [Theory]
    [MemberData(nameof(InPool))]
    public void Read_reports_a_mistake_in_a_pool(string because, string keys, string expected)
    {
        var inner = keys.StartsWith('{') ? keys[1..^1] : keys;
        var image = keys.StartsWith("image", StringComparison.Ordinal) ? "" : "image: a, ";
        var result = SpecReader.Read($"worker_pools: {{web: {{{image}port: 80, {inner}}}}}", "f");

        var problem = Assert.Single(result.Problems);
        var line = $"{problem.Severity.ToString().ToLowerInvariant()}: {problem.Key["worker_pools.web.".Length..]}: {problem.Message}";
        Assert.True(expected == line, $"{because}:\n  expected {expected}\n  but got  {line}");
        Assert.Equal(problem.Severity == SpecSeverity.Warning, result.IsValid);
    }

    // Each row: why; the document; the whole report.
    public static TheoryData<string, string, string> Documents => new()
    {
        { "nothing is not a spec", "", "f:1:1: error: the document is empty; it needs worker_pools, which may be none" },
        { "comments are nothing", "# hello\n", "f:1:1: error: the document is empty; it needs worker_pools, which may be none" },
        { "pools are required", "cluster: a", "f:1:1: error: worker_pools is missing; allowed is a map of pools by name, or none to run nothing" },
        { "a text is not a spec", "hello", "f:1:1: error: found \"hello\"; allowed is a map with cluster, worker_pools, gateway, drills" },
        { "pools have names", "worker_pools: [a]", "f:1:1: error: worker_pools: found a list of 1 item; allowed is a map of 1 to 200 pools by name, or none to run nothing" },
        { "none is said, not left out", "worker_pools:\n", "f:1:1: error: worker_pools: found nothing; allowed is a map of 1 to 200 pools by name, or none to run nothing" },
        { "a template that came out empty stops nothing", "worker_pools: {}\n", "f:1:1: error: worker_pools: found an empty map; allowed is a map of 1 to 200 pools by name, or none to run nothing" },
        { "a route to no pool at all", "worker_pools: none\ngateway: {routes: [{pool: web}]}", "f:2:21: error: gateway.routes[0].pool: found \"web\", which is no pool; there is none" },
        { "an open bracket on the only line", "[1,2", "f:1:1: error: not valid YAML: while parsing a flow sequence, did not find expected ',' or ']' (is the bracket that opens here not closed?)" },
        { "an open bracket far above", "cluster: a\nworker_pools:\n  web:\n    command: [a, b\n    image: x\n    port: 80\n", "f:4:14: error: not valid YAML in the bracket that opens here (is it closed?)" },
        { "an open brace", "worker_pools: {web: {image: a, port: 80}\n", "f:1:15: error: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}' (is the bracket that opens here not closed?)" },
        { "a pool runs something", "worker_pools:\n  web: {port: 80}", "f:2:3: error: worker_pools.web: image is missing; allowed is an image, or process for a pool that runs without containers" },
        { "a name is a DNS label", "worker_pools:\n  We_b: {image: a}", "f:2:3: error: worker_pools.We_b: found \"We_b\" as a name; allowed is 1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash" },
        { "our names are ours", "worker_pools:\n  nexus-web: {image: a}", "f:2:3: error: worker_pools.nexus-web: found \"nexus-web\" as a name; allowed are names other than consul… and nexus-…, which are services of the cluster itself" },
        { "Consul's are Consul's", "worker_pools:\n  consul: {image: a}", "f:2:3: error: worker_pools.consul: found \"consul\" as a name; allowed are names other than consul… and nexus-…, which are services of the cluster itself" },
        { "the second of two keys", "worker_pools:\n  a: {image: x}\n  a: {image: y}", "f:3:3: error: worker_pools.a: given twice; first on line 2" },
        { "one document", "worker_pools: none\n---\na: b", "f:2:1: error: a second document starts here; allowed is one" },
        { "tabs", "worker_pools:\n\ta: {image: x}", "f:2:1: error: not valid YAML: while scanning a mapping, found invalid tab as indentation (a tab indents this line; YAML allows spaces only)" },
        { "a tab deeper", "worker_pools:\n  a:\n    image: x\n\tport: 1", "f:4:1: error: not valid YAML: while scanning a plain scalar, found a tab character that violate indentation (a tab indents this line; YAML allows spaces only)" },
        { "a tab lines below the start of its map", "worker_pools:\n  a:\n\timage: x", "f:3:1: error: not valid YAML: while scanning a mapping, found invalid tab as indentation (a tab indents this line; YAML allows spaces only)" },
        { "an open quote", "cluster: \"a", "f:1:10: error: not valid YAML: while scanning a quoted scalar, found unexpected end of stream (is a quote not closed?)" },
        { "a crooked line", "worker_pools:\n  a:\n    image: x\n   port: 1", "f:4:4: error: not valid YAML: while parsing a block mapping, did not find expected key (is this line indented like its neighbours?)" },
        { "an escape beyond Unicode", "cluster: \"\\UFFFFFFFF\"", "f:1:8: error: not valid YAML after this place" },
        { "an old version", "%YAML 1.1\n---\nworker_pools: none", "f:1:1: error: found YAML 1.1; allowed is 1.2" },
        { "a check of http needs a port", "worker_pools:\n  a:\n    image: x\n    health:\n      path: /h", "f:4:5: error: worker_pools.a.health: a check of type http needs the pool's port, which is not given" },
        { "a check of tcp needs a port", "worker_pools:\n  a:\n    image: x\n    health: {type: tcp}", "f:4:5: error: worker_pools.a.health: a check of type tcp needs the pool's port, which is not given" },
        { "an interval for no check", "worker_pools:\n  a:\n    image: x\n    health: {interval: 1s}", "f:4:5: warning: worker_pools.a.health: has no effect: a pool without a port is not checked, unless by a command" },
        { "a route to nowhere", "worker_pools: {web: {image: a, port: 1}}\ngateway: {routes: [{pool: wbe}]}", "f:2:21: error: gateway.routes[0].pool: found \"wbe\", which is no pool; did you mean 'web'?" },
        { "a route to a closed door", "worker_pools: {web: {image: a}}\ngateway: {routes: [{pool: web}]}", "f:2:21: error: gateway.routes[0].pool: found \"web\", which has no port; allowed are pools with a port" },
        { "two routes for one path", "worker_pools: {web: {image: a, port: 1}}\ngateway:\n  routes:\n    - {pool: web}\n    - {pool: web, path: /}", "f:5:7: error: gateway.routes[1]: the route / is given twice; first at gateway.routes[0]" },
        { "a slash too many", "worker_pools: {web: {image: a, port: 1}}\ngateway:\n  routes:\n    - {pool: web, path: /a/}", "f:4:19: error: gateway.routes[0].path: found \"/a/\"; allowed is a path such as /api, from the slash on, without a slash at its end" },
        { "a broken route is no double", "worker_pools: {web: {image: a, port: 1}}\ngateway:\n  routes:\n    - {pool: web}\n    - {pool: web, host: \"A:1\"}", "f:5:19: error: gateway.routes[1].host: found \"A:1\"; allowed is a host such as example.org or *.example.org, without port, in ASCII (xn--… for others); leave it out for any host" },
        { "nothing to strip", "worker_pools: {web: {image: a, port: 1}}\ngateway:\n  routes:\n    - {pool: web, strip_prefix: true}", "f:4:19: warning: gateway.routes[0].strip_prefix: has no effect: the route's path is /" },
        { "a page nobody sees", "worker_pools:\n  web: {image: a, port: 1}\n  shop: {image: a, port: 1, health: {path: /h}}", "f:3:3: warning: worker_pools.shop: no route reaches this pool, which speaks HTTP; name it under gateway.routes" },
        { "headers do not inject", "worker_pools: none\ngateway: {headers: {content_security_policy: \"a\\r\\nb\"}}", "f:2:21: error: gateway.headers.content_security_policy: found \"a?\\nb\"; allowed is a policy on one line, or \"\" to send none" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public void Read_reports_a_mistake_with_its_place(string because, string yaml, string expected)
    {
        var line = Assert.Single(SpecReader.Read(yaml, "f").Lines);
        Assert.True(expected == line, $"{because}:\n  expected {expected}\n  but got  {line}");
    }

    [Fact]
    public void Read_asks_what_fits_together_whatever_else_is_wrong()
    {
        var result = SpecReader.Read(
            "worker_pools: {web: {image: a, port: 80, host_port: 1, warm_standby: 9, rollout: "
            + "{strategy: blue_green, order: start_first, max_unavailable: x, canary: {steps: [{}]}}}}", "f");

        Assert.Equal(
            ["rollout.canary", "rollout.canary.steps[0]", "rollout.max_unavailable", "rollout.order", "rollout.strategy", "warm_standby"],
            result.Problems.Select(p => p.Key["worker_pools.web.".Length..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_reports_errors_and_warnings_in_one_order()
    {
        const string Yaml = """
            worker_pools:
              web:
                image: a
                command: a && b
                user: root
                process: {command: c | d}
            """;

        var result = SpecReader.Read(Yaml, "f");

        Assert.Null(result.Spec);
        Assert.Equal(["4 Warning", "5 Error", "6 Warning"], result.Problems.Select(p => $"{p.Line} {p.Severity}"));
    }

    [Fact]
    public void Read_reports_all_problems_in_order_of_position()
    {
        const string Yaml = """
            # a comment
            worker_pools:
              web:
                min_replicas: three
                image: a
                prot: 80
                image: b
                health:
                  interval: 5
                  type: htpp
              api:
                image: a
                resources: {pids: many}
            gateway:
              routes:
                - pool: wbe
                  paht: /x
            nodes: []
            """;

        var result = SpecReader.Read(Yaml, "nexus.yaml");

        Assert.Null(result.Spec);
        Assert.Equal(
            [
                "4:5 worker_pools.web.min_replicas",
                "6:5 worker_pools.web.prot",
                "7:5 worker_pools.web.image",
                "9:7 worker_pools.web.health.interval",
                "10:7 worker_pools.web.health.type",
                "13:17 worker_pools.api.resources.pids",
                "16:7 gateway.routes[0].pool",
                "17:7 gateway.routes[0].paht",
                "18:1 nodes",
            ],
            result.Problems.Select(p => $"{p.Line}:{p.Column} {p.Key}"));
        Assert.Equal(
            "nexus.yaml:4:5: error: worker_pools.web.min_replicas: found \"three\"; allowed is a whole number from 0 to 1000",
            result.Lines[0]);
    }
}
