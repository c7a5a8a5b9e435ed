namespace Nexus.Core.Spec.Sections;

/// <summary>The keys of <c>outlier_detection</c>.</summary>
internal static class OutlierDetectionSection
{
    public static Section<OutlierDetectionSpec> Section { get; } = new(new OutlierDetectionSpec(),
    [
        new SpecKey<OutlierDetectionSpec, bool>("enabled", new BoolValue(), o => o.Enabled, (o, v) => o with { Enabled = v },
            "Whether replicas are ejected for their error rate; false leaves the other kinds of ejection as they are."),
        new SpecKey<OutlierDetectionSpec, int>("error_rate", new PercentValue(1, 100), o => o.ErrorRatePercent,
            (o, v) => o with { ErrorRatePercent = v },
            "Percentage points by which a replica's share of failed requests (5xx and failed attempts) must exceed the median of the others."),
        new SpecKey<OutlierDetectionSpec, int>("min_requests", new WholeValue(5, 1_000_000), o => o.MinRequests,
            (o, v) => o with { MinRequests = v },
            "Requests that a replica must have had within the window of 5s or 30s before it is compared."),
        new SpecKey<OutlierDetectionSpec, int>("min_replicas", new WholeValue(2, 1000), o => o.MinReplicas,
            (o, v) => o with { MinReplicas = v },
            "Replicas that must have had min_requests, itself included."),
        new SpecKey<OutlierDetectionSpec, int>("max_ejected", new PercentValue(0, 100), o => o.MaxEjectedPercent,
            (o, v) => o with { MaxEjectedPercent = v },
            "Largest share of the pool's replicas that may be ejected at once; above 0% one always may, and the last never is."),
        new SpecKey<OutlierDetectionSpec, TimeSpan>("ejection_time", DurationValue.OfSeconds(1, 3600), o => o.EjectionTime,
            (o, v) => o with { EjectionTime = v },
            "How long the first ejection lasts; the second in a row lasts twice as long, the third three times."),
        new SpecKey<OutlierDetectionSpec, TimeSpan>("max_ejection_time", DurationValue.OfSeconds(1, 86_400), o => o.MaxEjectionTime,
            (o, v) => o with { MaxEjectionTime = v },
            "Longest ejection."),
    ])
    {
        Complete = (outlier, cursor) =>
        {
            if (outlier.MaxEjectionTime < outlier.EjectionTime && cursor.IsSound("ejection_time", "max_ejection_time"))
            {
                cursor.Child(cursor.Has("max_ejection_time") ? "max_ejection_time" : "ejection_time").Error(
                    $"a longest ejection of {Values.SpecDuration.Format(outlier.MaxEjectionTime)} is shorter than ejection_time, "
                    + Values.SpecDuration.Format(outlier.EjectionTime));
            }

            return outlier;
        },
    };
}
