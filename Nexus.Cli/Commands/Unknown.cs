namespace Nexus.Cli.Commands;

/// <summary>Errors about names that nobody bears; they say which there are.</summary>
internal static class Unknown
{
    public static CommandFailedException Pool(string name, IEnumerable<string> pools) => new(
        ExitCode.Failure, $"No pool is called '{name}'. {There(pools, "There is no pool; apply a spec first")}.");

    private static string There(IEnumerable<string> names, string none)
    {
        var list = string.Join(", ", names.Order(StringComparer.Ordinal));
        return list.Length > 0 ? $"There are {list}" : none;
    }
}
