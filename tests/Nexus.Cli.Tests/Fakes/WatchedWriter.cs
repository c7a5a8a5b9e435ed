using System.Text;

namespace Nexus.Cli.Tests.Fakes;

/// <summary>Keeps what is written and lets a test wait for it.</summary>
internal sealed class WatchedWriter : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private TaskCompletionSource _written = New();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Append(value.ToString());

    public override void Write(string? value) => Append(value ?? "");

    public override void WriteLine(string? value) => Append(value + "\n");

    public override void WriteLine() => Append("\n");

    /// <summary>Waits until the text holds <paramref name="part"/> at least <paramref name="times"/> times.</summary>
    public async Task UntilAsync(string part, int times = 1)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_text.ToString().Split(part).Length > times)
                {
                    return;
                }

                next = _written.Task;
            }

            try
            {
                await next.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"'{part}' was not written {times} time(s). There is:\n{this}");
            }
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Append(string text)
    {
        lock (_gate)
        {
            _text.Append(text);
            _written.TrySetResult();
            _written = New();
        }
    }
}
