"""Who is signed in where: one small entry per session, listed per subject, each endable.

This is what ASVS 5.0, 7.5.2 asks for, and it is opt-in. All of it is sealed: whoever reads the
store sees that there are sessions, and neither whose nor where, unless the index key is there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from cookie_sessions.crypto import Aead
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation.identity import IndexKey, reference_of, session_id
from cookie_sessions.revocation.registry_form import (
    MOST_SESSIONS,
    Entry,
    Listing,
    SignedIn,
    entry_name,
    hour_of,
    is_reference,
    kept_until,
    listing_name,
    open_entry,
    open_listing,
    seal,
    tidy,
)
from cookie_sessions.stores.store import ExpiringStore

__all__ = ["Registry", "SignedIn"]

_Change: TypeAlias = Callable[[Iterable[str]], Iterable[str]]

_TRIES: Final = 64
"""How often a list is read and written again because another was first. Each sign-in writes it
once, so that many sign-ins of one subject may come at the same moment."""


class Registry:
    """Lists the sessions of each subject; safe under threads, and after a fork as its store is.

    A session that lives and was noted is listed, as long as its subject has no more than 100: of
    more, those listed longest are left out, until they are used in another hour. One that has timed
    out may be listed for an hour longer. Entries that do not open, or stand where they do not
    belong, are absent.

    It ends no session by itself: what is forgotten here lives until it is revoked.

    All methods raise :class:`~cookie_sessions.errors.Unavailable`, where the store or the index key
    can't be had, and nothing else that a visitor could cause. After it, a session may be kept and
    not listed; noting it again, or its use in another hour, mends that.

    Args:
        store: where entries are kept. It must not evict.
        index: what names subjects and seals entries.
    """

    def __init__(self, store: ExpiringStore, *, index: Callable[[], IndexKey]) -> None:
        self._store = store
        self._index = index

    def note(
        self,
        *,
        sid: bytes,
        subject: bytes,
        since: int,
        created: int,
        label: str,
        ends: float,
        now: float,
    ) -> None:
        """List a session, or say all of it anew.

        Args:
            sid: the session's id, 16 octets.
            subject: whom it belongs to, as claims carry it.
            since: the session's, in milliseconds since the epoch.
            created: when it began, in whole seconds since the epoch.
            label: what its owner knows it by, such as the browser and the place; any text.
            ends: the sealed end of the session, in seconds since the epoch.
            now: seconds since the epoch.
        """
        if (end := kept_until(ends)) <= now:
            return
        index = self._index()
        owner = index.subject(subject)
        entry = Entry(owner, session_id(sid), since, created, hour_of(now), end, tidy(label))
        aead, reference = index.aead(), reference_of(sid)
        self._put(aead, reference, entry)
        self._rewrite(aead, owner, lambda listed: (*listed, reference), ends=end)

    def seen(
        self,
        *,
        sid: bytes,
        subject: bytes,
        since: int,
        label: str | None,
        ends: float,
        now: float,
        last: float,
    ) -> None:
        """Say that a session is in use; within one hour the store is not even asked.

        A session that is listed no more, because its owner ended it, does not come back by this.

        Args:
            sid: the session's id, 16 octets.
            subject: whom it belongs to, as claims carry it.
            since: the session's, in milliseconds since the epoch.
            label: another label, or None for the one that it has.
            ends: the sealed end of the session, in seconds since the epoch.
            now: seconds since the epoch.
            last: when its cookie was last sealed, in seconds since the epoch.
        """
        if hour_of(now) == hour_of(last) or (end := kept_until(ends)) <= now:
            return
        index = self._index()
        aead, owner, reference = index.aead(), index.subject(subject), reference_of(sid)
        name = entry_name(reference)
        present = self._store.get(name)
        old = open_entry(aead, name, present)
        if present is None or old is None or old.subject != owner:
            return
        entry = old._replace(
            since=max(since, old.since),
            seen=max(hour_of(now), old.seen),
            ends=max(end, old.ends),
            label=old.label if label is None else tidy(label),
        )
        # Requests that came together with one that was first have nothing to add.
        if entry._replace(ends=old.ends) == old:
            return
        # Whatever has changed meanwhile was written by such a request, or by the owner's ending.
        sealed = seal(aead, name, entry)
        if not self._store.replace(name, sealed, expected=present, ends=entry.ends):
            return
        listing = self._listing(aead, owner)
        if reference not in listing.references or listing.ends < entry.ends:
            self._rewrite(aead, owner, lambda listed: (*listed, reference), ends=entry.ends)

    def move(
        self,
        *,
        old_sid: bytes,
        sid: bytes,
        subject: bytes,
        since: int,
        ends: float,
        now: float,
    ) -> bool:
        """List a session under another id, in its old place; when it began and its label stay.

        The id may be the same: then ``since`` and the end are written anew, as is due where a
        session outlives a not-before mark of its subject.

        Args:
            old_sid: the id that the session had, 16 octets.
            sid: the id that it has, 16 octets.
            subject: whom it belongs to, as claims carry it.
            since: the session's, in milliseconds since the epoch.
            ends: the sealed end of the session, in seconds since the epoch.
            now: seconds since the epoch.

        Returns:
            Whether it is listed now: not where the old one was listed no more.
        """
        index = self._index()
        aead, owner = index.aead(), index.subject(subject)
        old_reference, reference = reference_of(old_sid), reference_of(sid)
        old = self._entries(aead, [old_reference], owner).get(old_reference)
        if old is None or (end := kept_until(ends)) <= now:
            return False
        entry = old._replace(session=session_id(sid), since=since, seen=hour_of(now), ends=end)
        self._put(aead, reference, entry)
        renamed = {old_reference: reference}
        self._rewrite(
            aead,
            owner,
            lambda listed: (renamed.get(each, each) for each in (*listed, reference)),
            ends=end,
        )
        if reference != old_reference:
            self._store.delete([entry_name(old_reference)])
        return True

    def forget(self, references: Iterable[str], *, subject: bytes | None) -> None:
        """Have sessions be listed no more; those of others, and unknown ones, are passed over.

        Args:
            references: of any form.
            subject: whom they belong to, as claims carry it; None: whomever, for administrators.
        """
        wanted = [reference for reference in references if is_reference(reference)]
        if subject is not None:
            index = self._index()
            wanted = list(self._entries(index.aead(), wanted, index.subject(subject)))
        # The list of the subject's sessions drops what is gone whenever it is written.
        self._store.delete(entry_name(reference) for reference in wanted)

    def forget_subject(self, subject: bytes) -> None:
        """Have a subject's sessions be listed no more; one that begins at this moment may be.

        Args:
            subject: whose, as claims carry it.
        """
        index = self._index()
        aead, owner = index.aead(), index.subject(subject)
        listing = self._listing(aead, owner)
        self.forget(listing.references, subject=subject)
        self._rewrite(aead, owner, lambda listed: listed, ends=0)

    def of(self, subject: bytes, *, mark: int, now: float) -> list[SignedIn]:
        """The sessions of a subject, those seen last first.

        Args:
            subject: whose, as claims carry it.
            mark: the latest not-before mark that applies, in milliseconds since the epoch; what
                began at it or before is signed out, and left out.
            now: seconds since the epoch.
        """
        index = self._index()
        aead, owner = index.aead(), index.subject(subject)
        listing = self._listing(aead, owner)
        found = self._entries(aead, listing.references, owner)
        living = {
            reference: entry
            for reference, entry in found.items()
            if entry.since > mark and entry.ends > now
        }
        latest = sorted(living, key=lambda each: (living[each].seen, living[each].created))
        return [living[reference].shown(reference) for reference in reversed(latest)]

    def find(self, reference: str, *, subject: bytes | None) -> SignedIn | None:
        """The session that a reference names, if it belongs to the subject; else None.

        Args:
            reference: any text, compared as it is.
            subject: whose it must be, as claims carry it; None: anyone's, for administrators.
        """
        if not is_reference(reference):
            return None
        index = self._index()
        owner = None if subject is None else index.subject(subject)
        entry = self._entries(index.aead(), [reference], owner).get(reference)
        return None if entry is None else entry.shown(reference)

    def _put(self, aead: Aead, reference: str, entry: Entry) -> None:
        name = entry_name(reference)
        self._store.put(name, seal(aead, name, entry), ends=entry.ends)

    def _entries(
        self, aead: Aead, references: Iterable[str], owner: bytes | None
    ) -> dict[str, Entry]:
        names = {reference: entry_name(reference) for reference in references}
        stored = self._store.get_many(names.values())
        opened = {
            reference: open_entry(aead, name, stored.get(name)) for reference, name in names.items()
        }
        return {
            reference: entry
            for reference, entry in opened.items()
            if entry is not None and (owner is None or owner == entry.subject)
        }

    def _listing(self, aead: Aead, owner: bytes) -> Listing:
        name = listing_name(owner)
        return open_listing(aead, name, self._store.get(name))

    def _rewrite(self, aead: Aead, owner: bytes, change: _Change, *, ends: int) -> None:
        # Entries are written before they are listed, and each listing writes the list anew. So
        # whoever drops one that comes meanwhile finds the list changed, and reads it again.
        name = listing_name(owner)
        for _ in range(_TRIES):
            present = self._store.get(name)
            old = open_listing(aead, name, present)
            references = tuple(dict.fromkeys(change(self._entries(aead, old.references, owner))))
            new = Listing(max(old.ends, ends), references[-MOST_SESSIONS:])
            if self._swap(name, present, seal(aead, name, new), ends=new.ends if references else 0):
                return
        raise Unavailable(
            f"{self._store.name} had other writers be first {_TRIES} times while the list of a "
            f"subject's sessions was written. Try again; if it comes often, see who signs in at "
            f"such a rate."
        )

    def _swap(self, name: str, present: bytes | None, value: bytes, *, ends: float) -> bool:
        if present is not None:
            return self._store.replace(name, value, expected=present, ends=ends)
        return not ends or self._store.add(name, value, ends=ends)
