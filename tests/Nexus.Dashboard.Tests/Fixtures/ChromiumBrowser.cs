using Microsoft.Playwright;
using Nexus.Dashboard.Tests.Fixtures;

[assembly: AssemblyFixture(typeof(ChromiumBrowser))]

namespace Nexus.Dashboard.Tests.Fixtures;

/// <summary>The system's Chromium, driven by the driver that travels in Playwright's package: no browser is downloaded.</summary>
public sealed class ChromiumBrowser : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";
    private static readonly float Patience = (float)TimeSpan.FromSeconds(60).TotalMilliseconds;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            throw new FileNotFoundException($"There is no Chromium at {Program}. Install it with: sudo ./eng/install.sh", Program);
        }

        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Program,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server",
            ],
        });
    }

    /// <summary>A page of a laptop's size, with cookies of its own.</summary>
    public async Task<IPage> OpenAsync(Uri address, ColorScheme colours = ColorScheme.Dark)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 1440, Height = 900 },
            ColorScheme = colours,
        });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <summary>Keeps a picture and the markup where <c>NEXUS_SCREENSHOTS</c> names a folder; for people, no test looks at it.</summary>
    public static async Task PhotographAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("NEXUS_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png") });
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.html"), await page.ContentAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
