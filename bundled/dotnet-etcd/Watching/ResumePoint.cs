using Etcdserverpb;
using Google.Protobuf.Collections;
using Mvccpb;

namespace dotnet_etcd.Watching;

/// <summary>
/// Where a watch goes on after its stream broke, so that no event is missed and none is handed on twice. Events come
/// in the order of their revisions; those of one transaction share a revision and arrive in one response, unless the
/// watch asked for fragments, so within a revision they are counted.
/// </summary>
internal sealed class ResumePoint(long startRevision)
{
    private long _revision = startRevision;
    private int _handedOn;
    private int _repeated;

    /// <summary>0: from now on, nothing was seen yet.</summary>
    public long StartRevision => _revision;

    /// <summary>A new stream begins at <see cref="StartRevision"/> and so repeats what was seen of that revision.</summary>
    public void StreamOpened() => _repeated = _handedOn;

    /// <summary>Removes events that were handed on before, and moves behind those that are left.</summary>
    public void Pass(WatchResponse response)
    {
        if (response.Created)
        {
            // The revision of the store says nothing about what a resumed watch has seen, only where a new one begins.
            MoveTo(_revision == 0 ? response.Header.Revision + 1 : _revision);
            return;
        }

        if (response.Events.Count == 0)
        {
            // A progress report: everything up to this revision has been sent.
            MoveTo(Math.Max(_revision, (response.Header?.Revision ?? 0) + 1));
            return;
        }

        RemoveRepeated(response.Events);
        if (response.Events.Count > 0 && !response.Fragment)
        {
            MoveTo(_revision + 1);
        }
    }

    private void RemoveRepeated(RepeatedField<Event> events)
    {
        var kept = 0;
        foreach (var change in events)
        {
            if (IsNew(change.Kv.ModRevision))
            {
                events[kept++] = change;
            }
        }

        while (events.Count > kept)
        {
            events.RemoveAt(events.Count - 1);
        }
    }

    private bool IsNew(long revision)
    {
        if (revision < _revision)
        {
            return false;
        }

        if (revision > _revision)
        {
            MoveTo(revision);
        }
        else if (_repeated > 0)
        {
            _repeated--;
            return false;
        }

        _handedOn++;
        return true;
    }

    private void MoveTo(long revision)
    {
        if (revision != _revision)
        {
            (_revision, _handedOn, _repeated) = (revision, 0, 0);
        }
    }
}
