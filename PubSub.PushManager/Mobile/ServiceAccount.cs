using System.Security.Cryptography;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>Who we are to Google: the fields of a service account's key file that a token exchange needs.</summary>
internal sealed record ServiceAccount(string ProjectId, string ClientEmail, string PrivateKeyId, string PrivateKey, Uri TokenUri)
{
    /// <exception cref="FormatException">What is wrong, without a word of the key.</exception>
    public static ServiceAccount Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var account = new ServiceAccount(
                Field(document, "project_id"), Field(document, "client_email"), Field(document, "private_key_id"), Field(document, "private_key"),
                new Uri(Field(document, "token_uri"), UriKind.Absolute));
            if (!PushServiceHttp.IsSafe(account.TokenUri))
                throw new FormatException("has a token_uri that is not an https address.");
            using var key = account.LoadKey();
            return account;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new FormatException("is not the JSON of a service account's key.", wrong);
        }
        catch (UriFormatException wrong)
        {
            throw new FormatException("has a token_uri that is not an https address.", wrong);
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            throw new FormatException("has a private_key that is no RSA key in PEM.", wrong);
        }
    }

    public RSA LoadKey()
    {
        var key = RSA.Create();
        key.ImportFromPem(PrivateKey);
        return key;
    }

    public override string ToString() => ClientEmail;

    private static string Field(JsonDocument document, string name) =>
        document.RootElement.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text
            ? text
            : throw new FormatException($"has no {name}: take the key file as Google made it.");
}
