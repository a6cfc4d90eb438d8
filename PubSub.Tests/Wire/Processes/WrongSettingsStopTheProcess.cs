using PubSub.Tests.Wire.HelloService;

namespace PubSub.Tests.Wire.Processes;

public sealed class WrongSettingsStopTheProcess
{
    [Fact]
    public async Task Each_wrong_setting_is_one_line_and_the_exit_code_is_2()
    {
        var (exitCode, output, errors) = await HelloProcess.RunAsync(
            "--GRPC_PORT=abc", "--HTTP_PORT=70000", "--HELLO_LIMIT=0", "--Hello:Limmit=3", "--HELLO_SALUTATION=far too long to be said",
            "--OTEL_TRACES_SAMPLER=sometimes", "--OTEL_EXPORTER_OTLP_ENDPOINT=collector", "--HELLO_ID=two words",
            "--STOP_DELAY_SECONDS=30", "--LOG_FORMAT=xml");

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Equal(
            [
                "hello: GRPC_PORT (Ports:Grpc) = 'abc' is not a whole number; allowed: 0 to 65535",
                "hello: HTTP_PORT (Ports:Http) = '70000' is out of range; allowed: 0 to 65535",
                "hello: HELLO_ID (Instance:Id) = 'two words' must be 1 to 64 letters, digits, dots, dashes or underscores",
                "hello: LOG_FORMAT (Log:Format) = 'xml' is not one of Line, Json; allowed: Line | Json",
                "hello: OTEL_EXPORTER_OTLP_ENDPOINT (Telemetry:Endpoint) = 'collector' is not an absolute address such as http://localhost:4317",
                "hello: OTEL_TRACES_SAMPLER (Telemetry:Sampler) = 'sometimes' is out of range; allowed: always_on | always_off | "
                    + "traceidratio | parentbased_always_on | parentbased_always_off | parentbased_traceidratio",
                "hello: STOP_DELAY_SECONDS = 30 leaves no time of STOP_TIMEOUT_SECONDS = 20 to finish in",
                "hello: Hello:Limmit is not a setting; section Hello has: Limit, Password, Peer, Redis, Salutation",
                "hello: HELLO_SALUTATION (Hello:Salutation) = 'far too long to be said' has more than 20 characters",
                "hello: HELLO_LIMIT (Hello:Limit) = '0' is out of range; allowed: 1 to 100",
            ],
            errors);
    }

    [Fact]
    public async Task Two_doors_on_one_port_are_said_before_the_system_says_it()
    {
        var (exitCode, _, errors) = await HelloProcess.RunAsync("--GRPC_PORT=5000", "--METRICS_PORT=5000");

        Assert.Equal(2, exitCode);
        Assert.Equal("hello: GRPC_PORT and METRICS_PORT are both 5000; each door needs its own port", Assert.Single(errors));
    }

    [Fact]
    public async Task Port_that_is_in_use_is_one_line_without_a_stack_trace()
    {
        await using var first = await HelloProcess.StartAsync();

        var (exitCode, output, errors) = await HelloProcess.RunAsync($"--HTTP_PORT={first.HttpPort}");

        Assert.Equal(1, exitCode);
        Assert.Contains($":{first.HttpPort}: address already in use", Assert.Single(errors), StringComparison.Ordinal);
        Assert.DoesNotContain(output, line => line.StartsWith("    ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_config_answers_without_starting()
    {
        var (exitCode, output, errors) = await HelloProcess.RunAsync("--check-config", "--HELLO_LIMIT=7");
        Assert.Equal((0, "hello: settings are valid"), (exitCode, Assert.Single(output)));
        Assert.Empty(errors);

        (exitCode, output, errors) = await HelloProcess.RunAsync("--check-config", "--HELLO_LIMIT=700");
        Assert.Equal(2, exitCode);
        Assert.Equal("hello: HELLO_LIMIT (Hello:Limit) = '700' is out of range; allowed: 1 to 100", Assert.Single(errors));
        Assert.Empty(output);
    }

    [Fact]
    public async Task Print_config_shows_value_and_default_of_each_setting_and_no_secret()
    {
        var (exitCode, output, _) = await HelloProcess.RunAsync(
            "--HELLO_LIMIT=7", "--Hello:Salutation=welcome", "--HELLO_PASSWORD=open sesame", "--print-config");

        Assert.Equal(0, exitCode);
        Assert.Equal(["Hello:Limit", "HELLO_LIMIT", "7", "10", "Greetings", "at", "once"], Words("Hello:Limit"));
        Assert.Equal(["Hello:Salutation", "HELLO_SALUTATION", "welcome", "hello"], Words("Hello:Salutation")[..4]);
        Assert.Equal(["Hello:Password", "HELLO_PASSWORD", "***", "-"], Words("Hello:Password")[..4]);
        Assert.Equal(["Instance:Id", "HELLO_ID", "hello-1", "hello-1"], Words("Instance:Id")[..4]);
        Assert.DoesNotContain(output, line => line.Contains("sesame", StringComparison.Ordinal));

        string[] Words(string key) => output
            .Single(line => line.StartsWith(key + " ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public async Task Settings_page_is_about_the_program_not_this_machine()
    {
        var (exitCode, output, _) = await HelloProcess.RunAsync("--HELLO_LIMIT=700", "--print-config=markdown");

        Assert.Equal(0, exitCode);
        Assert.Equal("## hello", output[0]);
        Assert.Contains("| `HELLO_LIMIT` | `Hello:Limit` | 10 | 1 to 100 | Greetings at once |", output);
        Assert.Contains("| `LOG_FORMAT` | `Log:Format` | Line | Line \\| Json | One line of text, or of JSON, for each record |", output);
    }

    [Fact]
    public async Task Unknown_form_of_the_question_is_refused()
    {
        var (exitCode, _, errors) = await HelloProcess.RunAsync("--print-config=xml");

        Assert.Equal(2, exitCode);
        Assert.Contains("--print-config=markdown", Assert.Single(errors), StringComparison.Ordinal);
    }
}
