using Microsoft.AspNetCore.Components;

namespace Nexus.Dashboard.Components;

/// <summary>
/// A component that looks again each second while it is shown. It asks for the state there is, whatever happened meanwhile, so a
/// flood of telemetry costs a page no more than a trickle.
/// </summary>
public abstract class LiveComponent : ComponentBase, IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>The clock.</summary>
    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>Between two looks.</summary>
    protected virtual TimeSpan Interval => TimeSpan.FromSeconds(1);

    /// <summary>Ends with the component.</summary>
    protected CancellationToken Closing => _closing.Token;

    /// <summary>Looks; false when nothing changed and nothing need be drawn.</summary>
    protected abstract bool Refresh();

    /// <inheritdoc />
    protected override void OnInitialized() => _loop = RunAsync(_closing.Token);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _loop;
        _closing.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await InvokeAsync(() =>
                {
                    if (Refresh())
                    {
                        StateHasChanged();
                    }
                });
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // Closed.
        }
        catch (Exception exception)
        {
            // To the error boundary: a page that stands still and looks alive would be worse.
            await DispatchExceptionAsync(exception);
        }
    }
}
