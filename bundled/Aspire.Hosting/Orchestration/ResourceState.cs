using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What is known of one resource to everybody: the dashboard, tests, and whoever waits for it.</summary>
internal sealed class ResourceState(IResource resource, ResourceNotificationService notifications)
{
    public CustomResourceSnapshot? Snapshot =>
        notifications.TryGetCurrentState(resource.Name, out var known) ? known.Snapshot : null;

    public void Change(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) =>
        _ = notifications.PublishUpdateAsync(resource, change);
}
