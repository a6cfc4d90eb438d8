using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace Grpc.Reflection;

/// <summary>Server reflection v1alpha for a fixed set of services: the v1 answers, which look the same as bytes.</summary>
public class ReflectionServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly ReflectionAnswers _answers;

    public ReflectionServiceImpl(IEnumerable<string> services, SymbolRegistry symbolRegistry)
    {
        _answers = new ReflectionAnswers(services, symbolRegistry);
    }

    public ReflectionServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors)
    {
        _answers = ReflectionAnswers.About(serviceDescriptors);
    }

    public ReflectionServiceImpl(params ServiceDescriptor[] serviceDescriptors)
        : this((IEnumerable<ServiceDescriptor>)serviceDescriptors)
    {
    }

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            var request = V1.ServerReflectionRequest.Parser.ParseFrom(requestStream.Current.ToByteString());
            var answer = ServerReflectionResponse.Parser.ParseFrom(_answers.To(request).ToByteString());
            await responseStream.WriteAsync(answer).ConfigureAwait(false);
        }
    }
}
