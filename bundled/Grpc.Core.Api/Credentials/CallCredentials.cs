using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Adds headers that say who calls, per call.</summary>
public abstract class CallCredentials
{
    public static CallCredentials Compose(params CallCredentials[] credentials) => new Composite(credentials);

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new FromAsync(interceptor);

    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class Composite : CallCredentials
    {
        private readonly IReadOnlyList<CallCredentials> _parts;

        public Composite(CallCredentials[] parts)
        {
            GrpcPreconditions.CheckArgument(parts.Length >= 2, "Composing takes at least two call credentials.");
            _parts = [.. parts];
        }

        public override void InternalPopulateConfiguration(
            CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, _parts);
    }

    private sealed class FromAsync(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        private readonly AsyncAuthInterceptor _interceptor =
            GrpcPreconditions.CheckNotNull(interceptor, nameof(interceptor));

        public override void InternalPopulateConfiguration(
            CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, _interceptor);
    }
}

/// <summary>How a client reads call credentials.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
