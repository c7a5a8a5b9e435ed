using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text with holes that are filled when the application runs.</summary>
public class ReferenceExpression : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    private ReferenceExpression(string format, IValueProvider[] valueProviders, string[] manifestExpressions)
    {
        Format = format;
        ValueProviders = valueProviders;
        ManifestExpressions = manifestExpressions;
    }

    /// <summary>The text, as a composite format string.</summary>
    public string Format { get; }

    /// <summary>What fills the holes, in order.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>The holes' placeholders in published files, in order.</summary>
    public IReadOnlyList<string> ManifestExpressions { get; }

    /// <inheritdoc />
    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    /// <summary>Makes an expression from an interpolated string whose holes are strings or values of resources.</summary>
    /// <param name="handler">The interpolated string.</param>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    /// <inheritdoc />
    [SuppressMessage("Design", "MA0061", Justification = "Aspire's has no default here.")]
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = await ValueProviders[i].GetValueAsync(cancellationToken);
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>Collects the pieces of an interpolated string.</summary>
    /// <param name="literalLength">Given by the compiler.</param>
    /// <param name="formattedCount">Given by the compiler.</param>
    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength + (formattedCount * 4));
        private readonly List<IValueProvider> _providers = new(formattedCount);
        private readonly List<string> _manifestExpressions = new(formattedCount);

        /// <summary>Appends text.</summary>
        /// <param name="value">The text.</param>
        public void AppendLiteral(string value) => _format.Append(Escaped(value));

        /// <summary>Appends text.</summary>
        /// <param name="value">The text.</param>
        public void AppendFormatted(string? value) => _format.Append(Escaped(value));

        /// <summary>Appends a hole.</summary>
        /// <typeparam name="T">The kind of value.</typeparam>
        /// <param name="valueProvider">What fills it.</param>
        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
        {
            _format.Append('{').Append(_providers.Count).Append('}');
            _providers.Add(valueProvider);
            _manifestExpressions.Add(valueProvider.ValueExpression);
        }

        /// <summary>Appends a hole.</summary>
        /// <typeparam name="T">The kind of resource.</typeparam>
        /// <param name="valueProvider">The resource whose value fills it.</param>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => AppendFormatted(valueProvider.Resource);

        internal ReferenceExpression ToExpression() =>
            new(_format.ToString(), [.. _providers], [.. _manifestExpressions]);

        private static string? Escaped(string? text) =>
            text?.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
    }
}
