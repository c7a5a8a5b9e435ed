using Nexus.Manifests.ComposeImport;

namespace Nexus.Manifests.Tests.ComposeImport;

public sealed class VariableSubstitutionTests
{
    [Theory]
    [InlineData("$SET ${SET} x$SET-y $SET.z", "v v xv-y v.z")]
    [InlineData("${EMPTY:-d} ${EMPTY-d} ${NONE:-d} ${NONE-d} ${SET:-d}", "d  d d v")]
    [InlineData("${EMPTY:+a} ${EMPTY+a} ${NONE:+a} ${NONE+a} ${SET:+a}", " a   a")]
    [InlineData("${SET:?m} ${SET?m} ${EMPTY?m}.", "v v .")]
    [InlineData("${NONE:-${EMPTY:-${SET}}} ${NONE-$SET} ${SET:+$SET $SET}", "v v v v")]
    [InlineData("${NONE:-a:-b?c+d}", "a:-b?c+d")]
    [InlineData("$$SET $${SET} $$$SET", "$SET ${SET} $v")]
    [InlineData("$ a$ $1 ^x$ $}", "$ a$ $1 ^x$ $}")]
    [InlineData("${SET:-$2a$14$abc}", "v")]
    [InlineData("${SET:-${}}${NONE:+${} ${SET-$NONE}}", "v")]
    [InlineData("${NONE:-$2a$14$$abc}", "$2a$14$abc")]
    [InlineData("${NONE:-{\"a\":{}}} x", "{\"a\":{}} x")]
    [InlineData("${NONE:-}${NONE-}", "")]
    public void Expands_as_Compose_does(string text, string expected)
    {
        var (result, unset, refused) = Expand(text);

        Assert.Empty(refused);
        Assert.Empty(unset);
        Assert.Equal(expected, result);
    }

    [Theory]
    [InlineData("a $NONE ${NONE}", "NONE NONE")]
    [InlineData("${SET:-$NONE} ${EMPTY:-$NONE}", "NONE")]
    [InlineData("${EMPTY:+$NONE}${SET?$NONE}", "")]
    public void Reports_what_is_not_set_where_it_is_used(string text, string names) => Assert.Equal(names, string.Join(' ', Expand(text).Unset));

    [Theory]
    [InlineData("${", "followed by no name")]
    [InlineData("${}", "followed by no name")]
    [InlineData("${1}", "followed by no name")]
    [InlineData("${ SET}", "followed by no name")]
    [InlineData("${SET", "is not closed")]
    [InlineData("${SET }", "followed by neither } nor an operator")]
    [InlineData("${SET:}", "followed by neither } nor an operator")]
    [InlineData("${SET!}", "followed by neither } nor an operator")]
    [InlineData("${SET:-x", "is not closed on its line")]
    [InlineData("${SET:-x\n}", "is not closed on its line")]
    [InlineData("${NONE:-${}}", "followed by no name")]
    [InlineData("${NONE:?}", "variable NONE is required")]
    [InlineData("${EMPTY:?say $SET}", "variable EMPTY is required: say v")]
    [InlineData("${NONE?}", "variable NONE is required")]
    public void Refuses_what_Compose_refuses(string text, string reason) =>
        Assert.Contains(reason, Assert.Single(Expand(text).Refused), StringComparison.Ordinal);

    [Fact]
    public void Refuses_to_nest_without_end()
    {
        var deep = string.Concat(Enumerable.Repeat("${NONE:-", 10_000)) + new string('}', 10_000);

        Assert.Contains("nested deeper than 64 levels", Assert.Single(Expand(deep).Refused), StringComparison.Ordinal);
    }

    private static (string Result, List<string> Unset, List<string> Refused) Expand(string text)
    {
        var (unset, refused) = (new List<string>(), new List<string>());
        var result = new VariableSubstitution(name => name switch { "SET" => "v", "EMPTY" => "", _ => null }, unset.Add, refused.Add).Expand(text);
        return (result, unset, refused);
    }
}
