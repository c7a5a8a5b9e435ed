using System.Text;
using CsCheck;
using k8s;
using k8s.Models;
using static Nexus.Manifests.Tests.Exports.ExportSamples;

namespace Nexus.Manifests.Tests.Kubernetes;

/// <summary>Dollars reach the container as they are in the spec, though Kubernetes has a use for some.</summary>
public sealed class PodTextTests
{
    private static readonly Gen<string> Text = Gen.Char["$$$()A{ "].Array[1, 12].Select(characters => new string(characters));

    [Theory]
    [InlineData("$A", "$A", "one alone is text")]
    [InlineData("$$A", "$$$$A", "two would become one")]
    [InlineData("a$$$", "a$$$$$$", "a run of three")]
    [InlineData("$(A)", "$$(A)", "a variable")]
    [InlineData("$$(A)", "$$$$(A)", "a dollar and a variable")]
    [InlineData("$(", "$$(", "an open bracket")]
    [InlineData("p$", "p$", "the last character")]
    public void A_text_is_written_so_that_it_is_the_same_after_expansion(string text, string expected, string because)
    {
        var container = Container($"env: {{A: '{text}'}}\ncommand: ['{text}']\nhealth: {{command: ['{text}']}}");

        Assert.True(container.Env[0].Value == expected, because);
        Assert.Equal([expected, expected], [container.Args[0], container.ReadinessProbe.Exec.Command[0]]);
        Assert.Equal(text, Expanded(expected));
    }

    [Fact]
    public void Every_text_is_the_same_after_expansion() => Text.Where(text => text.Trim().Length > 0).Sample(
        text => Assert.Equal(text, Expanded(Container($"command: ['{text}']").Args[0])), iter: 300);

    private static V1Container Container(string keys) => KubernetesYaml.LoadAllFromString(string.Concat(ToKubernetes(OnePool(keys)).Files.Select(file => $"---\n{file.Content}")))
        .OfType<V1Deployment>().Single().Spec.Template.Spec.Containers[0];

    // The rule as the API's reference has it: $(NAME) is replaced if the bracket closes, $$ is one dollar, all else stays.
    private static string Expanded(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var close = text.IndexOf(')', i);
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '$')
            {
                result.Append('$');
                i++;
            }
            else if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '(' && close > 0)
            {
                result.Append("[replaced]");
                i = close;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
