using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace Nexus.Hosting.Engine.Publishing;

/// <summary>What the command line asks of a publish.</summary>
/// <param name="Step">The step that is carried out, with all that must come before it.</param>
/// <param name="OutputPath">The folder that the files end up in.</param>
internal sealed record PublishSettings(string Step, string OutputPath)
{
    public const string OperationKey = "AppHost:Operation";
    public const string StepKey = "Pipeline:Step";
    public const string OutputPathKey = "Pipeline:OutputPath";

    /// <summary>The names that the command line knows these keys by.</summary>
    public static IReadOnlyDictionary<string, string> Switches { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["--operation"] = OperationKey,
        ["--step"] = StepKey,
        ["--output-path"] = OutputPathKey,
    };

    /// <summary>Why the application is evaluated; false when the configuration says something else than run or publish.</summary>
    public static bool TryReadOperation(IConfiguration configuration, out DistributedApplicationOperation operation)
    {
        operation = DistributedApplicationOperation.Run;
        return configuration[OperationKey] is null or ""
            || (Enum.TryParse(configuration[OperationKey], ignoreCase: true, out operation) && Enum.IsDefined(operation));
    }

    public static string RefusedOperation(IConfiguration configuration) =>
        $"--operation: found '{configuration[OperationKey]}'; allowed are run and publish.";

    public static PublishSettings From(IConfiguration configuration) => new(
        configuration[StepKey] is { Length: > 0 } step ? step : "publish",
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(configuration[OutputPathKey] is { Length: > 0 } path ? path : "aspire-output")));
}
