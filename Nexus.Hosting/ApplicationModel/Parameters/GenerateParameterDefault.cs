using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Makes up a secret from a cryptographic source, of the given kinds of characters.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Characters that are hard to tell apart (l, I, 1, O, 0) are left out, as real Aspire does.
    private const string LowerCharacters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCharacters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericCharacters = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>The length of the value, unless the minimums ask for more.</summary>
    public int MinLength { get; set; } = 22;

    /// <summary>Whether lower case letters are used.</summary>
    public bool Lower { get; set; } = true;

    /// <summary>Whether upper case letters are used.</summary>
    public bool Upper { get; set; } = true;

    /// <summary>Whether digits are used.</summary>
    public bool Numeric { get; set; } = true;

    /// <summary>Whether punctuation is used.</summary>
    public bool Special { get; set; } = true;

    /// <summary>At least so many lower case letters.</summary>
    public int MinLower { get; set; }

    /// <summary>At least so many upper case letters.</summary>
    public int MinUpper { get; set; }

    /// <summary>At least so many digits.</summary>
    public int MinNumeric { get; set; }

    /// <summary>At least so many punctuation characters.</summary>
    public int MinSpecial { get; set; }

    /// <inheritdoc />
    public override string GetDefaultValue()
    {
        (bool Used, int Minimum, string Characters)[] kinds =
        [
            (Lower, MinLower, LowerCharacters), (Upper, MinUpper, UpperCharacters),
            (Numeric, MinNumeric, NumericCharacters), (Special, MinSpecial, SpecialCharacters),
        ];
        var all = string.Concat(kinds.Where(k => k.Used).Select(k => k.Characters));
        if (all.Length == 0)
        {
            throw new InvalidOperationException("A generated value needs at least one of Lower, Upper, Numeric and Special.");
        }

        var characters = kinds.Where(k => k.Used).SelectMany(k => RandomNumberGenerator.GetItems<char>(k.Characters, k.Minimum)).ToList();
        characters.AddRange(RandomNumberGenerator.GetItems<char>(all, Math.Max(0, MinLength - characters.Count)));
        var value = characters.ToArray();
        RandomNumberGenerator.Shuffle<char>(value);
        return new string(value);
    }
}
