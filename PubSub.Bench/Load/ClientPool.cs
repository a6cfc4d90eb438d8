using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PubSub.ConnectNode.Sockets.Lean;

namespace PubSub.Bench.Load;

/// <summary>All connections of the load and the one thread that serves them.</summary>
internal sealed class ClientPool : IDisposable
{
    private const int ReadSize = 256 * 1024;

    // A source address has some 28,000 ports for one target.
    private const int ConnectionsPerAddress = 9000;

    private readonly Dialect _dialect;
    private readonly Epoll _epoll = new(1024);
    private readonly List<LoadClient> _clients = [];
    private readonly ConcurrentQueue<Action> _wishes = new();
    private readonly byte[] _buffer = new byte[ReadSize];
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile Exception? _fault;
    private int _ready;
    private int _gone;
    private long _bytesRead;

    public ClientPool(Dialect dialect)
    {
        _dialect = dialect;
        _thread = new Thread(Run) { IsBackground = true, Name = "load" };
        _thread.Start();
    }

    public Deliveries Deliveries { get; } = new();

    /// <summary>From the first step of connecting until the client is in.</summary>
    public LatencyHistogram Entrances { get; private set; } = new();

    /// <summary>These have room for little in their sockets, so that a server notices soon when they stop reading.</summary>
    public Func<ClientPlan, bool> SmallSocket { get; init; } = static _ => false;

    /// <summary>Clients that are in and get what is pushed.</summary>
    public int Ready => Volatile.Read(ref _ready);

    /// <summary>Clients whose connection ended without being asked to.</summary>
    public int Gone => Volatile.Read(ref _gone);

    /// <summary>Bytes of all connections.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Connects the clients, so many at once, and returns when all are in.</summary>
    /// <param name="plans">Who they are.</param>
    /// <param name="target">Where each connects to.</param>
    /// <param name="atOnce">Handshakes under way.</param>
    /// <param name="log">Progress.</param>
    public async Task ConnectAsync(IReadOnlyList<ClientPlan> plans, Func<ClientPlan, IPEndPoint> target, int atOnce, Action<string> log)
    {
        var wanted = Ready + plans.Count;
        var told = Stopwatch.StartNew();
        var next = 0;
        var begun = Ready;
        while (Ready < wanted)
        {
            ThrowIfBroken();
            for (; next < plans.Count && begun + next - Ready < atOnce; next++)
            {
                var plan = plans[next];
                var to = target(plan);
                _wishes.Enqueue(() => Begin(plan, to));
            }

            await Task.Delay(1);
            if (told.Elapsed > TimeSpan.FromSeconds(2))
            {
                log($"{Ready} of {wanted} connections");
                told.Restart();
            }

            if (Gone > 0)
                throw new InvalidOperationException($"{_dialect.Name} ended {Gone} connections while they came in.");
        }
    }

    /// <summary>The clients for which this holds stop reading.</summary>
    public Task StopReadingAsync(Func<ClientPlan, bool> who) => OnThreadAsync(() =>
    {
        for (var i = 0; i < _clients.Count; i++)
        {
            if (!who(_clients[i].Plan) || _clients[i].Phase == ClientPhase.Gone)
                continue;
            _clients[i].IsStopped = true;
            _epoll.Change(_clients[i].Socket.SafeHandle, i, PollEvents.None);
        }
    });

    /// <summary>Those who have stopped leave, so that others can come in their place.</summary>
    public Task DropStoppedAsync() => OnThreadAsync(() =>
    {
        foreach (var client in _clients.Where(static client => client.IsStopped && client.Phase != ClientPhase.Gone))
        {
            client.Lost();
            Volatile.Write(ref _ready, _ready - 1);
        }
    });

    /// <summary>Only while nobody comes in.</summary>
    public void NewEntrances() => Entrances = new LatencyHistogram();

    /// <summary>Everybody leaves, without a word.</summary>
    public Task LeaveAsync() => OnThreadAsync(() =>
    {
        foreach (var client in _clients)
            client.Lost();
        Volatile.Write(ref _ready, 0);
    });

    public void ThrowIfBroken()
    {
        if (_fault is { } fault)
            throw new InvalidOperationException("The load broke: " + fault.Message, fault);
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        foreach (var client in _clients)
            client.Lost();
        _epoll.Dispose();
    }

    private async Task OnThreadAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _wishes.Enqueue(() =>
        {
            action();
            done.SetResult();
        });
        await done.Task;
    }

    private void Run()
    {
        try
        {
            while (!_stopping)
            {
                while (_wishes.TryDequeue(out var wish))
                    wish();
                var ready = _epoll.Wait(1);
                for (var i = 0; i < ready; i++)
                    Serve((int)_epoll.NumberAt(i));
                if (ready > 0)
                    Deliveries.TellNews();
            }
        }
        catch (Exception fault)
        {
            _fault = fault;
            Deliveries.TellNews();
        }
    }

    private void Begin(ClientPlan plan, IPEndPoint target)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
        if (plan.Index >= ConnectionsPerAddress)
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (plan.Index / ConnectionsPerAddress))]), 0));
        if (SmallSocket(plan))
            MakeSmall(socket);
        var number = _clients.Count;
        _clients.Add(new LoadClient(plan, _dialect, socket, Deliveries));
        try
        {
            socket.Connect(target);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // On its way; the queue tells the end.
        }

        _epoll.Add(socket.SafeHandle, number, PollEvents.Writable);
    }

    /// <summary>
    /// Before it connects, as both are agreed on then. With the segments of the loopback, which are 64 KB, a server's socket
    /// takes a megabyte for a reader who has stopped; with those of a network it takes some ten KB.
    /// </summary>
    private static void MakeSmall(Socket socket)
    {
        const int tcp = 6;
        const int maxSegment = 2;
        socket.ReceiveBufferSize = 4096;
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, 1448);
        socket.SetRawSocketOption(tcp, maxSegment, bytes);
    }

    private void Serve(int number)
    {
        var client = _clients[number];
        if (client.Phase == ClientPhase.Gone)
            return;
        if (client.Phase == ClientPhase.Connecting)
        {
            client.Connected(client.Socket.RemoteEndPoint!.ToString()!);
            _epoll.Change(client.Socket.SafeHandle, number, PollEvents.Readable);
            return;
        }

        if (client.IsStopped)
        {
            // Cut off. The queue would say so without end, and this thread would spin beside what is measured.
            _epoll.Remove(client.Socket.SafeHandle);
            return;
        }

        var was = client.Phase;
        Read(client);
        if (was != ClientPhase.Ready && client.Phase == ClientPhase.Ready)
        {
            Entrances.RecordSince(client.BegunAt);
            Volatile.Write(ref _ready, _ready + 1);
        }

        if (client.Phase == ClientPhase.Gone)
        {
            client.Lost();
            Volatile.Write(ref _gone, _gone + 1);
        }
    }

    private void Read(LoadClient client)
    {
        var rest = client.Rest.Length;
        client.Rest.CopyTo(_buffer);
        var read = client.Socket.Receive(_buffer.AsSpan(rest), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return;
        if (error != SocketError.Success || read == 0)
        {
            client.Lost();
            return;
        }

        Volatile.Write(ref _bytesRead, _bytesRead + read);
        client.Take(_buffer.AsSpan(0, rest + read), Stopwatch.GetTimestamp());
    }
}
