using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class SettingsAreBoundAndChecked
{
    [Fact]
    public void Default_then_section_then_environment_variable()
    {
        Assert.Equal(10, Bind([]).Size);
        Assert.Equal(11, Bind([("Queue:Size", "11")]).Size);
        Assert.Equal(12, Bind([("Queue:Size", "11"), ("QUEUE_SIZE", "12")]).Size);
        Assert.Equal(11, Bind([("Queue:Size", "11"), ("QUEUE_SIZE", "")]).Size);
    }

    [Fact]
    public void Lists_spans_enums_and_addresses_are_read_from_one_variable_or_from_a_section()
    {
        var fromVariables = Bind(
        [
            ("QUEUE_PEERS", "a:1, b:2"), ("QUEUE_WAIT", "00:00:05"), ("QUEUE_MODE", "drop"), ("QUEUE_SINK", "http://localhost:1"),
        ]);
        var fromSection = Bind([("Queue:Peers:0", "a:1"), ("Queue:Peers:1", "b:2")]);

        Assert.Equal(["a:1", "b:2"], fromVariables.Peers);
        Assert.Equal(["a:1", "b:2"], fromSection.Peers);
        Assert.Equal(TimeSpan.FromSeconds(5), fromVariables.Wait);
        Assert.Equal(QueueMode.Drop, fromVariables.Mode);
        Assert.Equal(new Uri("http://localhost:1"), fromVariables.Sink);
    }

    [Theory]
    [InlineData("QUEUE_SIZE", "many", "QUEUE_SIZE (Queue:Size) = 'many' is not a whole number; allowed: 1 to 100")]
    [InlineData("QUEUE_SIZE", "101", "QUEUE_SIZE (Queue:Size) = '101' is out of range; allowed: 1 to 100")]
    [InlineData("QUEUE_WAIT", "soon", "QUEUE_WAIT (Queue:Wait) = 'soon' is not a time span such as 00:00:30")]
    [InlineData("QUEUE_MODE", "2", "QUEUE_MODE (Queue:Mode) = '2' is not one of Block, Drop; allowed: Block | Drop")]
    [InlineData("QUEUE_SINK", "localhost", "QUEUE_SINK (Queue:Sink) = 'localhost' is not an absolute address such as http://localhost:4317")]
    [InlineData("QUEUE_SECRET", "short", "QUEUE_SECRET (Queue:Secret) = '***' must have 8 characters or more")]
    [InlineData("Queue:Name", "", "Queue:Name is not set; it has no default")]
    [InlineData("Queue:Sise", "3", "Queue:Sise is not a setting; section Queue has: Mode, Name, Peers, Secret, Sink, Size, Wait")]
    public void Wrong_value_is_one_line_with_name_value_and_what_is_allowed(string key, string value, string fault) =>
        Assert.Equal([fault], Assert.Throws<OptionsValidationException>(() => Bind([(key, value)])).Failures);

    [Fact]
    public void All_faults_are_reported_together_with_those_of_other_validators()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Bind(
            [("QUEUE_SIZE", "0"), ("QUEUE_MODE", "maybe")],
            services => services.AddSingleton<IValidateOptions<QueueOptions>>(
                new ValidateOptions<QueueOptions>("", _ => false, "never good enough"))));

        Assert.Equal(3, failure.Failures.Count());
        Assert.Contains("never good enough", failure.Failures);
    }

    [Fact]
    public void Check_over_several_settings_runs_when_each_is_sound()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Bind([("QUEUE_SIZE", "13")]));

        Assert.Equal(["13 brings bad luck"], failure.Failures);
    }

    [Fact]
    public async Task Host_does_not_start_with_a_wrong_setting()
    {
        using var host = Build([("QUEUE_SIZE", "0")]);

        await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
    }

    private static QueueOptions Bind((string Key, string Value)[] configuration, Action<IServiceCollection>? more = null)
    {
        using var host = Build(configuration, more);
        return host.Services.GetRequiredService<IOptions<QueueOptions>>().Value;
    }

    private static IHost Build((string Key, string Value)[] configuration, Action<IServiceCollection>? more = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
            configuration.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        builder.AddValidatedOptions<QueueOptions>("Queue", queue => queue.Size == 13 ? ["13 brings bad luck"] : []);
        more?.Invoke(builder.Services);
        return builder.Build();
    }

    private enum QueueMode
    {
        Block,
        Drop,
    }

    private sealed class QueueOptions
    {
        [Setting("QUEUE_SIZE", "Places"), Range(1, 100)]
        public int Size { get; set; } = 10;

        [Setting("QUEUE_PEERS", "Others")]
        public string[] Peers { get; set; } = [];

        [Setting("QUEUE_WAIT", "Patience")]
        public TimeSpan Wait { get; set; }

        [Setting("QUEUE_MODE", "When full")]
        public QueueMode Mode { get; set; }

        [Setting("QUEUE_SINK", "Where to")]
        public Uri? Sink { get; set; }

        [Setting("QUEUE_SECRET", "Key", Secret = true), MinLength(8, ErrorMessage = "must have 8 characters or more")]
        public string? Secret { get; set; }

        [Required]
        public string Name { get; set; } = "queue";
    }
}
