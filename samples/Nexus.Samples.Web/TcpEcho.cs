using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nexus.Samples.Web;

/// <summary>The pool that speaks no HTTP: every byte comes back. Ends on SIGTERM or SIGINT.</summary>
internal static class TcpEcho
{
    public static async Task RunAsync(SampleSettings settings, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var listener = new TcpListener(settings.Bind, settings.Port);
        listener.Start();
        Console.WriteLine($"listening on {settings.Bind}:{settings.Port}");
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                clients.RemoveAll(task => task.IsCompleted);
                clients.Add(EchoAsync(client, stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(clients);
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task EchoAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                await stream.CopyToAsync(stream, cancellationToken);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The client left, or we do.
            }
        }
    }
}
