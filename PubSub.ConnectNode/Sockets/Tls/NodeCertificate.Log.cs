namespace PubSub.ConnectNode.Sockets.Tls;

internal sealed partial class NodeCertificate
{
    [LoggerMessage(1, LogLevel.Information, "The certificate {Subject} is used from now on, which is valid until {Until:u}")]
    private partial void LogTaken(string subject, DateTime until);

    [LoggerMessage(2, LogLevel.Warning, "The certificate {Subject} is valid from {From:u} to {Until:u} only: clients will refuse it. Replace the file; no restart is needed")]
    private partial void LogNotValid(string subject, DateTime from, DateTime until);

    [LoggerMessage(3, LogLevel.Warning, "TLS_CERTIFICATE_FILE or TLS_KEY_FILE changed and cannot be used, so the former certificate stays: {Wrong}")]
    private partial void LogUnusable(string wrong);
}
