using System.Security.Cryptography;
using System.Text;

namespace Nexus.Dashboard.Access;

/// <summary>A word that opens something. Comparing takes as long however much of a guess is right.</summary>
internal sealed class Secret(string word)
{
    private readonly byte[] _hash = HashOf(word);

    public bool Is(string? guess) => CryptographicOperations.FixedTimeEquals(_hash, HashOf(guess ?? ""));

    // Of one length, so that not even the length is told.
    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
