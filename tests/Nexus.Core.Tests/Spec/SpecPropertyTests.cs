using System.Collections.Immutable;
using CsCheck;
using Nexus.Core.Spec;
using Nexus.Core.Spec.Values;

namespace Nexus.Core.Tests.Spec;

public sealed class SpecPropertyTests
{
    // Pieces that YAML and the spec give a meaning to, so that garbage gets deep into the reader.
    private static readonly string[] Pieces =
    [
        "worker_pools", "web", "gateway", "routes", "image", "port", "health", "env", "command", "volumes", ":", ": ", "\n",
        "\n  ", "\n    ", "- ", "{", "}", "[", "]", ",", "&a ", "*a", "<<", "? ", "| ", "> ", "'", "\"", "\\", "#", "---\n",
        "...\n", "%YAML 1.2\n", "!!str ", "!x ", "\t", "~", "80", "010", "0x", "true", "5s", "\u0000", "\uD800", "\u2028", "é", " ",
    ];

    private static readonly Gen<string> Word = Gen.Char["abcXYZ019 _-./:#'\"\\{}[]&*!%@,é"].Array[1, 12].Select(c => new string(c));

    private static readonly Gen<TimeSpan> Duration =
        Gen.Long[0, 10_000_000_000].Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds));

    private static readonly Gen<PoolTemplate> Template = Gen.Select(
        Gen.OneOf("nginx", "nginx:1.27", "ghcr.io/org/app:2", "r:5000/a/b@sha256:" + new string('0', 64)),
        Word.Array[0, 4],
        Gen.Dictionary(Gen.Char["ABCabc_"].Array[1, 5].Select(c => new string(c)), Word)[0, 4],
        Gen.Int[1, 65_535],
        Gen.Select(Gen.Int[10, 64_000], Gen.Long[6L << 20, 1L << 40], Gen.Int[0, 9999]),
        Gen.Bool,
        Gen.Select(Gen.Long[100, 9000], Gen.Long[50, 9000], Gen.Int[1, 100]),
        (image, command, env, port, resources, isReadOnly, health) => new PoolTemplate
        {
            Image = image,
            Command = [.. command],
            Env = env.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Port = port,
            Resources = new ResourceSpec { CpuMillicores = resources.Item1, MemoryBytes = resources.Item2, Pids = resources.Item3 },
            ReadOnly = isReadOnly,
            Health = new HealthSpec
            {
                Interval = TimeSpan.FromMilliseconds(health.Item1),
                Timeout = TimeSpan.FromMilliseconds(health.Item2),
                UnhealthyThreshold = health.Item3,
            },
        });

    [Fact]
    public void Read_never_throws_and_always_answers() =>
        Gen.Frequency((3, Gen.OneOf(Pieces)), (1, Gen.String)).Array[0, 40].Select(string.Concat).Sample(
            text =>
            {
                var result = SpecReader.Read(text, "f");
                return result.IsValid != result.Problems.Any(p => p.Severity == SpecSeverity.Error)
                    && result.Problems.All(p => p is { Line: > 0, Column: > 0 } && !p.Message.Any(char.IsControl))
                    && result.Problems.SequenceEqual(result.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column));
            },
            iter: 8000);

    [Fact]
    public void A_damaged_spec_never_throws()
    {
        var whole = Write("web", new PoolTemplate { Image = "a", Port = 1, Env = Map(("A", "1")), Command = ["x", "y"] });
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 8], Gen.OneOf(Pieces)).Sample(
            (start, length, piece) => SpecReader.Read(
                whole[..start] + piece + whole[Math.Min(whole.Length, start + length)..], "f") is not null,
            iter: 4000);
    }

    [Fact]
    public void A_spec_that_is_written_reads_back() => Template.Sample(
        template =>
        {
            var result = SpecReader.Read(Write("web", template), "f");
            Assert.True(result.IsValid, string.Join('\n', result.Lines));
            var read = result.Spec!.Pools[0].Template;
            Assert.Equal(template.Command, read.Command);
            Assert.Equal(template.Env, read.Env);
            Assert.Equal(PoolRevisions.Compute(template), PoolRevisions.Compute(read));
        },
        iter: 2000);

    [Fact]
    public void Durations_read_back() => Duration.Sample(
        value => SpecDuration.TryParse(SpecDuration.Format(value), out var read) && read == value);

    [Fact]
    public void Sizes_read_back() => Gen.OneOf(Gen.Long[0, 1L << 50], Gen.Long[0, 5000].Select(n => n << 20)).Sample(
        value => ByteSize.TryParse(ByteSize.Format(value), out var read) && read == value);

    [Fact]
    public void Shares_read_back() => Gen.Int[0, 1_000_000].Sample(
        value => CpuShare.TryParse(CpuShare.Format(value), out var read) && read == value);

    [Fact]
    public void Words_read_back() => Word.Array[1, 5].Sample(words =>
        ShellWords.Split(string.Join("  ", words.Select(w => $"'{w.Replace("'", "'\\''")}'")))!.SequenceEqual(words));

    private static ImmutableSortedDictionary<string, string> Map(params (string Key, string Value)[] entries) =>
        entries.ToImmutableSortedDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);

    // A writer of its own, so that reader and test share no code but the formats under test.
    private static string Write(string pool, PoolTemplate template) => $$"""
        worker_pools:
          {{pool}}:
            image: {{template.Image}}
        {{(template.Command.IsEmpty ? "" : $"    command: [{string.Join(", ", template.Command.Select(Quote))}]")}}
            env: {{{string.Join(", ", template.Env.Select(e => $"{e.Key}: {Quote(e.Value)}"))}}}
            port: {{template.Port}}
            resources:
              cpu: {{CpuShare.Format(template.Resources.CpuMillicores)}}
              memory: {{ByteSize.Format(template.Resources.MemoryBytes)}}
              pids: {{template.Resources.Pids}}
            read_only: {{(template.ReadOnly ? "true" : "false")}}
            health:
              interval: {{SpecDuration.Format(template.Health.Interval)}}
              timeout: {{SpecDuration.Format(template.Health.Timeout)}}
              unhealthy_threshold: {{template.Health.UnhealthyThreshold}}
        """;

    private static string Quote(string text) => $"'{text.Replace("'", "''")}'";
}
