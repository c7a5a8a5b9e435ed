using Nexus.Core.Spec;
using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

public sealed class DotEnvReaderTests
{
    private const string Expanding = "HOST=db\nPORT=5432\n";

    public static TheoryData<string, string, string> Values => new()
    {
        { "A=1", "A=1", "bare" },
        { "A = 1 ", "A=1", "white space around" },
        { "\tA=1", "A=1", "indented" },
        { "A=", "A=", "empty" },
        { "A=1=2", "A=1=2", "the first separator counts" },
        { "A: 1", "A=1", "as in YAML" },
        { "A:1", "A=1", "a colon needs no space" },
        { "export A=1\nexport\tB=2", "A=1|B=2", "exported" },
        { "exported=1", "exported=1", "a name that begins so" },
        { "# c\n\n  # d\nA=1", "A=1", "comments" },
        { "A=1 # c\nB=1#c\nC=1 #c", "A=1|B=1#c|C=1", "a comment begins behind a space" },
        { "A= # c", "A=# c", "not where the value begins" },
        { "A=x\t# c", "A=x\t# c", "a tab begins none" },
        { "A='1' # c\nB=\"1\" # c", "A=1|B=1", "behind quotes" },
        { "A='# 1'\nB=\"# 1\"", "A=# 1|B=# 1", "within quotes" },
        { "A='a\nb'\nB=2", "A=a\nb|B=2", "single quotes over lines" },
        { "A=\"a\n\nb\"\nB=2", "A=a\n\nb|B=2", "double quotes over lines" },
        { "A='it\\'s'", "A=it's", "the only escape in single quotes" },
        { "A='a\\nb$HOST'", "A=a\\nb$HOST", "everything else is text" },
        { "A=\"a\\tb\\\\c\\\"d\\r\"", "A=a\tb\\c\"d\r", "escapes" },
        { "A=\"\\a\\b\\f\\v\"", "A=\a\b\f\v", "rare escapes" },
        { "A=\"\\0101\\0351\"", "A=A\u00e9", "octal escapes" },
        { "A=\"\\c\\x41\\018\\0999\\z\"", "A=\\c\\x41\\018\\0999\\z", "not escapes" },
        { "A=\"it's\"\nB='say \"hi\"'", "A=it's|B=say \"hi\"", "the other quote" },
        { "A=a\"b\"", "A=a\"b\"", "a quote within a bare value" },
        { "A=a\\nb", "A=a\\nb", "no escapes in a bare value" },
        { "A=\"x\" B=2", "A=x|B=2", "a statement behind quotes" },
        { Expanding + "A=${HOST}:$PORT", "HOST=db|PORT=5432|A=db:5432", "variables of lines above" },
        { Expanding + "A=\"${HOST}\n$PORT\"", "HOST=db|PORT=5432|A=db\n5432", "in double quotes" },
        { "A=\"\\$x \\${y} $$z\"\nB=$$x", "A=$x ${y} $z|B=$x", "escaped dollars" },
        { "A=a$\nB=$1", "A=a$|B=$1", "dollars alone" },
        { "A=${OUT}\nOUT=in\nB=$OUT", "A=outside|OUT=in|B=outside", "the environment has precedence in a value" },
        { "A=${NONE:-d} ${NONE-e} ${OUT:+f} ${NONE:-${OUT}}", "A=d e f outside", "defaults" },
        { "OUT\nA=$OUT", "OUT|A=outside", "a name alone" },
        { "OUT", "OUT", "at the end of the file" },
        { "A.b-c[0]=1\n\u00fc=2", "A.b-c[0]=1|\u00fc=2", "names" },
        { "A=1\nA=2", "A=1|A=2", "twice" },
        { "\uFEFFA=1\r\nB='2'\r\nC\r\nD=\r\n", "A=1|B=2|C|D=", "a mark in front and lines as in Windows" },
        { "A=1\u00A0\u3000", "A=1", "white space of all kinds at the end" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Reads_values_as_Compose_does(string text, string expected, string because)
    {
        var read = Read(text);

        Assert.Empty(read.Problems);
        var found = string.Join('|', read.Variables.Select(variable => variable.Value is null ? variable.Name : $"{variable.Name}={variable.Value}"));
        Assert.True(expected == found, $"{because}: found {found}");
    }

    [Theory]
    [InlineData("A=1\nB=\"x\n\nC=1\n", 2, "unterminated quoted value: the \" that opens it is not closed")]
    [InlineData("A=1\n\nB='x", 3, "unterminated quoted value: the ' that opens it is not closed")]
    [InlineData("A=1\nB='x\\'", 2, "unterminated quoted value")]
    [InlineData("A='1\n2\n3'\nB C=1", 4, "found white space in the name of a variable")]
    [InlineData("A\nB C\n", 2, "found white space in the name of a variable")]
    [InlineData("A=1\nno$name=1", 2, "found '$' in the name of a variable; allowed are letters, digits, _ . - [ ]")]
    [InlineData("A=1\nB # c", 2, "found '#' in the name of a variable")]
    [InlineData("=1", 1, "a name is missing in front of the value")]
    [InlineData("A=1\nB=${}", 2, "in which a ${ is followed by no name")]
    [InlineData("A=1\nB=\"x\n${C:?is needed}\"", 2, "variable C is required: is needed")]
    public void Refuses_a_line_with_its_number(string text, int line, string message)
    {
        var problem = Assert.Single(Read(text).Problems);

        Assert.Equal((SpecSeverity.Error, line), (problem.Severity, problem.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_all_wrong_lines_and_reads_the_others()
    {
        var read = Read("A A=1\nB=2\nC!=3\nD=$NONE");

        Assert.Equal([1, 3, 4], read.Problems.Select(problem => problem.Line));
        Assert.Equal(SpecSeverity.Warning, read.Problems[2].Severity);
        Assert.Equal(["B=2", "D="], read.Variables.Select(variable => $"{variable.Name}={variable.Value}"));
    }

    [Fact]
    public void A_file_sees_the_variables_of_those_before()
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        DotEnvReader.Read("HOST=a", _ => null, known);

        Assert.Equal("a b", DotEnvReader.Read("A=$HOST\nHOST=b\nB=$A $HOST", _ => null, known).Variables[2].Value);
    }

    [Theory]
    [InlineData("A=\"b\" # c\n # d\nE\n\nF=${G} h ", "A=\"b\" # c|E|F=${G} h ")]
    [InlineData("\uFEFFA=1\r\n", "A=1")]
    public void Raw_files_have_no_quotes_and_no_variables(string text, string expected) => Assert.Equal(
        expected, string.Join('|', RawVariablesReader.Read(text).Variables.Select(one => one.Value is null ? one.Name : $"{one.Name}={one.Value}")));

    [Theory]
    [InlineData("A=1\n=2", 2)]
    [InlineData("A=1\n\nB C=2", 3)]
    [InlineData("export A=1", 1)]
    public void Raw_files_refuse_a_line_with_its_number(string text, int line) => Assert.Equal(line, Assert.Single(RawVariablesReader.Read(text).Problems).Line);

    private static FileVariables Read(string text) =>
        DotEnvReader.Read(text, name => name == "OUT" ? "outside" : null, new Dictionary<string, string>(StringComparer.Ordinal));
}
