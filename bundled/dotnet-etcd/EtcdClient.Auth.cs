using dotnet_etcd.Connecting;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd;

public partial class EtcdClient
{
    private volatile Credentials? _credentials;

    public void SetCredentials(string username, string password, TimeSpan? tokenCacheDuration = null)
    {
        if (string.IsNullOrWhiteSpace(username))
        {
            throw new ArgumentNullException(nameof(username));
        }

        if (string.IsNullOrWhiteSpace(password))
        {
            throw new ArgumentNullException(nameof(password));
        }

        var tokens = TokensOrThrow();
        _credentials = new Credentials(username, password, tokenCacheDuration ?? _credentials?.TokenLife ?? DefaultTokenLife);
        tokens.Forget();
    }

    public void ClearCredentials()
    {
        var tokens = TokensOrThrow();
        _credentials = null;
        tokens.Forget();
    }

    public AuthenticateResponse Authenticate(AuthenticateRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.Authenticate(request, headers, deadline, cancellationToken);

    public async Task<AuthenticateResponse> AuthenticateAsync(AuthenticateRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.AuthenticateAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public AuthEnableResponse AuthEnable(AuthEnableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.AuthEnable(request, headers, deadline, cancellationToken);

    public async Task<AuthEnableResponse> AuthEnableAsync(AuthEnableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.AuthEnableAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public AuthDisableResponse AuthDisable(AuthDisableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.AuthDisable(request, headers, deadline, cancellationToken);

    public async Task<AuthDisableResponse> AuthDisableAsync(AuthDisableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.AuthDisableAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public AuthUserAddResponse UserAdd(AuthUserAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.UserAdd(request, headers, deadline, cancellationToken);

    public async Task<AuthUserAddResponse> UserAddAsync(AuthUserAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.UserAddAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public AuthUserGrantRoleResponse UserGrantRole(AuthUserGrantRoleRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.UserGrantRole(request, headers, deadline, cancellationToken);

    public async Task<AuthUserGrantRoleResponse> UserGrantRoleAsync(AuthUserGrantRoleRequest request,
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.UserGrantRoleAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public AuthRoleAddResponse RoleAdd(AuthRoleAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.AuthClient.RoleAdd(request, headers, deadline, cancellationToken);

    public async Task<AuthRoleAddResponse> RoleAddAsync(AuthRoleAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.AuthClient.RoleAddAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    private TokenHandler TokensOrThrow() => _tokens ?? throw new InvalidOperationException(
        "This client was given its calls or connection ready made and cannot add a token to them. "
        + "Give the constructor a connection string, or add the token there.");

    private async Task<(string Token, TimeSpan Life)?> RequestTokenAsync(CancellationToken cancellationToken)
    {
        if (_credentials is not { } credentials)
        {
            return null;
        }

        var request = new AuthenticateRequest { Name = credentials.User, Password = credentials.Password };
        var answer = await AuthenticateAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false);
        return (answer.Token, credentials.TokenLife);
    }

    private sealed record Credentials(string User, string Password, TimeSpan TokenLife);
}
