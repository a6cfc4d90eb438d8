using Grpc.Core.Utils;

namespace Grpc.Core;

public static class AsyncStreamReaderExtensions
{
    /// <summary>Waits for the next message, for as long as the call lives.</summary>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
        where T : class =>
        GrpcPreconditions.CheckNotNull(streamReader, nameof(streamReader)).MoveNext(CancellationToken.None);
}
