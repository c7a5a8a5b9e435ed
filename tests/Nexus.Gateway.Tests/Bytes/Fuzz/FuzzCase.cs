using System.Text;
using Nexus.Gateway.Tests.Harness.Wire;

namespace Nexus.Gateway.Tests.Bytes.Fuzz;

/// <summary>What one client sends on one connection, how that reads, and how the replicas answer it.</summary>
internal sealed class FuzzCase
{
    private const int MostRequests = 3;
    private const int MostShown = 1000;

    private FuzzCase(string name, string host, byte[] bytes, List<FuzzStep> steps) => (Name, Host, Bytes, Steps) = (name, host, bytes, steps);

    public string Name { get; }

    /// <summary>The host that it asks, and no other case.</summary>
    public string Host { get; }

    /// <summary>All that the client sends.</summary>
    public byte[] Bytes { get; }

    /// <summary>The requests in these bytes, in order, as far as they can be told.</summary>
    public List<FuzzStep> Steps { get; }

    /// <summary>Where the pieces end in which it is sent.</summary>
    public int[] Cuts { get; private init; } = [];

    /// <summary>Whether the client sends the body only once it was told to go on, or anything else.</summary>
    public bool WaitsForContinue { get; private init; }

    /// <summary>Whether a client that sends no more ends its side only, or the connection.</summary>
    public bool HalfCloses { get; private init; }

    public static FuzzCase Make(Random random, string host, string domain, string name)
    {
        var messages = new FuzzMessages(random, host);
        var count = messages.Chance(70) ? 1 : random.Next(2, MostRequests + 1);
        var requests = Enumerable.Range(0, count).SelectMany(_ => messages.Request()).ToArray();
        var kind = random.Next(100) switch { < 30 => (false, false), < 60 => (true, false), < 90 => (false, true), _ => (true, true) };
        requests = kind.Item1 ? FuzzDamage.Apply(requests, random) : requests;
        var read = ReadAll(requests);
        var steps = read.Select((request, i) => FuzzStep.Make(
            random, messages, request, domain, isLast: i == read.Count - 1, isDamaged: kind.Item2 && i == read.Count - 1)).ToList();
        return new FuzzCase(name, host, requests, steps)
        {
            Cuts = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(requests.Length + 1)).Append(requests.Length).Order()],
            HalfCloses = messages.Chance(50),
            WaitsForContinue = messages.Chance(50) && steps is [{ AsksForContinue: true, IsRouted: true, Request.Verdict: Verdict.Valid }],
        };
    }

    public override string ToString() => $"{Name}\nclient: {Show(Bytes)}\n{string.Join("\n", Steps)}";

    /// <summary>Bytes as text that can be read and pasted.</summary>
    public static string Show(byte[] bytes) => string.Concat(Encoding.Latin1.GetString(bytes).Take(MostShown).Select(c => c switch
    {
        '\r' => "\\r",
        '\n' => "\\n",
        < ' ' or > '~' => $"\\x{(int)c:x2}",
        _ => c.ToString(),
    })) + (bytes.Length > MostShown ? $"... {bytes.Length} bytes" : "");

    private static List<WireMessage> ReadAll(byte[] bytes)
    {
        var requests = new List<WireMessage>();
        while (bytes.Length > 0)
        {
            var request = WireParser.Request(bytes);
            requests.Add(request);
            if (request.Verdict is Verdict.Invalid or Verdict.Incomplete || request.IsLast || request.Method == "CONNECT")
            {
                break;
            }

            bytes = bytes[request.Length..];
        }

        return requests;
    }
}

/// <summary>One request of a client and what a replica does that gets it.</summary>
internal sealed class FuzzStep
{
    private int _asked;

    private FuzzStep(WireMessage request, WireMessage response, byte[] bytes) => (Request, Response, ResponseBytes) = (request, response, bytes);

    public WireMessage Request { get; }

    public WireMessage Response { get; }

    public byte[] ResponseBytes { get; }

    /// <summary>Whether the gateway has a replica for it.</summary>
    public bool IsRouted { get; private init; }

    /// <summary>Whether the replica answers once it has the head.</summary>
    public bool IsEarly { get; private init; }

    /// <summary>Whether it then reads no more.</summary>
    public bool LeavesBody { get; private init; }

    /// <summary>Whether the replica closes the connection after its answer.</summary>
    public bool Closes { get; private init; }

    public int Cut { get; private init; }

    /// <summary>How often a replica got it.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Whether the response ends before its time, which a recipient may notice before whatever else is wrong with it.</summary>
    public bool BreaksOff => Response.Verdict == Verdict.Incomplete
        || (Response.Verdict == Verdict.Invalid && !HasEmptyLine(ResponseBytes.AsSpan(Math.Max(0, Response.Length - 1))));

    public bool AsksForContinue => Request["Expect"]?.Equals("100-continue", StringComparison.OrdinalIgnoreCase) == true;

    public bool IsValid => Request.Verdict == Verdict.Valid && Response.Verdict == Verdict.Valid;

    public static FuzzStep Make(Random random, FuzzMessages messages, WireMessage request, string domain, bool isLast, bool isDamaged)
    {
        while (true)
        {
            var bytes = messages.Response();
            bytes = isDamaged ? FuzzDamage.Apply(bytes, random) : bytes;
            var response = WireParser.Response(bytes, request.HasHead ? request.Method : "GET", ended: true);
            if (response.Status == 101 && response.HasHead)
            {
                // RFC 9110 §7.8: of those that offer an Upgrade, the gateway passes on WebSockets alone.
                var isOffered = request["Upgrade"]?.Contains("websocket", StringComparison.OrdinalIgnoreCase) == true;
                response = response with { Verdict = isOffered ? Verdict.Tolerable : Verdict.Invalid, Reasons = new HashSet<string> { "101" } };
            }

            var isWhole = response is { Verdict: Verdict.Valid, EndsWithConnection: false };
            var isExact = response.Length == bytes.Length; // Else there is a body where none may be (RFC 9110 §6.4.1).
            if (!isLast && (response.Verdict != Verdict.Valid || !isExact))
            {
                continue; // What follows a faulty answer on a connection is told by nobody.
            }

            // Who closes without a word may do so while the next request is on its way, which is nobody's fault.
            var announces = response.IsLast || response.EndsWithConnection;
            return new FuzzStep(request, response, bytes)
            {
                IsRouted = request.HasHead && request.Target != "*" && request.Method != "CONNECT" && IsBelow(request.Host, domain),
                IsEarly = messages.Chance(10) && isWhole, // Who would end its answer after the upload costs seconds each.
                LeavesBody = messages.Chance(30) && isLast && isWhole,
                Closes = !isWhole || !isExact || announces || (isLast && messages.Chance(50)),
                Cut = random.Next(bytes.Length + 1),
            };
        }
    }

    // RFC 9110 §7.2 and RFC 3986 §3.2: without user and port, and without case.
    private static bool IsBelow(string host, string domain) =>
        host[(host.LastIndexOf('@') + 1)..].Split(':')[0].EndsWith("." + domain, StringComparison.OrdinalIgnoreCase);

    private static bool HasEmptyLine(ReadOnlySpan<byte> rest) => rest.IndexOf("\n\r\n"u8) >= 0 || rest.IndexOf("\n\n"u8) >= 0;

    public void Ask() => Interlocked.Increment(ref _asked);

    public override string ToString() =>
        $"  {Request.Verdict} {Request.Because}{(IsRouted ? "" : " not routed")} {Request.StartLine}\n  replica: {FuzzCase.Show(ResponseBytes)}\n"
        + $"  {Response.Verdict} {Response.Because}{(IsEarly ? " early" : "")}{(LeavesBody ? " leaves" : "")}{(Closes ? " closes" : "")}, asked {Asked} times";
}
