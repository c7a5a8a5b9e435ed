using Microsoft.Extensions.Logging;

namespace Nexus.Hosting.Tests.Fixtures;

/// <summary>Writes what an application logs to the output of the test that made this, which is shown when the test fails.</summary>
internal sealed class TestOutputLogging : ILoggerProvider
{
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public ILogger CreateLogger(string categoryName) => new Logger(_output, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(ITestOutputHelper? output, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => output is not null && logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            try
            {
                output?.WriteLine($"{category}: {formatter(state, exception)} {exception}".TrimEnd());
            }
            catch (InvalidOperationException)
            {
                // The test has ended, and its output with it.
            }
        }
    }
}
