using System.Text.RegularExpressions;
using Nexus.Core.Spec;

namespace Nexus.Manifests.Tests.Exports;

public sealed partial class KeyFatesTests
{
    public static TheoryData<string> Targets => ["Kubernetes", "Compose"];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_key_of_the_spec_is_decided_on(string target)
    {
        var fates = target == "Kubernetes" ? Manifests.Kubernetes.KubernetesKeys.Fates.Keys : Manifests.ComposeExport.ComposeKeys.Fates.Keys;
        var keys = RowKey().Matches(SpecSchema.ToMarkdown()).Select(match => match.Groups["key"].Value).ToList();
        Assert.True(keys.Count > 60, $"only {keys.Count} keys found");

        var undecided = keys
            .Where(key => !keys.Exists(other => other.StartsWith($"{key}.", StringComparison.Ordinal) || other.StartsWith($"{key}[", StringComparison.Ordinal)))
            .Where(key => !fates.Any(fate => key == fate || key.StartsWith($"{fate}.", StringComparison.Ordinal) || key.StartsWith($"{fate}[", StringComparison.Ordinal)
                || $"{key}[]" == fate));

        Assert.Empty(undecided);
    }

    [Fact]
    public void A_key_that_nobody_decided_on_is_warned_of()
    {
        var warnings = new Manifests.Exports.ExportWarnings(SpecPlaces.Of(ExportSamples.Full));
        var spec = ExportSamples.Read(ExportSamples.Full);

        new Manifests.Exports.KeyFates("nowhere").Carried("worker_pools").Judge(spec, SpecPlaces.Of(ExportSamples.Full), spec.Pools, warnings);

        Assert.Contains(warnings.ToImmutable(), w => w.Key == "gateway.slow_start" && w.Message == "has no counterpart in nowhere" && w.Line == 35);
    }

    [GeneratedRegex(@"^\| `(?<key>[^`]+)`", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RowKey();
}
