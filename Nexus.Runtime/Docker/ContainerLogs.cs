using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Nexus.Runtime.Docker;

/// <summary>A container's output as lines: the engine sends both streams interleaved in frames that keep no line together.</summary>
internal sealed class ContainerLogs(DockerEngine engine)
{
    public async Task<ImmutableArray<string>> TailAsync(WorkloadId id, int lines, CancellationToken cancellationToken)
    {
        var result = new List<string>();
        await foreach (var line in ReadAsync(id, lines, follow: false, cancellationToken))
        {
            result.Add(line);
        }

        return [.. result.Skip(result.Count - lines)];
    }

    public async IAsyncEnumerable<string> ReadAsync(
        WorkloadId id, int tail, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parameters = new ContainerLogsParameters
        {
            ShowStdout = true,
            ShowStderr = true,
            Follow = follow,
            Tail = tail.ToString(CultureInfo.InvariantCulture),
        };
        using var stream = await engine.AskAsync(
            client => client.Containers.GetContainerLogsAsync(id.Value, parameters, cancellationToken), cancellationToken);
        var output = new LineDecoder();
        var error = new LineDecoder();
        var buffer = new byte[8 * 1024];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } piece)
        {
            var decoder = piece.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            foreach (var line in decoder.Push(buffer.AsSpan(0, piece.Count)))
            {
                yield return line;
            }
        }

        foreach (var rest in new[] { output.Flush(), error.Flush() }.OfType<string>())
        {
            yield return rest;
        }
    }
}
