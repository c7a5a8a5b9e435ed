using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Nexus.Runtime.Docker;

/// <summary>
/// Creates, starts, stops and removes containers so that each step may be done twice, by two callers at once or after a
/// crash in between.
/// </summary>
internal sealed class ContainerLifecycle(DockerEngine engine, DockerRuntimeOptions options, ContainerHalts halts, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    // Two starts of one allocation must not overlap; those of different ones should.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 32).Select(_ => new SemaphoreSlim(1))];

    /// <summary>The container, if it exists and is of our cluster and node. Anything else does not exist for us.</summary>
    public async Task<ContainerInspectResponse?> FindOwnAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        try
        {
            var container = await engine.AskAsync(
                client => client.Containers.InspectContainerAsync(id.Value, cancellationToken), cancellationToken);
            return ContainerLabels.AreOurs(container.Config?.Labels, options) ? container : null;
        }
        catch (DockerContainerNotFoundException)
        {
            return null;
        }
    }

    public async Task<WorkloadId> StartAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        var gate = _gates[(uint)StringComparer.Ordinal.GetHashCode(spec.Allocation.Value) % _gates.Length];
        await gate.WaitAsync(cancellationToken);
        try
        {
            var present = await FindAttemptAsync(spec, cancellationToken);
            var id = present is null ? await CreateAsync(spec, cancellationToken) : new WorkloadId(present.ID);
            if (present is null or { State: "created" })
            {
                await StartCreatedAsync(spec, id, cancellationToken);
            }

            return id;
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task StopAsync(WorkloadId id, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (await FindOwnAsync(id, cancellationToken) is not { State: { Running: true } state } container)
        {
            return;
        }

        if (grace > TimeSpan.Zero)
        {
            if (state.Paused)
            {
                await IfPresentAsync(client => client.Containers.UnpauseContainerAsync(id.Value, cancellationToken), cancellationToken);
            }

            var signal = container.Config?.StopSignal is { Length: > 0 } own ? own : "SIGTERM";
            await SignalAsync(id, signal, cancellationToken);
            halts.TryResume(container); // to hear the signal
            if (await WaitEndedAsync(id, grace, cancellationToken))
            {
                return;
            }
        }

        await SignalAsync(id, "SIGKILL", cancellationToken);
        if (!await WaitEndedAsync(id, KillPatience, cancellationToken))
        {
            throw new RuntimeUnavailableException($"Container {id} still runs {KillPatience} after SIGKILL.");
        }
    }

    public async Task RemoveAsync(WorkloadId id, CancellationToken cancellationToken)
    {
        var parameters = new ContainerRemoveParameters { Force = true, RemoveVolumes = true };
        while (await FindOwnAsync(id, cancellationToken) is not null)
        {
            try
            {
                await engine.AskAsync(
                    client => client.Containers.RemoveContainerAsync(id.Value, parameters, cancellationToken), cancellationToken);
            }
            catch (DockerContainerNotFoundException)
            {
                return;
            }
            catch (DockerApiException)
            {
                await Task.Delay(Poll, time, cancellationToken); // a conflict: another is removing it
            }
        }
    }

    public void Dispose() => Array.ForEach(_gates, gate => gate.Dispose());

    private async Task<ContainerListResponse?> FindAttemptAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters { All = true, Filters = ContainerLabels.Filter(options, spec) };
        var found = await engine.AskAsync(
            client => client.Containers.ListContainersAsync(parameters, cancellationToken), cancellationToken);
        return found.FirstOrDefault();
    }

    private async Task<WorkloadId> CreateAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        var parameters = ContainerBlueprint.Compute(spec, options);
        try
        {
            var created = await engine.AskAsync(
                client => client.Containers.CreateContainerAsync(parameters, cancellationToken),
                cancellationToken,
                refusal: e => e.StatusCode == HttpStatusCode.Conflict ? e : RefusedCreation(spec, e));
            return new WorkloadId(created.ID);
        }
        catch (DockerApiException e)
        {
            // The name is taken: by another agent that starts the same, or by a stranger.
            return await FindAttemptAsync(spec, cancellationToken) is { } other ? new WorkloadId(other.ID) : throw Refused(spec, e);
        }
    }

    private async Task StartCreatedAsync(WorkloadSpec spec, WorkloadId id, CancellationToken cancellationToken)
    {
        try
        {
            await engine.AskAsync(
                client => client.Containers.StartContainerAsync(id.Value, new ContainerStartParameters(), cancellationToken),
                cancellationToken,
                refusal: e => Refused(spec, e));
        }
        catch (WorkloadStartException)
        {
            // What cannot start once will not the next time; its attempt leaves nothing behind.
            await RemoveAsync(id, cancellationToken);
            throw;
        }
    }

    private Task SignalAsync(WorkloadId id, string signal, CancellationToken cancellationToken) =>
        IfPresentAsync(
            client => client.Containers.KillContainerAsync(
                id.Value, new ContainerKillParameters { Signal = signal }, cancellationToken),
            cancellationToken);

    // Not found and conflict both mean: it does not run (any more), which is what was wanted.
    private async Task IfPresentAsync(Func<IDockerClient, Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await engine.AskAsync(ask, cancellationToken);
        }
        catch (DockerApiException)
        {
        }
    }

    private async Task<bool> WaitEndedAsync(WorkloadId id, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await engine.AskAsync(client => client.Containers.WaitContainerAsync(id.Value, either.Token), either.Token);
            return true;
        }
        catch (DockerContainerNotFoundException)
        {
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Exception RefusedCreation(WorkloadSpec spec, DockerApiException cause)
    {
        var image = spec.Template.Image;
        return cause.StatusCode == HttpStatusCode.NotFound
            ? new ImageUnavailableException(image, $"Image {image} is not on this node: {DockerEngine.Words(cause)}", cause)
            : Refused(spec, cause);
    }

    private static WorkloadStartException Refused(WorkloadSpec spec, DockerApiException cause)
    {
        var words = DockerEngine.Words(cause);
        var taken = spec.Template.HostPort is not null
            && (words.Contains("already allocated", StringComparison.OrdinalIgnoreCase)
                || words.Contains("address already in use", StringComparison.OrdinalIgnoreCase));
        return new(
            taken
                ? $"{spec.Allocation} could not be started: its host_port {spec.Template.HostPort} is taken on this node ({words})."
                : $"{spec.Allocation} could not be started: {words}",
            cause);
    }
}
