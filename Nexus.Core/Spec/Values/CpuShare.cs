using System.Globalization;

namespace Nexus.Core.Spec.Values;

/// <summary>CPU as the spec writes it: cores (<c>0.5</c>, <c>2</c>) or thousandths of one (<c>500m</c>).</summary>
public static class CpuShare
{
    /// <summary>Reads a share, exact to a thousandth of a core.</summary>
    public static bool TryParse(string text, out int millicores)
    {
        var isMilli = text.EndsWith('m');
        millicores = 0;
        if (!decimal.TryParse(
                isMilli ? text.AsSpan(0, text.Length - 1) : text,
                isMilli ? NumberStyles.None : NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > 1_000_000)
        {
            return false;
        }

        number *= isMilli ? 1 : 1000;
        millicores = (int)number;
        return number == millicores;
    }

    /// <summary>Writes a share so that <see cref="TryParse"/> reads it back.</summary>
    public static string Format(int millicores) => millicores % 1000 == 0 ? $"{millicores / 1000}" : $"{millicores}m";
}
