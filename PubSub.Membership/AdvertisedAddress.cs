using System.Net;
using System.Net.Sockets;

namespace PubSub.Membership;

/// <summary>Under which address the other processes reach this one.</summary>
internal static class AdvertisedAddress
{
    public static string Of(EtcdOptions options) =>
        options.AdvertisedAddress.Length > 0 ? options.AdvertisedAddress : AddressTowards(options.FirstEndpoint);

    // All processes reach etcd, so the address from which this one does is most likely one that they reach too.
    // Connecting a UDP socket sends nothing; it only asks the system which way it would go.
    private static string AddressTowards(Uri etcd)
    {
        if (etcd.IsLoopback)
            return "localhost";

        try
        {
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(etcd.Host, etcd.Port);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return IPAddress.IsLoopback(local) ? "localhost" : (local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local).ToString();
        }
        catch (SocketException)
        {
            return Dns.GetHostName();
        }
    }
}
