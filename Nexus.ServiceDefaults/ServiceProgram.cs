using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Nexus.ServiceDefaults;

/// <summary>Runs a service, and says in one line what keeps it from starting where a person has to mend that.</summary>
public static class ServiceProgram
{
    /// <summary>Builds and runs the service until it is stopped.</summary>
    /// <param name="build">Builds it.</param>
    /// <param name="errors">Where to say what is wrong.</param>
    /// <returns>The exit code: 0, or 1 when it could not start.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build, TextWriter errors)
    {
        ArgumentNullException.ThrowIfNull(build);
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            await using var app = build();
            await app.RunAsync();
            return 0;
        }
        catch (OptionsValidationException wrong)
        {
            await errors.WriteLineAsync($"error: {string.Join("; ", wrong.Failures)}");
        }
        catch (IOException wrong) when (wrong.InnerException is AddressInUseException)
        {
            await errors.WriteLineAsync($"error: {wrong.Message.TrimEnd('.')}. Stop what listens there, or choose another address (ASPNETCORE_URLS).");
        }
        catch (SocketException wrong) when (wrong.SocketErrorCode is SocketError.AccessDenied or SocketError.AddressNotAvailable)
        {
            await errors.WriteLineAsync($"error: cannot listen: {wrong.Message}. Choose another address (ASPNETCORE_URLS), or allow this one.");
        }

        return 1;
    }
}
