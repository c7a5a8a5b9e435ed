using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Docker.Publishing;

/// <summary>The variables that a compose file leaves open.</summary>
internal sealed class ComposeVariables(DockerComposeEnvironmentResource environment)
{
    /// <summary>The place of a parameter's value. A secret's own value is nowhere near it.</summary>
    public string Of(ParameterResource parameter) => Capture(new CapturedEnvironmentVariable
    {
        Name = NameOf(parameter.Name),
        Description = parameter.Description ?? $"{(parameter.Secret ? "The secret" : "Parameter")} {parameter.Name}",
        DefaultValue = parameter.Secret || parameter.Default is GenerateParameterDefault ? null : parameter.Default?.GetDefaultValue(),
        Source = parameter,
        Resource = parameter,
    });

    /// <summary>The place of the image that a resource is built as.</summary>
    public string ImageOf(IResource resource) => Capture(new CapturedEnvironmentVariable
    {
        Name = $"{NameOf(resource.Name)}_IMAGE",
        Description = $"Container image of {resource.Name}",
        Resource = resource,
    });

    /// <summary>The place of the port that a resource listens on inside its container.</summary>
    public string PortOf(IResource resource) => Capture(new CapturedEnvironmentVariable
    {
        Name = $"{NameOf(resource.Name)}_PORT",
        Description = $"Port of {resource.Name} inside its container",
        DefaultValue = "8080",
        Resource = resource,
    });

    /// <summary>A name as variables have them.</summary>
    public static string NameOf(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            text.Append(char.IsAsciiLetterOrDigit(letter) ? char.ToUpperInvariant(letter) : '_');
        }

        return text.ToString();
    }

    private string Capture(CapturedEnvironmentVariable variable)
    {
        environment.Variables.TryAdd(variable.Name, variable);
        return $"${{{variable.Name}}}";
    }
}
