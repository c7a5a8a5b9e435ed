using System.Text.Json;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A default that is made once and kept in the state folder, readable by its owner alone.</summary>
internal sealed class PersistedParameterDefault(string stateDirectory, string name, ParameterDefault source) : ParameterDefault
{
    private static readonly Lock Gate = new();

    public override string GetDefaultValue()
    {
        lock (Gate)
        {
            var file = Path.Combine(stateDirectory, "parameters.json");
            var kept = File.Exists(file)
                ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? []
                : [];
            if (kept.TryGetValue(name, out var value))
            {
                return value;
            }

            kept[name] = source.GetDefaultValue();
            Directory.CreateDirectory(stateDirectory);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var stream = new FileStream(file, options);
            JsonSerializer.Serialize(stream, kept);
            return kept[name];
        }
    }
}
