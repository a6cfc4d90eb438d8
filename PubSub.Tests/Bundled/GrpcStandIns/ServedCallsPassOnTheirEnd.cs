using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Tests.Bundled.GrpcStandIns.Painting;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Bundled.GrpcStandIns;

/// <summary>With EnableCallContextPropagation, the calls that a service makes end with the call that it serves.</summary>
public sealed class ServedCallsPassOnTheirEnd
{
    [Fact]
    public async Task The_deadline_of_the_served_call_is_the_deadline_of_its_calls()
    {
        await using var colleague = await Studio.OpenAsync("colleague");
        await using var studio = await OpenAsync(colleague);
        using var channel = GrpcChannel.ForAddress(studio.Address);
        var deadline = DateTime.UtcNow.AddMinutes(5);

        var canvas = await new Painter.PainterClient(channel).DelegateAsync(new Order(), deadline: deadline);

        Assert.Equal("colleague", canvas.Studio);
        Assert.InRange(new DateTime(canvas.DeadlineTicks, DateTimeKind.Utc), deadline.AddMinutes(-1), deadline.AddMinutes(1));
    }

    [Fact]
    public async Task Cancelling_the_served_call_cancels_its_calls()
    {
        await using var colleague = await Studio.OpenAsync("colleague");
        await using var studio = await OpenAsync(colleague);
        using var channel = GrpcChannel.ForAddress(studio.Address);
        using var cancel = new CancellationTokenSource();

        var call = new Painter.PainterClient(channel).DelegateAsync(new Order { Subject = "hang" }, cancellationToken: cancel.Token);
        await Wait.ForAsync(colleague.Calls.HangBegun.Task, "the colleague to begin");
        await cancel.CancelAsync();

        await Wait.ForAsync(colleague.Calls.HangEnded.Task, "the colleague's call to end");
        await Assert.ThrowsAsync<RpcException>(async () => await call);
    }

    [Fact]
    public async Task A_call_outside_of_any_served_one_is_refused_unless_allowed()
    {
        await using var colleague = await Studio.OpenAsync("colleague");
        await using var strict = await OpenAsync(colleague);
        await using var lenient = await OpenAsync(colleague, suppress: true);

        Assert.Throws<InvalidOperationException>(
            () => strict.Services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order()));
        var canvas = await lenient.Services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order());
        Assert.False(canvas.HasDeadlineTicks);
    }

    private static Task<Studio> OpenAsync(Studio colleague, bool suppress = false) => Studio.OpenAsync(services: services =>
        services.AddGrpcClient<Painter.PainterClient>(options => options.Address = colleague.Address)
            .EnableCallContextPropagation(options => options.SuppressContextNotFoundErrors = suppress));
}
