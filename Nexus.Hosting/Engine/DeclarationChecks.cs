using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine;

/// <summary>What must be right before anything is started or written.</summary>
internal static class DeclarationChecks
{
    private const string Parameters = "Parameters:";

    /// <summary>The parameters that a command line gives a value.</summary>
    public static IReadOnlyList<string> ParametersIn(IEnumerable<string> args) =>
    [
        .. args.Select(arg => arg.TrimStart('-', '/').Split('=')[0])
            .Where(key => key.StartsWith(Parameters, StringComparison.OrdinalIgnoreCase))
            .Select(key => key[Parameters.Length..]),
    ];

    /// <summary>Refuses wrong settings, and values for parameters that do not exist.</summary>
    /// <exception cref="DistributedApplicationException">Something is wrong; the message says what is allowed.</exception>
    public static void Require(EngineContext context)
    {
        if (context.Settings.Problem is { } problem)
        {
            throw new DistributedApplicationException(problem);
        }

        // A name that is misspelt would leave the parameter with its default, and nobody would know.
        var parameters = context.Model.Resources.OfType<ParameterResource>().ToList();
        var unknown = context.Settings.GivenParameters.Where(given => !parameters.Exists(p => IsMeant(p, given))).ToList();
        if (unknown.Count > 0)
        {
            var there = parameters.Count == 0 ? "this application has none" : $"there are: {string.Join(", ", parameters.Select(p => p.Name))}";
            throw new DistributedApplicationException(
                string.Join(Environment.NewLine, unknown.Select(name => $"--{Parameters}{name}: there is no parameter '{name}'; {there}.")));
        }
    }

    private static bool IsMeant(ParameterResource parameter, string given) =>
        Same(parameter.Name, given) || Same(parameter.ConfigurationKey, Parameters + given);

    private static bool Same(string? name, string given) =>
        string.Equals(name?.Replace('-', '_'), given.Replace('-', '_'), StringComparison.OrdinalIgnoreCase);
}
