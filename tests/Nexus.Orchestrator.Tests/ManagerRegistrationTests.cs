using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Consul;
using Nexus.Orchestrator.Leadership;

namespace Nexus.Orchestrator.Tests;

/// <summary>How long a manager waits for Consul to list it.</summary>
public sealed class ManagerRegistrationTests
{
    private static readonly TimeSpan LongerThanARenewal = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task A_slow_first_registration_is_waited_for_and_a_slow_renewal_is_not()
    {
        var time = new FakeTimeProvider();
        using var calls = new HeldCalls();
        using var consul = new ConsulClient(new ConsulOptions(), time, handler: calls);
        var options = Microsoft.Extensions.Options.Options.Create(new OrchestratorOptions { Name = "m1", ApiAddress = "http://127.0.0.1:8420" });
        var registration = new ManagerRegistration(
            consul, new ManagerIdentity(options, null!), new LeaderLease(options, time), options, time, NullLogger<ManagerRegistration>.Instance);

        var first = registration.RenewOnceAsync(TestContext.Current.CancellationToken);
        await calls.OneIsHeldAsync();
        time.Advance(LongerThanARenewal);
        calls.Answer();
        await calls.OneIsHeldAsync();
        calls.Answer();
        Assert.True(await first);

        var second = registration.RenewOnceAsync(TestContext.Current.CancellationToken);
        await calls.OneIsHeldAsync();
        time.Advance(LongerThanARenewal);
        Assert.False(await second);
    }

    /// <summary>Answers each call when it is told to.</summary>
    private sealed class HeldCalls : HttpMessageHandler
    {
        private readonly SemaphoreSlim _held = new(0);
        private readonly SemaphoreSlim _answers = new(0);

        public Task OneIsHeldAsync() => _held.WaitAsync(TestContext.Current.CancellationToken);

        public void Answer() => _answers.Release();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _held.Release();
            await _answers.WaitAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        protected override void Dispose(bool disposing)
        {
            _held.Dispose();
            _answers.Dispose();
            base.Dispose(disposing);
        }
    }
}
