using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A value that the user of the application provides: by configuration, or a default.</summary>
public class ParameterResource : Resource, IManifestExpressionProvider, IValueProvider
{
    private readonly Func<ParameterDefault?, string> _callback;
    private readonly Lock _gate = new();
    private string? _value;

    /// <summary>Declares a parameter.</summary>
    /// <param name="name">Unique within the application.</param>
    /// <param name="callback">Finds the value; asked once, when it is first needed.</param>
    /// <param name="secret">Whether the value must not be shown.</param>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        _callback = callback;
        Secret = secret;
    }

    /// <summary>Whether the value must not be shown.</summary>
    public bool Secret { get; }

    /// <summary>What the value is when nobody provides one.</summary>
    public ParameterDefault? Default { get; set; }

    /// <summary>What the value is for, in a sentence for the user.</summary>
    public string? Description { get; set; }

    /// <summary>Where configuration has its value; null where a callback alone knows.</summary>
    internal string? ConfigurationKey { get; init; }

    /// <inheritdoc />
    public string ValueExpression => $"{{{Name}.value}}";

    /// <summary>The value; throws <see cref="MissingParameterValueException"/> when there is none.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    [SuppressMessage("Design", "MA0061", Justification = "Aspire's has no default here.")]
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_value ??= _callback(Default));
        }
    }
}

/// <summary>Says what a parameter's value is when nobody provides one.</summary>
public abstract class ParameterDefault
{
    /// <summary>The value; may be another one at every call.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>A default that was written down.</summary>
/// <param name="value">The value.</param>
internal sealed class ConstantParameterDefault(string value) : ParameterDefault
{
    public override string GetDefaultValue() => value;
}
