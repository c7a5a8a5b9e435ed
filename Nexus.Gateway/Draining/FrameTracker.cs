using System.Buffers.Binary;

namespace Nexus.Gateway.Draining;

/// <summary>Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) in whatever pieces they come, and knows where one
/// ends: only there may another be put in.</summary>
internal struct FrameTracker
{
    private const int LongestHead = 14;
    private const byte CloseOpcode = 8;

    private HeadBytes _head;
    private int _headLength;
    private ulong _payloadLeft;

    /// <summary>Whether everything taken so far is whole frames.</summary>
    public readonly bool IsAtBoundary => _headLength == 0 && _payloadLeft == 0;

    /// <summary>Whether a close frame passed: nothing may follow it.</summary>
    public bool HasClosed { get; private set; }

    /// <summary>Takes bytes in; how many of them, which is all unless it is to stop at the next boundary.</summary>
    public int Take(ReadOnlySpan<byte> bytes, bool stopsAtBoundary)
    {
        var taken = 0;
        while (taken < bytes.Length)
        {
            if (_payloadLeft > 0)
            {
                var some = (int)Math.Min(_payloadLeft, (ulong)(bytes.Length - taken));
                _payloadLeft -= (ulong)some;
                taken += some;
            }
            else
            {
                TakeHead(bytes[taken++]);
            }

            if (stopsAtBoundary && IsAtBoundary)
            {
                break;
            }
        }

        return taken;
    }

    private void TakeHead(byte next)
    {
        _head[_headLength++] = next;
        if (_headLength < 2)
        {
            return;
        }

        var length = _head[1] & 0x7F;
        var extended = length switch { 126 => 2, 127 => 8, _ => 0 };
        if (_headLength < 2 + extended + ((_head[1] & 0x80) != 0 ? 4 : 0))
        {
            return;
        }

        ReadOnlySpan<byte> head = _head;
        _payloadLeft = extended switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(head[2..]),
            8 => BinaryPrimitives.ReadUInt64BigEndian(head[2..]),
            _ => (ulong)length,
        };
        HasClosed |= (_head[0] & 0x0F) == CloseOpcode;
        _headLength = 0;
    }

    [System.Runtime.CompilerServices.InlineArray(LongestHead)]
    private struct HeadBytes
    {
        private byte _first;
    }
}
