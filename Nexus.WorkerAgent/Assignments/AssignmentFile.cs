using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Nexus.Api.State;
using Nexus.Core.State;
using Nexus.WorkerAgent.Options;

namespace Nexus.WorkerAgent.Assignments;

/// <summary>
/// Keeps the last assignment, and with it the highest epoch seen, on disk: written beside, flushed, renamed; its first line
/// is a checksum of the rest. A disk that cannot be written is told once and does not stop the agent.
/// </summary>
internal sealed partial class AssignmentFile(AgentIdentity identity, ILogger<AssignmentFile> logger)
{
    private const string Header = "nexus-assignment 1 sha256:";

    private volatile string? _problem;

    /// <summary>Where it stands.</summary>
    public string Location { get; } = Path.Combine(identity.StateDirectory, "assignment.json");

    /// <summary>Whether what was to be kept last is not on disk.</summary>
    public bool IsBehind => _problem is not null;

    /// <summary>Why it cannot be kept, in words; null while it can.</summary>
    public string? Problem => _problem;

    /// <summary>What was kept; null when there is none, or none that can be trusted.</summary>
    public NodeAssignment? Load()
    {
        try
        {
            var content = File.ReadAllBytes(Location);
            var end = Array.IndexOf(content, (byte)'\n');
            var body = content.AsMemory(end + 1);
            if (end < 0 || Encoding.ASCII.GetString(content, 0, end) != Header + Convert.ToHexStringLower(SHA256.HashData(body.Span)))
            {
                LogUntrusted(Location, "its checksum does not fit");
                return null;
            }

            return StateJson.Read(Location, body, StateJson.Default.NodeAssignment);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            LogUntrusted(Location, e.Message);
            return null;
        }
    }

    /// <summary>Keeps it; false when the disk refuses.</summary>
    public bool TrySave(NodeAssignment assignment)
    {
        try
        {
            Directory.CreateDirectory(identity.StateDirectory);
            var body = StateJson.Write(assignment, StateJson.Default.NodeAssignment);
            var beside = Location + ".new";
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(Encoding.ASCII.GetBytes(Header + Convert.ToHexStringLower(SHA256.HashData(body)) + "\n"));
                file.Write(body);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, Location, overwrite: true);
            if (_problem is not null)
            {
                _problem = null;
                LogWritable(Location);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isNew = _problem is null;
            _problem = $"The state directory cannot be written: {e.Message}";
            if (isNew)
            {
                LogUnwritable(Location, e.Message);
            }

            return false;
        }
    }

    [LoggerMessage(5010, LogLevel.Warning, "The assignment kept in {Path} is not used: {Reason}")]
    private partial void LogUntrusted(string path, string reason);

    [LoggerMessage(5011, LogLevel.Error,
        "The assignment cannot be kept in {Path}: {Reason} The agent goes on from memory and would start without it; make room there or set Worker:StateDirectory")]
    private partial void LogUnwritable(string path, string reason);

    [LoggerMessage(5012, LogLevel.Information, "The assignment is kept in {Path} again")]
    private partial void LogWritable(string path);
}
