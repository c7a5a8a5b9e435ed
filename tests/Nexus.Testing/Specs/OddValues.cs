using System.Globalization;
using System.Text;

namespace Nexus.Testing.Specs;

/// <summary>Keys with values at the edge of what a spec may say, as YAML flow entries. Not all of them are valid.</summary>
internal sealed class OddValues(Random random)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz";

    private static readonly string[] Pieces =
    [
        "a", "Z", "0", " ", "\n", "\t", "\r\n", "\"", "'", "\\", "$", "${X}", "$(Y)", "$$", "%", "%2F", "#", ": ", "- ", "=", ",", "|", "&&", "<a href=\"&\">",
        "é", "日本語", "🚀", "\u0085", "\u00a0", "\u2028", "\u0001", "\u001b[0m", "\u007f", "\ufeff", "\uffff", "true", "~", "null", "1e3", "0x1F",
        "{port}", "{{", "*", "&a", "!", "@", "`", "22:30", "2026-01-01", "..", "/",
    ];

    private static readonly string[] Images =
    [
        "nginx", "nginx:1.27", "ghcr.io/org/app@sha256:" + new string('a', 64), "r:5000/a/b:x@sha256:" + new string('0', 64), "a/b/c", "localhost/x",
        "localhost:5000/x:y", "Foo/bar", "-a/b", "a..b/c", "a-/b", "EXAMPLE.com/x", new string('b', 64), "x/" + new string('b', 64), "a__b", "a--b:_x", "1", "0.0/a",
        "a:" + new string('T', 128), "a:99999/b", "library/nginx:latest", new string('n', 200), new string('n', 237), new string('n', 250), ".com/a", "a.b./c", "A/b", "index.docker.io/a", "docker.io/a",
    ];

    private static readonly string[] Sources =
    [
        "a", "0", "ab", "A_b", "A_.-", "a..b", "a.-b", "a_.b", "data-", "x.", new string('v', 255), "/", "/srv", "/srv/ü x", "/a//b", "/a/./b", "/a/", "/a,b=c",
        "/$HOME/x", "/a\nb", "/tmp/\u0001", "Data", "data",
    ];

    private static readonly string[] Targets =
    [
        "/data", "/data dir", "/ü", "//x//y/", "/.", "/./", "/./.", "/tmp", "/tmp/", "/tmp/x", "/a,b", "/a=b", "/a\nb", "/\u0001", "/etc/hosts", "/$x", "/...", "/a/...",
        "/" + new string('t', 240), "/dev/shm", "/proc/x", "/sys", "/日本", "/'\"",
    ];

    private static readonly string[] Paths =
    [
        "/", "/a", "/A", "/a/b", "/%2F", "/a%2Fb", "/a%2fb", "/%41", "/%C3%A9", "/%FF", "/a%20b", "/a;b=c", "/~x", "/$&'()+,;=:@", "/...", "/a.b", "/-", "/_",
        "/%25", "/%2E", "/a//b", "/a/", "/" + new string('p', 200), "/%7B", "/*", "/{x}", "/a%3Fb", "/%5C", "/a%5Cb",
    ];

    private static readonly string[] Hosts =
    [
        "a.example", "A.Example", "*.example", "*.a.example", "localhost", "10.0.0.1", "1.2.3", "0", "x--y.example", "xn--bcher-kva.example", "a.b.c.d.e.f.example",
        new string('h', 63) + ".example", string.Join('.', Enumerable.Repeat(new string('l', 61), 4)), "*.com", "example", "*.10.0.0.1",
    ];

    private static readonly string[] HealthPaths =
    [
        "/", "/health", "/a?b=c&d=%20", "//x", "/[x]", "/{x}", "/\"'", "/$HOME", "/$(X)", "/%2F", "/a;b", "/<>", "/^`|", "/../x", "/@a:80", "/:80",
    ];

    private static readonly string[] Durations = ["0s", "50ms", "100ms", "250ms", "1s", "1500ms", "1m30s", "10m", "1h", "1d", "7d", "999ms"];

    private static readonly string[] Capabilities = ["NET_ADMIN", "CHOWN", "SYS_PTRACE", "AUDIT_WRITE", "MKNOD", "SYS_TIME", "IPC_LOCK"];

    public int Up(int most) => random.Next(1, most + 1);

    public string Name() => random.Next(5) switch
    {
        0 => Of([.. Letters.Select(c => $"{c}")]),
        1 => Of([.. Letters.Select(c => $"{c}")]) + new string(Letters[random.Next(26)], 39),
        2 => $"a--{random.Next(100)}",
        3 => $"{Of(["web", "api", "db", "x"])}-{random.Next(1000)}",
        _ => $"p{random.Next(1_000_000).ToString(CultureInfo.InvariantCulture)}",
    };

    public string Image() => $"image: {Quote(Of(Images))}";

    /// <summary>The keys of a pool but for its image.</summary>
    public IEnumerable<string> PoolKeys()
    {
        yield return $"port: {Of(["1", "80", "443", "8080", "65535"])}";
        string[] keys =
        [
            $"command: {Words()}", $"env: {Map(EnvName, EnvValue)}", $"host_port: {Of(["1", "80", "65535"])}", "protocol: h2c",
            $"min_replicas: {Of(["0", "1", "3", "1000"])}", $"max_replicas: {Of(["1", "5", "1000"])}",
            $"resources: {{cpu: {Of(["10m", "0.5", "1024", "0"])}, memory: {Of(["6MiB", "1.5GiB", "16TiB", "0", "7000001B"])}, pids: {Of(["0", "1", "1000000"])}}}",
            $"user: {Of(["0", "1000", "'1000:1000'", "'2147483647:2147483647'", "'0000000001'"])}", "read_only: true",
            $"capabilities: [{string.Join(", ", Capabilities.Take(random.Next(Capabilities.Length)))}]",
            $"health: {Health()}", $"restart: {{initial_delay: {Of(Durations)}, max_delay: {Of(Durations)}, reset_after: {Of(Durations)}}}",
            $"drain: {{timeout: {Of(Durations)}, websocket_window: {Of(Durations)}, stop_timeout: {Of(Durations)}}}",
            $"process: {{command: {Words()}, working_directory: {Quote(Text(3))}}}", $"warm_standby: {random.Next(3)}", "replace: false",
            $"rollout: {Rollout()}", $"outlier_detection: {{enabled: false, error_rate: {Up(100)}%, ejection_time: {Of(Durations)}}}", $"placement: {Placement()}",
        ];
        foreach (var key in keys.Where(_ => random.Next(5) < 3))
        {
            yield return key;
        }

        // Several times the same key: the reader takes the first and refuses the others.
        for (var i = 0; i < 6; i++)
        {
            yield return $"volumes: [{string.Join(", ", Enumerable.Range(0, Up(3)).Select(_ => Volume()))}]";
        }
    }

    public IEnumerable<string> GatewayKeys()
    {
        yield return $"headers: {{content_security_policy: {Quote(Of(["", "default-src 'self'", " \"~", new string('c', 8000)]))}, frame_options: {Of(["DENY", "''"])}, "
            + $"referrer_policy: {Of(["unsafe-url", "''"])}, hsts_max_age: {Of(Durations)}}}";
        yield return $"retry: {{attempts: {Up(10)}, budget: {random.Next(101)}%, buffer: {Of(["0", "1B", "64KiB", "16MiB"])}}}";
    }

    public string Route(IEnumerable<string> pools) =>
        $"{{{(random.Next(3) > 0 ? $"host: {Quote(Of(Hosts))}, " : "")}path: {Quote(Of(Paths))}, pool: {Of([.. pools])}, strip_prefix: {Of(["true", "false"])}"
        + $"{(random.Next(2) > 0 ? $", timeout: {Of(Durations)}, max_body: {Of(["1B", "10MiB", "16TiB"])}, body_timeout: {Of(Durations)}" : "")}}}";

    private string Health() => random.Next(4) switch
    {
        0 => $"{{type: none, interval: {Of(Durations)}}}",
        1 => $"{{type: tcp, interval: {Of(Durations)}, timeout: {Of(Durations)}, unhealthy_threshold: {Up(100)}, healthy_threshold: {Up(100)}}}",
        2 => $"{{path: {Quote(Of(HealthPaths))}, interval: {Of(Durations)}, timeout: {Of(Durations)}, startup_timeout: {Of(Durations)}}}",
        _ => $"{{command: {Words()}, interval: {Of(Durations)}, startup_timeout: {Of(Durations)}}}",
    };

    private string Rollout() => random.Next(3) switch
    {
        0 => $"{{strategy: rolling, order: {Of(["start_first", "stop_first"])}, max_surge: {Of(["0", "1", "100%"])}, max_unavailable: {Of(["0", "1", "1000", "33%"])}, min_healthy_time: {Of(Durations)}}}",
        1 => $"{{strategy: canary, canary: {{steps: [{{weight: {Up(50)}, pause: {Of(Durations)}}}, {{weight: {50 + Up(49)}}}], max_error_rate: 0.001, max_p95_ratio: 1000}}}}",
        _ => $"{{strategy: blue_green, keep_old: {Of(Durations)}, progress_deadline: {Of(Durations)}, min_healthy_time: {Of(Durations)}, max_failures: 0, auto_rollback: false}}",
    };

    private string Placement() =>
        $"{{constraints: {Map(() => Of(["zone", "a/b", "node.kubernetes.io/x", "_", "-", "a//b", "A.b"]), () => Text(2))}, arch: {Of(["amd64", "arm64"])}, spread: {Of(["preferred", "required"])}}}";

    private string Volume() =>
        $"{{source: {Quote(Of(Sources))}, target: {Quote(Of(Targets))}, read_only: {Of(["true", "false"])}, exclusive: {Of(["true", "false", "false"])}}}";

    private string EnvName() => Of(["A", "_", "B1", "a.b-c", "PATH", "http_proxy", "a-", "_.", "NEXUSX", new string('E', 255), $"V{random.Next(100)}"]);

    private string EnvValue() => random.Next(12) switch
    {
        0 => new string('x', 32 * 1024),
        1 => string.Concat(Enumerable.Repeat("é\"", 8000)),
        _ => Text(6),
    };

    private string Map(Func<string> name, Func<string> value)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = Up(5); i > 0; i--)
        {
            entries[name()] = value();
        }

        return $"{{{string.Join(", ", entries.Select(e => $"{Quote(e.Key)}: {Quote(e.Value)}"))}}}";
    }

    private string Words() => $"[{string.Join(", ", Enumerable.Range(0, Up(5)).Select(_ => Quote(Text(4))))}]";

    private string Text(int pieces) => string.Concat(Enumerable.Range(0, random.Next(pieces + 1)).Select(_ => Of(Pieces)));

    private string Of(string[] choices) => choices[random.Next(choices.Length)];

    /// <summary>A double-quoted scalar that stands for exactly the text.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' or '\\' => $"\\{c}",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' or '\uffff' => $"\\u{(int)c:x4}",
                _ => $"{c}",
            });
        }

        return quoted.Append('"').ToString();
    }
}
