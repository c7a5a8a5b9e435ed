using System.Text;

namespace Nexus.Cli.Specs;

/// <summary>The text of a spec file, or one clear message why there is none.</summary>
/// <param name="Name">As the user named it, so that problems point where editors find it.</param>
/// <param name="Yaml">The document.</param>
internal sealed record SpecFile(string Name, string Yaml)
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "<stdin>";

    /// <summary>More than any spec that the state store takes; keeps a device file from filling the memory.</summary>
    private const int MaxBytes = 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    public static Task<SpecFile> ReadAsync(string name, Surroundings surroundings, CancellationToken cancellationToken) =>
        ReadAsync(name, surroundings, "a spec names its pools under worker_pools, or says worker_pools: none", cancellationToken);

    /// <summary>Reads a file, or standard input for <c>-</c>.</summary>
    /// <param name="name">As the user named it.</param>
    /// <param name="surroundings">Where relative paths start, and standard input.</param>
    /// <param name="least">What a file that is not empty has at least; null where it may be empty.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<SpecFile> ReadAsync(
        string name, Surroundings surroundings, string? least, CancellationToken cancellationToken)
    {
        var display = name == "-" ? StandardInput : name;
        var bytes = await BytesAsync(name, surroundings, cancellationToken);
        try
        {
            var text = Strict.GetString(bytes);
            text = text.StartsWith('\uFEFF') ? text[1..] : text;
            return least is not null && string.IsNullOrWhiteSpace(text)
                ? throw new CommandFailedException(ExitCode.SpecInvalid, $"{display} is empty; {least}.")
                : new SpecFile(display, text);
        }
        catch (DecoderFallbackException bad)
        {
            var line = bytes.AsSpan(0, Math.Max(0, bad.Index)).Count((byte)'\n') + 1;
            throw new CommandFailedException(
                ExitCode.SpecInvalid, $"{display}:{line}: is not UTF-8 text from here on. Save the file as UTF-8.", bad);
        }
    }

    private static async Task<byte[]> BytesAsync(string name, Surroundings surroundings, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(name, surroundings.WorkingDirectory);
        if (name != "-" && Directory.Exists(path))
        {
            throw new CommandFailedException(ExitCode.Usage, $"{name} is a directory. Name a spec file in it, like {Path.Combine(name, "nexus.yaml")}.");
        }

        try
        {
            await using var stream = name == "-" ? surroundings.OpenStandardInput() : File.OpenRead(path);
            var buffer = new byte[MaxBytes + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return length <= MaxBytes
                ? buffer[..length]
                : throw new CommandFailedException(ExitCode.Usage, $"{name} is larger than 1 MB. Is it a spec file?");
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{name} does not exist (looked for {path}).", none);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{name} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
