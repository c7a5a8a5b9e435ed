using Nexus.Simulation.Tests.Shapes;

namespace Nexus.Simulation.Tests.Checking;

/// <summary>What the checker knows of one pool.</summary>
internal sealed class PoolWatch(PoolShape shape, TimeSpan now)
{
    // What was asked for since all of it was last seen: a wish that is overtaken by the next is never reached.
    private readonly List<PoolShape> _before = [shape];

    private bool _isWhole;

    public string Name => Shape.Name;

    public PoolShape Shape { get; private set; } = shape;

    public TimeSpan ChangedAt { get; private set; } = now;

    /// <summary>Whether the spec has it no more; the shape is what it was when it had.</summary>
    public bool IsRemoved { get; private set; }

    public bool Armed { get; set; }

    public TimeSpan? BelowSince { get; set; }

    /// <summary>Since when all of it has been there after the last fault that takes replicas.</summary>
    public TimeSpan? WholeSince { get; set; }

    public TimeSpan ArmedAt { get; private set; }

    public int Placed { get; set; }

    /// <summary>Whether any replica of it was ever ready.</summary>
    public bool HasServed { get; set; }

    public TimeSpan RolloutBeganAt { get; set; }

    /// <summary>Nodes on which replicas have left data.</summary>
    public SortedSet<string> VolumeNodes { get; } = new(StringComparer.Ordinal);

    /// <summary>When fewer replicas were last asked for: which volumes are given up by that is the product's choice.</summary>
    public TimeSpan FewerAt { get; private set; }

    public int RolledBack { get; set; }

    public int Specs { get; private set; }

    /// <summary>Replicas that serve at least, while all is well, if requests go here.</summary>
    public int Least => Math.Max(0, Math.Min(Shape.Replicas, _before.Min(s => s.Replicas)) - Missing);

    // The replicas of a canary's step make room before the step gives them requests.
    private int Missing => Shape.Strategy == "canary"
        ? Shape.Unavailable + (int)Math.Ceiling(Shape.Replicas * 0.3)
        : Shape.StopsFirst ? Math.Max(1, Shape.Unavailable) : Shape.Unavailable;

    /// <summary>Replicas that exist at most.</summary>
    public int Most
    {
        get
        {
            var max = Math.Max(Shape.Max, _before.Max(s => s.Max));
            var set = Math.Max(Shape.Replicas, _before.Max(s => s.Replicas));
            return max + (Shape.StopsFirst ? 0 : Math.Max(1, Shape.Surge)) + (Shape.Strategy == "rolling" ? 0 : set);
        }
    }

    public void Want(PoolShape shape, TimeSpan now)
    {
        if (IsRemoved)
        {
            // It may be on its way out, or gone: what it comes back to is not what it was.
            (IsRemoved, Armed, WholeSince, ChangedAt, FewerAt, _isWhole) = (false, false, null, now, now, false);
            VolumeNodes.Clear();
        }

        if (shape != Shape)
        {
            if (_isWhole)
            {
                _before.Clear();
            }

            _before.Add(Shape);
            if (shape.Replicas < Shape.Replicas)
            {
                VolumeNodes.Clear();
                FewerAt = now;
            }

            (Shape, ChangedAt, _isWhole) = (shape, now, false);
        }

        Specs++;
    }

    /// <summary>The spec has it no more.</summary>
    public void Remove(TimeSpan now)
    {
        if (!IsRemoved)
        {
            (IsRemoved, ChangedAt) = (true, now);
        }
    }

    public void Arm(TimeSpan now)
    {
        (Armed, ArmedAt, BelowSince) = (true, now, null);
        _before.Clear();
        _before.Add(Shape);
    }

    /// <summary>All that was asked for serves.</summary>
    public void NoteWhole() => _isWhole = true;
}
