namespace PubSub.Membership;

public enum RegistrationState
{
    /// <summary>Not yet in etcd.</summary>
    Starting,

    /// <summary>In etcd: the others see this process.</summary>
    Registered,

    /// <summary>etcd does not answer. The entry stays until the lease ends, and the others keep who they knew.</summary>
    Away,

    /// <summary>etcd answers, but the entry is gone: a new one is being made.</summary>
    Lost,

    /// <summary>A later start under the same id has taken the entry; this process stops.</summary>
    Superseded,

    /// <summary>Withdrawn.</summary>
    Stopped,
}

/// <param name="State">How this process stands in etcd.</param>
/// <param name="Entry">What it registered last, with its incarnation; null before the first time.</param>
/// <param name="Registrations">
/// How often it had to register. More than before means that the others may have seen it gone in between, and have
/// dropped what they knew of it: announce it again.
/// </param>
public sealed record RegistrationStatus(RegistrationState State, ServiceInstance? Entry, int Registrations)
{
    internal static RegistrationStatus Starting { get; } = new(RegistrationState.Starting, null, 0);
}
