using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexus.Hosting.Engine.Output;

/// <summary>Hands what the resources write to the application's own logging, each under a category of its own.</summary>
internal static class LogForwarder
{
    public static void Attach(EngineContext context)
    {
        var loggers = context.Services.GetRequiredService<ILoggerFactory>();
        var application = context.Services.GetRequiredService<IHostEnvironment>().ApplicationName;
        context.Logs.LineWritten += (id, line) => loggers.CreateLogger($"{application}.Resources.{id}").Log(
            line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, default, line, null,
            static (written, _) => $"{written.LineNumber}: {written.Content}");
    }
}
