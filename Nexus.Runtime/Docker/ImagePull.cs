using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Nexus.Runtime.Docker;

/// <summary>Makes images present. A registry's refusal is passed on in its own words.</summary>
internal sealed class ImagePull(DockerEngine engine, ILogger logger)
{
    public async Task EnsureAsync(string image, CancellationToken cancellationToken)
    {
        if (await IsPresentAsync(image, cancellationToken))
        {
            return;
        }

        logger.Pulling(image);
        string? error = null;
        var progress = new DirectProgress<JSONMessage>(message =>
        {
            error ??= message.Error?.Message;
            logger.PullProgress(image, message.ID, message.Status, message.Progress?.Current, message.Progress?.Total);
        });
        var parameters = new ImagesCreateParameters { FromImage = WithTag(image) };
        try
        {
            await engine.AskAsync(
                client => client.Images.CreateImageAsync(parameters, authConfig: null, progress, cancellationToken),
                cancellationToken,
                refusal: e => Unavailable(image, DockerEngine.Words(e), e));
        }
        catch (RuntimeUnavailableException) when (error is not null)
        {
            throw Unavailable(image, error, cause: null);
        }

        if (error is not null || !await IsPresentAsync(image, cancellationToken))
        {
            throw Unavailable(image, error ?? "the pull ended without it.", cause: null);
        }

        logger.Pulled(image);
    }

    /// <summary>Names it fully: asked for a bare name, the engine would pull every tag of it.</summary>
    public static string WithTag(string image) =>
        image.Contains('@') || image[(image.LastIndexOf('/') + 1)..].Contains(':') ? image : $"{image}:latest";

    private async Task<bool> IsPresentAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            await engine.AskAsync(client => client.Images.InspectImageAsync(image, cancellationToken), cancellationToken);
            return true;
        }
        catch (DockerImageNotFoundException)
        {
            return false;
        }
    }

    private static ImageUnavailableException Unavailable(string image, string words, Exception? cause) =>
        new(image, $"{image} is not on this node and cannot be pulled: {words}", cause);
}
