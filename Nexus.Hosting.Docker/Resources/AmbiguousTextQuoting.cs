using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Aspire.Hosting.Docker.Resources;

/// <summary>Quotes text that some reader of YAML takes for a number, a date or a truth value: 1.0, yes, 22:22.</summary>
internal sealed class AmbiguousTextQuoting(IEventEmitter next) : ChainedEventEmitter(next)
{
    public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
    {
        if (eventInfo.Source.Type == typeof(string) && eventInfo.Source.Value is string text && IsAmbiguous(text))
        {
            eventInfo.Style = ScalarStyle.DoubleQuoted;
        }

        base.Emit(eventInfo, emitter);
    }

    private static bool IsAmbiguous(string text) => text.Length == 0 || char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.' or '$' or '~'
        || text.ToLowerInvariant() is "y" or "n" or "yes" or "no" or "on" or "off" or "true" or "false" or "null";
}
