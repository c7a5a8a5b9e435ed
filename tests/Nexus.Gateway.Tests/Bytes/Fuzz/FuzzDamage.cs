using System.Text;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>Changes some bytes: other ones, fewer, more, twice, or none from somewhere on.</summary>
internal static class FuzzDamage
{
    private static readonly string[] Insertions =
    [
        "\r\n", "\n", "\r", " ", "\t", ":", "\0", ",", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "X: \u0001\r\n", "\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "GET /inserted HTTP/1.1\r\n",
    ];

    public static byte[] Apply(byte[] bytes, Random random)
    {
        var damaged = bytes.ToList();
        for (var left = random.Next(1, 4); left > 0 && damaged.Count > 1; left--)
        {
            // Mostly in the head, where most is decided.
            var at = random.Next(100) < 60 ? random.Next(Math.Min(damaged.Count, 80)) : random.Next(damaged.Count);
            var length = Math.Min(random.Next(1, 12), damaged.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.RemoveRange(at, length);
                    break;
                case 2:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 4:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
                case 5:
                    damaged.InsertRange(at, Encoding.Latin1.GetBytes(Insertions[random.Next(Insertions.Length)]));
                    break;
                default:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. damaged];
    }
}
