using System.Collections.Immutable;
using Nexus.Core.Spec;

namespace Nexus.Manifests.ComposeImport;

/// <summary>Reads files of <c>env_file</c> with <c>format: raw</c>: a variable a line as <c>docker run --env-file</c> has them, without quotes and variables.</summary>
internal static class RawVariablesReader
{
    public static FileVariables Read(string text)
    {
        var variables = ImmutableArray.CreateBuilder<FileVariable>();
        var problems = ImmutableArray.CreateBuilder<FileVariableProblem>();
        var number = 0;
        foreach (var raw in (text.StartsWith('\uFEFF') ? text[1..] : text).Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r').TrimStart();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var parts = line.Split('=', 2);
            if (parts[0].Length == 0 || parts[0].Any(char.IsWhiteSpace))
            {
                problems.Add(new FileVariableProblem(SpecSeverity.Error, number, "found no name, or white space in it, in front of the value; allowed is NAME=value"));
            }
            else
            {
                variables.Add(new FileVariable(parts[0], parts.Length == 2 ? parts[1] : null, number));
            }
        }

        return new FileVariables(variables.ToImmutable(), problems.ToImmutable());
    }
}
