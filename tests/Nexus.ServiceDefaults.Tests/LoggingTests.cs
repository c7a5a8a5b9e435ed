using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Nexus.ServiceDefaults.Logging;

namespace Nexus.ServiceDefaults.Tests;

public sealed class LoggingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nexus-log");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("Production", null, ConsoleFormatterNames.Json)]
    [InlineData("Development", null, ConsoleFormatterNames.Simple)]
    [InlineData("Production", "systemd", ConsoleFormatterNames.Systemd)]
    public async Task The_environment_chooses_the_console_format_and_the_configuration_goes_first(
        string environment, string? configured, string expected)
    {
        await using var app = await TestApp.StartAsync(
            Cancel,
            new() { ["Logging:Console:FormatterName"] = configured },
            builder => builder.Environment.EnvironmentName = environment);

        Assert.Equal(
            expected, app.App.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
    }

    [Fact]
    public async Task Chatty_categories_start_at_Warning_and_the_configuration_can_lower_them()
    {
        await using var app = await TestApp.StartAsync(
            Cancel, new() { ["Logging:LogLevel:Yarp"] = "Debug", ["Logging:Console:LogLevel:Default"] = null });
        var loggers = app.App.Services.GetRequiredService<ILoggerFactory>();

        Assert.False(loggers.CreateLogger("Microsoft.AspNetCore.Hosting").IsEnabled(LogLevel.Information));
        Assert.False(loggers.CreateLogger("System.Net.Http.HttpClient").IsEnabled(LogLevel.Information));
        Assert.True(loggers.CreateLogger("Nexus.Gateway").IsEnabled(LogLevel.Information));
        Assert.True(loggers.CreateLogger("Yarp.ReverseProxy").IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public async Task A_folder_gets_a_file_of_the_service_and_the_day_one_JSON_line_an_event()
    {
        await using (var app = await TestApp.StartAsync(Cancel, new() { ["Logging:File:Path"] = _folder.FullName + "/" }))
        {
            var logger = app.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Nexus.Test");
            logger.Note("pool web lost one replica");
        }

        var file = Assert.Single(_folder.GetFiles());
        Assert.Matches(@"^under-test-\d{8}\.log$", file.Name);
        var line = Assert.Single(
            await File.ReadAllLinesAsync(file.FullName, Cancel), line => line.Contains("lost", StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("Nexus.Test", json.RootElement.GetProperty("SourceContext").GetString());
    }

    [Fact]
    public async Task Files_roll_at_the_size_and_old_ones_go()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Logging:File:Path"] = Path.Combine(_folder.FullName, "small.log"),
            ["Logging:File:FileSizeLimitBytes"] = "2000",
            ["Logging:File:RetainedFileCount"] = "3",
        };
        await using (var app = await TestApp.StartAsync(Cancel, settings))
        {
            var logger = app.App.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Nexus.Test");
            for (var i = 0; i < 100; i++)
            {
                logger.Note(new string('x', 100));
            }
        }

        Assert.Equal(3, _folder.GetFiles().Length);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_one_message_and_the_service_goes_on()
    {
        var notAFolder = Path.Combine(_folder.FullName, "taken");
        await File.WriteAllTextAsync(notAFolder, "", Cancel);
        var error = new StringWriter();
        var options = new FileLogOptions { Path = Path.Combine(notAFolder, "nexus") + "/" };

        using (var logger = LoggingExtensions.CreateFileLogger(options, "under-test", error))
        {
            logger.Warning("first");
            logger.Warning("second");
        }

        var message = Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(Path.Combine(notAFolder, "nexus", "under-test-.log"), message, StringComparison.Ordinal);
        Assert.Contains("Logging:File:Path", message, StringComparison.Ordinal);
        Assert.Contains("Could not find a part of the path", message, StringComparison.Ordinal);
        await using var app = await TestApp.StartAsync(Cancel, new() { ["Logging:File:Path"] = options.Path });
        Assert.Contains("Healthy", await app.Client.GetStringAsync("/health", Cancel), StringComparison.Ordinal);
    }
}
