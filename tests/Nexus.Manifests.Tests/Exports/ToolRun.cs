using System.Diagnostics;

namespace Nexus.Manifests.Tests.Exports;

/// <summary>A run of a program outside, which judges what we write.</summary>
internal sealed record ToolRun(int Code, string Out, string Error)
{
    public static async Task<ToolRun> RunAsync(string program, string[] args, string input = "")
    {
        var token = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo(program, args)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(token);
        var error = process.StandardError.ReadToEndAsync(token);
        await process.StandardInput.WriteAsync(input.AsMemory(), token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(token);
        return new ToolRun(process.ExitCode, await output, await error);
    }
}
