namespace Nexus.Consul;

/// <summary>One call, made afresh for every attempt.</summary>
internal readonly record struct ConsulRequest(HttpMethod Method, string Path, string? Query = null)
{
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Whether making the call twice comes to the same as once; only then is it retried.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>A failure status that is an answer here.</summary>
    public System.Net.HttpStatusCode? Accepts { get; init; }

    public HttpRequestMessage ToMessage(string? datacenterQuery)
    {
        var query = (Query, datacenterQuery) switch
        {
            (null, null) => "",
            (null, var dc) => "?" + dc,
            (var own, null) => "?" + own,
            var (own, dc) => $"?{own}&{dc}",
        };
        var message = new HttpRequestMessage(Method, new Uri(Path + query, UriKind.Relative));
        if (Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
        }

        return message;
    }
}
