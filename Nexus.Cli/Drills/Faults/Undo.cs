namespace Nexus.Cli.Drills.Faults;

/// <summary>
/// What has to be put right again, written down before it is broken. Runs in reverse order; a step that fails does not keep the
/// others from running, and all of them may run more than once.
/// </summary>
internal sealed class Undo(Action<string> say)
{
    private readonly List<(string What, Func<CancellationToken, Task> Step)> _steps = [];

    public bool IsEmpty => _steps.Count == 0;

    public void Add(string what, Func<CancellationToken, Task> step)
    {
        if (_steps.All(s => s.What != what))
        {
            _steps.Add((what, step));
        }
    }

    /// <summary>Runs all steps; those that fail are kept for the next time and told.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var left = new List<(string What, Func<CancellationToken, Task> Step)>();
        foreach (var step in Enumerable.Reverse(_steps))
        {
            try
            {
                await step.Step(cancellationToken);
            }
            catch (Exception failed)
            {
                say($"could not {step.What}: {failed.Message}");
                left.Insert(0, step);
            }
        }

        _steps.Clear();
        _steps.AddRange(left);
        return left.Count == 0;
    }
}
