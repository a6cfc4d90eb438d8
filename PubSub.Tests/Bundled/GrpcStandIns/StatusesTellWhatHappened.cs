using Grpc.Core;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class StatusesTellWhatHappened
{
    [Fact]
    public void A_status_reads_as_code_and_detail() =>
        Assert.Equal(
            "Status(StatusCode=\"NotFound\", Detail=\"no room\")", new Status(StatusCode.NotFound, "no room").ToString());

    [Fact]
    public void A_local_cause_is_named_and_becomes_the_inner_exception()
    {
        var cause = new IOException("cut");
        var status = new Status(StatusCode.Unavailable, "gone", cause);
        var exception = new RpcException(status);

        Assert.Equal(
            "Status(StatusCode=\"Unavailable\", Detail=\"gone\", DebugException=\"System.IO.IOException: cut\")",
            exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Same(Metadata.Empty, exception.Trailers);
    }

    [Fact]
    public void An_exception_keeps_its_trailers_and_own_message()
    {
        var trailers = new Metadata { { "why", "because" } };
        var exception = new RpcException(Status.DefaultCancelled, trailers, "stopped");

        Assert.Equal("stopped", exception.Message);
        Assert.Same(trailers, exception.Trailers);
        Assert.Throws<ArgumentNullException>(() => new RpcException(Status.DefaultSuccess, (Metadata)null!));
    }

    /// <summary>The numbers are the protocol's, not ours to choose.</summary>
    [Fact]
    public void Codes_have_their_wire_numbers() =>
        Assert.Equal(
            [
                "OK", "Cancelled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
                "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
                "Internal", "Unavailable", "DataLoss", "Unauthenticated",
            ],
            Enumerable.Range(0, 17).Select(number => ((StatusCode)number).ToString()));
}
