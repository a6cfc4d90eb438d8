namespace PubSub.Client.Publishing;

/// <summary>How patient a <see cref="PushPublisher"/> is.</summary>
public sealed record PushPublisherOptions
{
    /// <summary>A push that no push manager accepted within this time fails. Retries are within it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause before the first retry; each further one is twice as long, with some chance in it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>No pause is longer.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of the pauses.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
