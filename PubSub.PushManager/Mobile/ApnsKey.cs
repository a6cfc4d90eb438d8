using System.Security.Cryptography;

namespace PubSub.PushManager.Mobile;

/// <summary>Who we are to Apple: a key of the developer team and the id that Apple gave to it.</summary>
internal sealed record ApnsKey(string Id, string Pem)
{
    /// <exception cref="FormatException">What is wrong, without a word of the key.</exception>
    public static ApnsKey Parse(string id, string pem)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            key.SignData([], HashAlgorithmName.SHA256);
            return key.KeySize == 256
                ? new ApnsKey(id, pem)
                : throw new FormatException("is no key of the curve P-256: take the .p8 file of an APNs key as it was downloaded.");
        }
        catch (Exception wrong) when (wrong is ArgumentException or CryptographicException)
        {
            throw new FormatException("is no private key in PEM: take the .p8 file of an APNs key as it was downloaded.", wrong);
        }
    }

    public byte[] Sign(byte[] bytes)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(Pem);
        return key.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public override string ToString() => Id;
}
