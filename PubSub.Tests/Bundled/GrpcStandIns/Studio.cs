using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Bundled.GrpcStandIns.Painting;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Bundled.GrpcStandIns;

/// <summary>A server of the tests that serves the painter, and what a test adds.</summary>
internal sealed class Studio : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Studio(WebApplication app, UnexpectedLogs logs)
    {
        _app = app;
        Logs = logs;
    }

    public Uri Address => new(_app.Urls.Single());

    public UnexpectedLogs Logs { get; }

    public IServiceProvider Services => _app.Services;

    public PainterCalls Calls => Services.GetRequiredService<PainterCalls>();

    public static async Task<Studio> OpenAsync(
        string name = "studio", Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var logs = new UnexpectedLogs();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new PainterCalls(name));
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapGrpcService<PainterService>();
        map?.Invoke(app);
        await app.StartAsync();
        return new Studio(app, logs);
    }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>What a test can see of the calls that a studio serves.</summary>
internal sealed class PainterCalls(string studio)
{
    public string Studio { get; } = studio;

    public TaskCompletionSource HangBegun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a hanging call has been ended from outside.</summary>
    public TaskCompletionSource HangEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

internal sealed class PainterService(PainterCalls calls, Painter.PainterClient? colleague = null) : Painter.PainterBase
{
    public override Task<Canvas> Paint(Order request, ServerCallContext context)
    {
        var canvas = new Canvas
        {
            Subject = request.Subject,
            Studio = calls.Studio,
            Peer = context.Peer,
            Headers = { context.RequestHeaders.Where(entry => !entry.IsBinary).Select(entry => $"{entry.Key}={entry.Value}") },
        };
        if (context.Deadline != DateTime.MaxValue)
            canvas.DeadlineTicks = context.Deadline.Ticks;

        return Task.FromResult(canvas);
    }

    public override async Task<Canvas> Delegate(Order request, ServerCallContext context)
    {
        using var own = new CancellationTokenSource();
        if (request.Subject != "hang")
            return await colleague!.PaintAsync(request, cancellationToken: own.Token);

        using var call = colleague!.Hang(request, cancellationToken: own.Token);
        await call.ResponseStream.MoveNext();
        await call.ResponseStream.MoveNext();
        return new Canvas();
    }

    public override async Task Hang(Order request, IServerStreamWriter<Canvas> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new Canvas { Studio = calls.Studio });
        using var ended = context.CancellationToken.Register(calls.HangEnded.SetResult);
        calls.HangBegun.SetResult();
        await calls.HangEnded.Task;
    }
}
