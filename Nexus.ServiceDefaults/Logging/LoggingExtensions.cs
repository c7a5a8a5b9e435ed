using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Serilog;
using Serilog.Core;
using Serilog.Formatting.Compact;

namespace Nexus.ServiceDefaults.Logging;

internal static class LoggingExtensions
{
    /// <summary>Lowest in the configuration, so that any file, variable or argument goes before it.</summary>
    private static readonly Dictionary<string, string?> DefaultLevels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        // A failing check would say so at every probe; its state is in the answer.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
        // One with a stack trace for each attempt that fails: just when a gateway has the least time for them. The gateway counts them by
        // outcome, and logs what follows from them.
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "Error",
    };

    public static void AddDefaultLogging(this IHostApplicationBuilder builder, string serviceName)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = DefaultLevels });
        builder.Logging.ClearProviders();
        builder.AddConsoleLog();
        builder.AddFileLog(serviceName);
    }

    private static void AddConsoleLog(this IHostApplicationBuilder builder)
    {
        builder.Logging.AddConsole();
        var formatter = builder.Configuration["Logging:Console:FormatterName"]
            ?? (builder.Environment.IsProduction() ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple);
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.FormatterName = formatter);
        builder.Services.Configure<JsonConsoleFormatterOptions>(options =>
        {
            options.IncludeScopes = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        builder.Services.Configure<SimpleConsoleFormatterOptions>(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss.fff ";
        });
    }

    private static void AddFileLog(this IHostApplicationBuilder builder, string serviceName)
    {
        var options = builder.Configuration.GetSection(FileLogOptions.Section).Get<FileLogOptions>();
        if (!string.IsNullOrWhiteSpace(options?.Path))
        {
            AddSerilog(builder.Logging, options, serviceName);
        }
    }

    /// <summary>A method of its own: whoever writes no file does not load Serilog.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddSerilog(ILoggingBuilder logging, FileLogOptions options, string serviceName) =>
        logging.AddSerilog(CreateFileLogger(options, serviceName, Console.Error), dispose: true);

    internal static Logger CreateFileLogger(FileLogOptions options, string serviceName, TextWriter error)
    {
        var path = options.ResolvePath(serviceName);
        return new LoggerConfiguration()
            .MinimumLevel.Verbose() // The levels are ILogger's business.
            .Enrich.FromLogContext()
            .WriteTo.Fallible(
                sink => sink.File(
                    new CompactJsonFormatter(),
                    path,
                    fileSizeLimitBytes: options.FileSizeLimitBytes,
                    rollOnFileSizeLimit: true,
                    rollingInterval: RollingInterval.Day,
                    retainedFileCountLimit: options.RetainedFileCount),
                new FileLogFailures(path, error))
            .CreateLogger();
    }
}
