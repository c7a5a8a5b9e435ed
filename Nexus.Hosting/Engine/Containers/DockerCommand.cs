using System.Diagnostics;
using Aspire.Hosting;
using Nexus.Hosting.Engine.Launch;

namespace Nexus.Hosting.Engine.Containers;

/// <summary>The docker command line: it knows the user's engine, context and credentials better than we could.</summary>
internal sealed class DockerCommand(string path)
{
    public const string OwnerLabel = "nexus.hosting.owner";
    public const string ResourceLabel = "nexus.hosting.resource";
    public const string PersistentLabel = "nexus.hosting.persistent";

    // A hung engine must not hold up what does not need it.
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);

    public string Path => path;

    /// <summary>The command, when this machine has it.</summary>
    public static DockerCommand? Find() => CommandFinder.Find("docker", "/") is { } found ? new DockerCommand(found) : null;

    /// <summary>Runs one command and gives its output; throws with what it says when it fails.</summary>
    public async Task<string> RunAsync(
        IEnumerable<string> args, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (exitCode, output, errors) = await TryRunAsync(args, cancellationToken, environment);
        return exitCode == 0 ? output : throw new DistributedApplicationException($"docker: {errors.Trim()}");
    }

    /// <summary>Runs one command and gives its exit code and output.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> TryRunAsync(
        IEnumerable<string> args, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(path, args)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Removes the owner's containers, except those that are to outlive a run, and names their resources.</summary>
    public async Task<IReadOnlyList<string>> RemoveOwnedAsync(string owner, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(QueryTimeout);
        try
        {
            var (exitCode, output, _) = await TryRunAsync(
                ["ps", "--all", "--filter", $"label={OwnerLabel}={owner}", "--format",
                    $"{{{{.ID}}}}\t{{{{.Label \"{ResourceLabel}\"}}}}\t{{{{.Label \"{PersistentLabel}\"}}}}"],
                limit.Token);
            var found = exitCode != 0 ? [] : output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('\t')).Where(columns => columns is [_, _, ""] or [_, _]).ToList();
            if (found.Count > 0)
            {
                var (removed, _, error) = await TryRunAsync(["rm", "--force", "--volumes", .. found.Select(columns => columns[0])], limit.Token);
                if (removed != 0 && error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Any(line => !IsGoneAnyway(line)))
                {
                    throw new DistributedApplicationException($"docker: {error.Trim()}");
                }
            }

            return [.. found.Select(columns => columns[1])];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // No engine answers, so nothing of ours can be told from it; a resource that needs it will say so.
            return [];
        }
    }

    // Another removal of ours, or a person's, was faster.
    private static bool IsGoneAnyway(string line) =>
        line.Contains("is already in progress", StringComparison.Ordinal) || line.Contains("No such container", StringComparison.Ordinal);
}
