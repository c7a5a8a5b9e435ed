using Aspire.Hosting.ApplicationModel;

namespace Nexus.Hosting.Engine.Output;

/// <summary>What the user sees: the log files, and on the console the progress and the closing table. A test sees nothing.</summary>
internal sealed class ApplicationOutput : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly ResourceLogFiles? _files;
    private readonly ProgressConsole? _console;
    private readonly Task _progress;

    private ApplicationOutput(EngineContext context)
    {
        if (context.Settings.ForwardsLogs)
        {
            LogForwarder.Attach(context);
        }

        if (context.Settings.IsTest)
        {
            _progress = Task.CompletedTask;
            return;
        }

        _files = new ResourceLogFiles(context.Settings.LogDirectory, context.Logs);
        _console = new ProgressConsole(context, Console.Out);
        _console.Say($"Logs: {context.Settings.LogDirectory}");
        _progress = _console.RunAsync(_closing.Token);
    }

    public static ApplicationOutput Start(EngineContext context) => new(context);

    public void Say(string line) => _console?.Say(line);

    /// <summary>Says nothing more on the console.</summary>
    public void Mute() => _console?.Mute();

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _progress;
        _files?.Dispose();
        _closing.Dispose();
    }
}

/// <summary>Writes each resource's log to a file of its own, fresh for every run.</summary>
internal sealed class ResourceLogFiles : IDisposable
{
    private readonly string _directory;
    private readonly ResourceLoggerService _logs;
    private readonly Dictionary<string, StreamWriter> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();
    private bool _closed;

    public ResourceLogFiles(string directory, ResourceLoggerService logs)
    {
        _directory = directory;
        _logs = logs;
        Directory.CreateDirectory(directory);
        logs.LineWritten += Write;
    }

    public void Dispose()
    {
        _logs.LineWritten -= Write;
        lock (_gate)
        {
            _closed = true;
            foreach (var file in _files.Values)
            {
                file.Dispose();
            }
        }
    }

    private void Write(string resourceId, LogLine line)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (!_files.TryGetValue(resourceId, out var file))
            {
                file = new StreamWriter(Path.Combine(_directory, $"{resourceId}.log"), append: false) { AutoFlush = true };
                _files[resourceId] = file;
            }

            file.WriteLine(line.Content);
        }
    }
}
