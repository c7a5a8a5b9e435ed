using Aspire.Hosting;
using Aspire.Hosting.Pipelines;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Hosting.Tests.Fixtures;

namespace Nexus.Hosting.Tests;

public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexus-publish-").FullName;

    private static CancellationToken Token => Deadline.Token;

    private string Output => Path.Combine(_folder, "deploy");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Publish_writes_what_the_steps_write_and_starts_nothing()
    {
        await PublishAsync(builder =>
        {
            builder.AddShell("never", $"touch {_folder}/started");
            Assert.True(builder.ExecutionContext.IsPublishMode);
            builder.Pipeline.AddStep("write", context => WriteAsync(context, "file.txt", "text"), requiredBy: WellKnownPipelineSteps.Publish);
        });

        Assert.Equal("text", await File.ReadAllTextAsync(Path.Combine(Output, "file.txt"), Token));
        Assert.Equal(["deploy"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_step_that_fails_leaves_nothing_half_written()
    {
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => PublishAsync(builder =>
        {
            builder.Pipeline.AddStep("write", context => WriteAsync(context, "file.txt", "text"), requiredBy: WellKnownPipelineSteps.Publish);
            builder.Pipeline.AddStep("fail", _ => throw new InvalidOperationException("no"), dependsOn: "write", requiredBy: WellKnownPipelineSteps.Publish);
        }));

        Assert.Equal("no", thrown.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_failed_publish_leaves_the_earlier_one_as_it_was_and_a_good_one_keeps_what_people_added()
    {
        await PublishAsync(Writing("first"));
        await File.WriteAllTextAsync(Path.Combine(Output, "notes.txt"), "mine", Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => PublishAsync(builder =>
            builder.Pipeline.AddStep("fail", _ => throw new InvalidOperationException("no"), requiredBy: WellKnownPipelineSteps.Publish)));
        Assert.Equal("first", await File.ReadAllTextAsync(Path.Combine(Output, "file.txt"), Token));

        await PublishAsync(Writing("second"));

        Assert.Equal("second", await File.ReadAllTextAsync(Path.Combine(Output, "file.txt"), Token));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(Output, "notes.txt"), Token));
        Assert.Equal(["deploy"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));

        static Action<IDistributedApplicationTestingBuilder> Writing(string text) => builder => builder.Pipeline.AddStep(
            "write", context => WriteAsync(context, "file.txt", text), requiredBy: WellKnownPipelineSteps.Publish);
    }

    [Fact]
    public async Task A_folder_that_is_not_ours_is_refused_and_kept()
    {
        Directory.CreateDirectory(Output);
        await File.WriteAllTextAsync(Path.Combine(Output, "thesis.txt"), "years of work", Token);

        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(_ => { }));

        Assert.Contains("has files in it that no publish wrote", refused.Message, StringComparison.Ordinal);
        Assert.Equal("years of work", await File.ReadAllTextAsync(Path.Combine(Output, "thesis.txt"), Token));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_told()
    {
        await File.WriteAllTextAsync(Output, "a file", Token);

        var isFile = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(_ => { }));
        var underFile = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(_ => { }, Path.Combine(Output, "below")));

        Assert.Contains($"{Output} is a file", isFile.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be written", underFile.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--operation=destroy", "--operation: found 'destroy'; allowed are run and publish.")]
    [InlineData("--step=deploy", "--step: there is no step 'deploy'; there are: publish, publish-prereq.")]
    public async Task A_wrong_argument_is_told(string argument, string message)
    {
        var refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => PublishAsync(_ => { }, null, argument));

        Assert.Equal(message, refused.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private async Task PublishAsync(Action<IDistributedApplicationTestingBuilder> declare, string? output = null, params string[] args)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(
            ["--operation", "publish", "--output-path", output ?? Output, .. args]);
        declare(builder);
        var app = await builder.BuildAsync(Token);
        await app.RunAsync(Token);
    }

    private static Task WriteAsync(PipelineStepContext context, string name, string text) => File.WriteAllTextAsync(
        Path.Combine(context.Services.GetRequiredService<IPipelineOutputService>().GetOutputDirectory(), name), text, context.CancellationToken);
}
