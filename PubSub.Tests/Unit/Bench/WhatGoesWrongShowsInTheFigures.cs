using PubSub.Bench;
using PubSub.Bench.Load;
using PubSub.Bench.Publishing;
using PubSub.Bench.Scenarios;

namespace PubSub.Tests.Unit.Bench;

public sealed class WhatGoesWrongShowsInTheFigures : IAsyncLifetime
{
    private const int Clients = 3;
    private const int Messages = 20;
    private readonly FaultyServer _server = new();
    private readonly ClientPool _pool = new(Dialect.Plain);
    private readonly uint[] _sequences = new uint[1];
    private readonly Medians _medians = new();

    public Task InitializeAsync() => _pool.ConnectAsync(Measurement.Plans(Clients, 1), _ => _server.Door, Clients, static _ => { });

    public async Task DisposeAsync()
    {
        _pool.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_good_run_has_all_in_order()
    {
        var outcome = await RoundAsync();

        Assert.Equal((Clients * Messages, Clients * Messages, 0), (outcome.Delivered, outcome.Expected, outcome.Disordered));
        Assert.Equal(Messages, outcome.Last.Count);
        Assert.All(Measurement.Checks(_medians, ""), static figure => Assert.EndsWith(": met", BenchReport.TargetOf(figure)));
    }

    [Fact]
    public async Task One_lost_delivery_of_one_round_shows()
    {
        await RoundAsync();
        await RoundAsync();
        _server.Lost = (2 * Messages) + 5;

        // What is lost is waited for, so this one has little patience.
        var outcome = await RoundAsync(TimeSpan.FromSeconds(2));

        Assert.True(outcome.Delivered < outcome.Expected);
        Assert.EndsWith(": MISSED", Verdict("delivered"));
        Assert.EndsWith(": MISSED", Verdict("out of order"));
    }

    [Fact]
    public async Task One_delivery_out_of_order_shows()
    {
        _server.Late = 5;
        await RoundAsync();
        await RoundAsync();
        await RoundAsync();

        Assert.EndsWith(": met", Verdict("delivered"));
        Assert.EndsWith(": MISSED", Verdict("out of order"));
    }

    private string Verdict(string name) =>
        BenchReport.TargetOf(Measurement.Checks(_medians, "").Single(figure => figure.Name == name));

    private async Task<Outcome> RoundAsync(TimeSpan? patience = null)
    {
        var run = new LoadRun(_pool, _server, [Clients], 128, sequences: _sequences) { Patience = patience ?? TimeSpan.FromSeconds(60) };
        var outcome = await Measurement.RunAsync(
            _pool, run, static () => default, static run => run.PaceAsync(TimeSpan.FromSeconds(0.1), Messages / 0.1));
        Measurement.Check(_medians, "", outcome);
        return outcome;
    }
}
