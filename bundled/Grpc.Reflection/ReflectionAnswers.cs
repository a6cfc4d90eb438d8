using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection;

/// <summary>Answers reflection requests, in the terms of v1; v1alpha has the same messages under another name.</summary>
internal sealed class ReflectionAnswers(IEnumerable<string> services, SymbolRegistry symbols)
{
    private readonly string[] _services = [.. services];

    public static ReflectionAnswers About(IEnumerable<ServiceDescriptor> services)
    {
        var all = services.ToArray();
        return new ReflectionAnswers(
            all.Select(service => service.FullName),
            SymbolRegistry.FromFiles(all.Select(service => service.File)));
    }

    public ServerReflectionResponse To(ServerReflectionRequest request)
    {
        var response = Answer(request);
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.ListServices => List(),
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename =>
            File(symbols.FileByName(request.FileByFilename), "file", request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol =>
            File(symbols.FileContainingSymbol(request.FileContainingSymbol), "symbol", request.FileContainingSymbol),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension =>
            Extension(request.FileContainingExtension),
        ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType =>
            Numbers(request.AllExtensionNumbersOfType),
        _ => Error(StatusCode.InvalidArgument, "The request asks for nothing that this service knows."),
    };

    private ServerReflectionResponse List() => new()
    {
        ListServicesResponse = new ListServiceResponse
        {
            Service = { _services.Select(name => new ServiceResponse { Name = name }) },
        },
    };

    private ServerReflectionResponse Extension(ExtensionRequest request) =>
        File(
            symbols.FileContainingExtension(request.ContainingType, request.ExtensionNumber),
            "extension",
            $"{request.ContainingType}:{request.ExtensionNumber}");

    private ServerReflectionResponse Numbers(string message) => symbols.ExtensionNumbers(message) is { } numbers
        ? new ServerReflectionResponse
        {
            AllExtensionNumbersResponse = new ExtensionNumberResponse
            {
                BaseTypeName = message,
                ExtensionNumber = { numbers },
            },
        }
        : NotFound("message", message);

    /// <summary>The file first, then everything it imports, each once.</summary>
    private static ServerReflectionResponse File(FileDescriptor? file, string kind, string name)
    {
        if (file is null)
        {
            return NotFound(kind, name);
        }

        var files = new FileDescriptorResponse();
        var seen = new HashSet<FileDescriptor> { file };
        var pending = new Queue<FileDescriptor>(seen);
        while (pending.TryDequeue(out var next))
        {
            files.FileDescriptorProto.Add(next.SerializedData);
            foreach (var import in next.Dependencies.Where(seen.Add))
            {
                pending.Enqueue(import);
            }
        }

        return new ServerReflectionResponse { FileDescriptorResponse = files };
    }

    private static ServerReflectionResponse NotFound(string kind, string name) =>
        Error(StatusCode.NotFound, $"There is no {kind} '{name}' here.");

    private static ServerReflectionResponse Error(StatusCode code, string message) => new()
    {
        ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message },
    };
}
