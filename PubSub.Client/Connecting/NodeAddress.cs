using System.Text;

namespace PubSub.Client.Connecting;

/// <summary>The URL of an attempt; SPEC.md section 1.</summary>
internal static class NodeAddress
{
    /// <param name="node">The node's door.</param>
    /// <param name="options">Who comes.</param>
    /// <param name="resumes">A <c>connect</c> frame with positions follows.</param>
    public static Uri For(Uri node, PubSubClientOptions options, bool resumes)
    {
        var query = new StringBuilder(node.Query.TrimStart('?'));
        if (options.Token is null)
        {
            Add("user_id", options.UserId);
            Add("user_name", options.UserName);
            Add("resume", resumes ? "1" : "");
        }

        Add("device_id", options.DeviceId);
        return new UriBuilder(node) { Query = query.ToString() }.Uri;

        void Add(string name, string value)
        {
            if (value.Length > 0)
                query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
