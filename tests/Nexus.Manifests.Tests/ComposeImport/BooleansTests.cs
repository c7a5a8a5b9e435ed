using Nexus.Core.Spec;
using Nexus.Manifests.ComposeImport;
using Nexus.Manifests.Tests.Exports;

namespace Nexus.Manifests.Tests.ComposeImport;

/// <summary>Compose has many words for true and false; a key means the same in all of them.</summary>
public sealed class BooleansTests
{
    private static readonly string[] Yes = ["true", "True", "'TRUE'", "y", "Y", "yes", "YES", "on", "'On'"];
    private static readonly string[] No = ["false", "False", "'FALSE'", "n", "N", "no", "'NO'", "off", "OFF"];

    public static TheoryData<string> Words => [.. Yes, .. No];

    [Theory]
    [MemberData(nameof(Words))]
    public void A_key_means_the_same_in_every_word(string word)
    {
        var isYes = Yes.Contains(word);
        var imported = Import($$"""
            services:
              web:
                image: a
                user: 1
                expose: [80]
                read_only: {{word}}
                init: {{word}}
                privileged: {{word}}
                tty: {{word}}
                env_file: [{path: gone.env, required: {{word}} }]
                healthcheck: {test: x, disable: {{word}} }
                volumes: ['data:/data', {type: bind, source: /b, target: /b, read_only: {{word}} }]
            volumes: {data: {external: {{word}} } }
            networks: {default: {internal: {{word}} } }
            """);

        Assert.Equal(isYes, imported.Problems.Any(p => p.Severity == SpecSeverity.Error)); // the file that is required
        string[] lost = ["services.web.privileged", "services.web.tty", "volumes.data.external", "networks.default.internal"];
        Assert.All(lost, key => Assert.Equal(isYes, imported.Problems.Any(p => p.Key == key)));
        Assert.Equal(!isYes, imported.Problems.Any(p => p.Key == "services.web.init"));
    }

    [Theory]
    [InlineData("yes", true, "none", "data")]
    [InlineData("OFF", false, "script", "p_data")]
    public void A_pool_is_made_by_them(string word, bool isReadOnly, string health, string volume)
    {
        var imported = Import($"services: {{web: {{image: a, user: 1, read_only: {word}, healthcheck: {{test: x, disable: {word}}}, "
            + $"volumes: [{{type: volume, source: data, target: /d, read_only: {word}}}]}}}}\nvolumes: {{data: {{external: {word}}}}}");

        Assert.True(imported.Yaml is not null, string.Join('\n', imported.Problems));
        var template = ExportSamples.Read(imported.Yaml).Pools.Single().Template;
        Assert.Equal((isReadOnly, health, volume, isReadOnly),
            (template.ReadOnly, $"{template.Health.Type}".ToLowerInvariant(), template.Volumes[0].Source, template.Volumes[0].ReadOnly));
    }

    [Theory]
    [InlineData("read_only: maybe")]
    [InlineData("init: '1'")]
    [InlineData("privileged: t")]
    public void Another_word_is_refused(string key) => Assert.Contains(
        Import($"services: {{web: {{image: a, {key}}}}}").Problems, p => p.Severity == SpecSeverity.Error && p.Message.EndsWith("allowed is true or false", StringComparison.Ordinal));

    private static ComposeImported Import(string text) => ComposeImportTests.Import(text);
}
