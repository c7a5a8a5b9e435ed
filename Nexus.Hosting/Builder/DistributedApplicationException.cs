using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting;

/// <summary>The application, as it was declared, cannot run; the message says what to change.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>Says nothing.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>Says what cannot be.</summary>
    /// <param name="message">What, which, and what is allowed.</param>
    public DistributedApplicationException(string message) : base(message)
    {
    }

    /// <summary>Says what cannot be.</summary>
    /// <param name="message">What, which, and what is allowed.</param>
    /// <param name="inner">What led to it.</param>
    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>A parameter has neither a configured value nor a default.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Aspire's has these constructors and no others.")]
[SuppressMessage("Roslynator", "RCS1194", Justification = "Aspire's has these constructors and no others.")]
public class MissingParameterValueException : DistributedApplicationException
{
    /// <summary>Says which.</summary>
    /// <param name="message">The parameter and the configuration key that was looked up.</param>
    public MissingParameterValueException(string message) : base(message)
    {
    }

    /// <summary>Says which.</summary>
    /// <param name="message">The parameter and the configuration key that was looked up.</param>
    /// <param name="innerException">What led to it.</param>
    public MissingParameterValueException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
