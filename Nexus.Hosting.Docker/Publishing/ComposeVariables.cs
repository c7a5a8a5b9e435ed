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

    /// <summary>The place of the image that a resource is built as; it counts once it is captured.</summary>
    public static string PlaceOfImage(IResource resource) => Place(NameOfImage(resource));

    /// <summary>Leaves the image that a resource is built as to whoever rolls out.</summary>
    public void CaptureImage(IResource resource) => Capture(new CapturedEnvironmentVariable
    {
        Name = NameOfImage(resource),
        Description = $"Container image of {resource.Name}",
        Resource = resource,
    });

    /// <summary>The place of the dashboard's image.</summary>
    public string DashboardImage(string service) => Capture(new CapturedEnvironmentVariable
    {
        Name = $"{NameOf(service)}_IMAGE",
        Description = "Container image of the Aspire dashboard",
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
        return Place(variable.Name);
    }

    private static string Place(string variable) => $"${{{variable}}}";

    private static string NameOfImage(IResource resource) => $"{NameOf(resource.Name)}_IMAGE";
}
