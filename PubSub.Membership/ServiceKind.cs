namespace PubSub.Membership;

/// <summary>What a process is to the others.</summary>
public enum ServiceKind
{
    Node,
    Controller,
    PushManager,
    BizServer,
}
