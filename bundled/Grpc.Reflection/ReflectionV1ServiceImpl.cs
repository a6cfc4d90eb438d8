using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>Server reflection v1 for a fixed set of services.</summary>
public class ReflectionV1ServiceImpl : ServerReflection.ServerReflectionBase
{
    private readonly ReflectionAnswers _answers;

    public ReflectionV1ServiceImpl(IEnumerable<string> services, SymbolRegistry symbolRegistry)
    {
        _answers = new ReflectionAnswers(services, symbolRegistry);
    }

    public ReflectionV1ServiceImpl(IEnumerable<ServiceDescriptor> serviceDescriptors)
    {
        _answers = ReflectionAnswers.About(serviceDescriptors);
    }

    public ReflectionV1ServiceImpl(params ServiceDescriptor[] serviceDescriptors)
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
            await responseStream.WriteAsync(_answers.To(requestStream.Current)).ConfigureAwait(false);
        }
    }
}
