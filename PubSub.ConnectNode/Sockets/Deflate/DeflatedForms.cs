using PubSub.ConnectNode.Delivery;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>
/// One run as those get it who agreed to permessage-deflate. Each form is made when the first of them comes, and once,
/// whichever threads share the fan-out.
/// </summary>
internal sealed class DeflatedForms
{
    private readonly Form?[] _forms = new Form?[DeflateWindow.Most];

    public SharedFrame Of(SharedFrame plain, DeflateWindow window)
    {
        var form = Volatile.Read(ref _forms[window.Index]) ?? Make(plain, window);
        form.Use();
        return form.Frame;
    }

    /// <summary>Nobody asks any more. Who has a form keeps it by a reference.</summary>
    public void Release(SharedFrame plain)
    {
        foreach (var form in _forms)
        {
            if (form is null)
                continue;
            form.TellUses();
            if (form.Frame != plain)
                form.Frame.Release();
        }
    }

    private Form Make(SharedFrame plain, DeflateWindow window)
    {
        lock (_forms)
        {
            if (_forms[window.Index] is not { } form)
            {
                form = window.Deflate(plain);
                Volatile.Write(ref _forms[window.Index], form);
            }

            return form;
        }
    }

    /// <param name="frame">The plain one where no message of the run has shrunk.</param>
    /// <param name="messages">How many of its messages are deflated.</param>
    /// <param name="saved">Bytes that it is shorter.</param>
    /// <param name="counts">Told of its uses at the end.</param>
    internal sealed class Form(SharedFrame frame, int messages, int saved, DeflateCounts counts)
    {
        private int _uses;

        public SharedFrame Frame => frame;

        public void Use() => Interlocked.Increment(ref _uses);

        public void TellUses() => counts.Delivered((long)_uses * messages, (long)_uses * saved);
    }
}
