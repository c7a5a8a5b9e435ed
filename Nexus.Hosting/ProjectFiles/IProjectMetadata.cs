using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting
{
    /// <summary>Where a project is. The build generates one for every project that the AppHost refers to.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        /// <summary>The project file.</summary>
        string ProjectPath { get; }
    }

    /// <summary>What is taken from a project beside its code.</summary>
    public class ProjectResourceOptions
    {
        /// <summary>The launch profile; the first that runs the project when unset.</summary>
        public string? LaunchProfileName { get; set; }

        /// <summary>Whether launch profiles are ignored.</summary>
        public bool ExcludeLaunchProfile { get; set; }
    }
}

namespace Nexus.Hosting
{
    /// <summary>What the build of the AppHost knows about a project beyond its path: so it runs without another build.</summary>
    public interface IBuiltProjectMetadata
    {
        /// <summary>The assembly that the build made.</summary>
        string TargetPath { get; }
    }
}
