namespace Nexus.Hosting.Tests.Fixtures;

internal static class Deadline
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Ends a test that waits for what never comes.</summary>
    public static CancellationToken Token
    {
        get
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            source.CancelAfter(Limit);
            return source.Token;
        }
    }
}
