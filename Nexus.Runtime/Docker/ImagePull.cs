using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace Nexus.Runtime.Docker;

/// <summary>Makes images present. A registry's refusal is passed on in its own words.</summary>
internal sealed partial class ImagePull(DockerEngine engine, ILogger logger)
{
    public async Task EnsureAsync(string image, CancellationToken cancellationToken)
    {
        if (await IsPresentAsync(image, cancellationToken))
        {
            return;
        }

        LogPulling(image);
        string? error = null;
        var progress = new DirectProgress<JSONMessage>(message =>
        {
            error ??= message.Error?.Message;
            LogProgress(image, message.ID, message.Status, message.Progress?.Current, message.Progress?.Total);
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

        LogPulled(image);
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
        new(image, $"Image {image} is neither on this node nor can be pulled: {words}", cause);

    [LoggerMessage(2001, LogLevel.Information, "Pulling image {Image}.")]
    private partial void LogPulling(string image);

    [LoggerMessage(2002, LogLevel.Debug, "Pulling image {Image}: layer {Layer} {Status} {Current}/{Total}.")]
    private partial void LogProgress(string image, string? layer, string? status, long? current, long? total);

    [LoggerMessage(2003, LogLevel.Information, "Image {Image} is present.")]
    private partial void LogPulled(string image);
}
