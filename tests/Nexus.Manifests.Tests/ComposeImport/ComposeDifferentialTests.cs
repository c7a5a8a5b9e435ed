using System.Text;
using System.Text.Json;
using CsCheck;
using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;
using Nexus.Testing;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>
/// Files of variables and texts with variables, made up at random: what we read is what Compose 2.26 reads. Where later releases differ from it,
/// we follow them, and the generators keep away from it: a value of an <c>env_file</c> sees the project's variables before those of the file (2.26
/// the other way round), and the service's own (2.26 does not); an argument that is not used is not evaluated (2.26 refuses it where it is wrong). On purpose we differ in two things: a name alone at the very end of a file
/// is a name alone (Compose takes it for a value without a name), and a value without a name is an error (Compose sets it under no name).
/// </summary>
public sealed class ComposeDifferentialTests : IDisposable
{
    private const int Services = 40;
    private const int Rounds = 25;
    private const int RefusedChecked = 60;

    private static readonly Dictionary<string, string> Project = new(StringComparer.Ordinal)
    {
        ["SET"] = "v w",
        ["EMPTY"] = "",
        ["DOLLAR"] = "$SET",
        ["BRACE"] = "}",
    };

    private static readonly Gen<string> Chunk = Of(
        "a", "B2", " ", "  ", "#", " # ", "\t", "=", ":", "\\", "\\n", "\\t", "\\$", "\\\\", "\\\"", "\\'", "\\0101", "\\x41", "$", "$$", "$SET", "${SET}", "$EMPTY", "${EMPTY:-d}",
        "${NONE-e}", "${NONE:-${SET}}", "${SET:+p}", "${A}", "$B", "\u00fc", "\u65e5", ",", "{", "}", "\r", "|");

    private static readonly Gen<string> Text = Chunk.Array[0, 6].Select(string.Concat);
    private static readonly Gen<string> Name = Of("A", "B", "C", "D_1", "_E");

    private static readonly Gen<string> Statement = Gen.OneOf(
        Gen.Select(Name, Of("=", " = ", ": ", ":", "= "), Text, (name, separator, text) => $"{name}{separator}{text}"),
        Gen.Select(Name, Text, Gen.Bool, (name, text, isLong) => $"{name}='{Without(text, '\'')}{(isLong ? "\n \nx" : "")}'"),
        Gen.Select(Name, Text, Gen.Bool, (name, text, isLong) => $"{name}=\"{Without(text, '"')}{(isLong ? "\nA=1\n" : "")}\""),
        Gen.Select(Name, Text, (name, text) => $"export {name}=\"{Without(text, '"')}\" # c"),
        Gen.Select(Name, Text, (name, text) => $"{name}='{Without(text, '\'')}' B=2"),
        Name, Of("SET", "# x", "", " \t", "  # \"y", "NONE", "export SET"));

    private static readonly Gen<string> VariablesFile = Gen.Select(Statement.Array[0, 8], Of("", "\uFEFF"), Gen.Bool, (statements, mark, isWindows) =>
        mark + string.Concat(statements.Select(statement => $"{statement}{(isWindows ? "\r\n" : "\n")}")));

    private static readonly Gen<string> Template = Of(
        "a", " ", "$", "$$", "${", "}", "{", "$SET", "${SET}", "${EMPTY}", "$EMPTY", "${NONE:-", "${NONE-", "${EMPTY:-", "${EMPTY-", "${SET:-", "${SET:+", "${NONE+", "${SET?",
        "${EMPTY:?", "$1", "${BRACE}", "${DOLLAR}", ":", "-", "?", "+", "}}", "{}", "\n", "\u00fc", "_", "9").Array[0, 8].Select(string.Concat);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nexus-compose-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Files_of_variables_are_read_alike()
    {
        var files = Samples(VariablesFile, Services * Rounds);

        for (var i = 0; i < files.Count; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, $"{i}.env"), files[i], TestContext.Current.CancellationToken);
        }

        await CompareAsync(files, _ => true, (_, i) => $"{{image: a, user: '1', env_file: ['{i}.env']}}");
    }

    [Fact]
    public async Task Texts_with_variables_are_read_alike() =>
        await CompareAsync(Samples(Template, Services * Rounds), IsRightWhateverIsUsed, (text, _) => $"{{image: a, user: '1', environment: {{A: {JsonSerializer.Serialize(text)}}}}}");

    // Those that we take all at once, for it ends at the first that it refuses; of those that we refuse some, each by itself.
    private async Task CompareAsync(List<string> texts, Predicate<string> isComparable, Func<string, int, string> service)
    {
        var services = texts.Select(service).ToList();
        var ours = services.Select(one => Import($"services: {{s: {one}}}")).ToList();
        var taken = Enumerable.Range(0, texts.Count).Where(i => ours[i].Yaml is not null).ToList();
        var compared = taken.Where(i => isComparable(texts[i])).ToList();
        Assert.InRange(compared.Count, texts.Count / 5, texts.Count);
        foreach (var chunk in compared.Chunk(Services))
        {
            var (code, output, error) = await ComposeAsync($"services: {{{string.Join(", ", chunk.Select(i => $"s{i}: {services[i]}"))}}}");
            Assert.True(code == 0, $"{error}\nof\n{string.Join("\n---\n", chunk.Select(i => Shown(texts[i])))}");
            using var config = JsonDocument.Parse(output);
            foreach (var i in chunk)
            {
                var theirs = Environment(config.RootElement.GetProperty("services").GetProperty($"s{i}"));
                var own = string.Join('|', ExportSamples.Read(ours[i].Yaml!).Pools[0].Template.Env.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}"));
                Assert.True(theirs == own, $"{Shown(texts[i])}\nis {Shown(theirs)} to Compose, {Shown(own)} to us");
            }
        }

        foreach (var i in Enumerable.Range(0, texts.Count).Except(taken).Take(RefusedChecked))
        {
            var (code, output, _) = await ComposeAsync($"services: {{s: {services[i]}}}");
            Assert.True(code != 0, $"{Shown(texts[i])}\nis refused: {string.Join('\n', ours[i].Problems)}, and to Compose\n{output}");
        }
    }

    // Whichever arguments are used: each time that a variable is asked for, it is set or not.
    private static bool IsRightWhateverIsUsed(string text)
    {
        const int Asked = 8;
        return Enumerable.Range(0, 1 << Asked).All(set =>
        {
            var (isRight, asked) = (true, 0);
            new VariableSubstitution(
                _ => (set & (1 << (asked++ % Asked))) != 0 ? "x" : null, _ => { }, _ => isRight = false).Expand(text);
            return isRight;
        });
    }

    private async Task<(int Code, string Out, string Error)> ComposeAsync(string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "compose.yaml"), text, TestContext.Current.CancellationToken);
        return await ComposeProgram.RunAsync(_folder.FullName, Project, ["config", "--format", "json"], TestContext.Current.CancellationToken);
    }

    private ComposeImported Import(string text) => ComposeImporter.Compute(new ComposeSource(
        text, "compose.yaml", _folder.FullName, Project.GetValueOrDefault, path => File.Exists(path) ? File.ReadAllText(path) : null));

    // A dollar is doubled in what Compose prints, so that it can be read again.
    private static string Environment(JsonElement service) => !service.TryGetProperty("environment", out var variables)
        ? ""
        : string.Join('|', variables.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.String).OrderBy(one => one.Name, StringComparer.Ordinal)
            .Select(one => $"{one.Name}={one.Value.GetString()!.Replace("$$", "$", StringComparison.Ordinal)}"));

    private static Gen<string> Of(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static List<string> Samples(Gen<string> gen, int count)
    {
        var samples = new List<string>();
        gen.Sample(samples.Add, iter: count, threads: 1);
        return samples;
    }

    private static string Without(string text, char quote)
    {
        var kept = text.Replace(quote.ToString(), "", StringComparison.Ordinal);
        return kept.EndsWith('\\') ? $"{kept}." : kept;
    }

    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text)
        {
            shown.Append(c switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", '\uFEFF' => "<mark>", _ => c.ToString() });
        }

        return $"[{shown}]";
    }
}
