"""The session in the application's hands: a mapping that opens at its first use.

It has the whole surface of a dict without being one: C code that takes dicts apart would see it
unopened. Nothing is decrypted before the first use, and no value is unpacked before it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Reference, Wire, is_its_own_wire
from cookie_sessions.content import Content, Origin
from cookie_sessions.errors import Reason, Rejected, Unavailable, UsageError
from cookie_sessions.events import EventName, Events
from cookie_sessions.freshness import Freshness

_INLINE: Final = frozenset({type(None), bool, int, float, str})
_IMMUTABLE: Final = _INLINE | {bytes, datetime, date, time, timedelta, UUID}
DEFAULT_SUBJECT_KEY: Final = "_user_id"
"""Where Flask-Login says whose session it is."""

_NEVER_PACKED: Final = b""
"""Equal to no packed value: what was assigned always counts as changed."""


class Session(Freshness):
    """One visitor's session: any keys, and values of the types that the codec keeps.

    Assigning, deleting, ``update`` and ``clear`` count as a change; so does a change inside a
    value that was handed out, which is found by packing it again when the session is committed.

    Args:
        origin: opens the session at its first use.
        codec: packs and unpacks values.
        events: told of lost writes and of values that can't be unpacked.
        strict: raise UsageError for a write after the session has been committed.
        subject_key: the key whose value says whose session it is, where ``subject`` was not set.

    Beside what an application needs, names here begin with an underscore: a template's
    ``{{ session.name }}`` looks for an attribute before it looks for a key.

    Attributes:
        accessed: whether the application has used the session in any way.
    """

    accessed: bool = False

    _wires: dict[Any, Wire] | None = None
    _content: Content | None = None
    _claims: Claims | None = None
    _written = False
    _settled = False
    _committed = False
    _unavailable = False
    _left = False
    _main_owner: bytes | None = None
    """Whose the main session is that this one is used with; None for nobody's or a main one."""
    _lost_at = ""
    _ended: tuple[Reference, ...] = ()

    def __init__(
        self,
        origin: Origin,
        *,
        codec: Codec,
        events: Events,
        strict: bool = False,
        subject_key: str = DEFAULT_SUBJECT_KEY,
    ) -> None:
        self._origin = origin
        self._codec = codec
        self._events = events
        self._strict = strict
        self._subject_key = subject_key

    @property
    def permanent(self) -> bool:
        """Whether the session outlives the browser's window and its end moves with its use."""
        return bool(self.get("_permanent", False))

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)

    @property
    def modified(self) -> bool:
        """Whether the session will be written. ``True`` writes it, ``False`` forgets changes."""
        if self._written or self._wires is None:
            return self._written
        return bool(self._watched) and not self._settled and self._changed_within()

    @modified.setter
    def modified(self, value: bool) -> None:
        if value:
            self._writable()
            self._written = True
            return
        wires = self._opened()
        for name in tuple(self._watched):
            try:
                self._settle_one(wires, name)
            except UsageError:
                # What can't be packed can't be forgotten either: the commit will refuse it.
                continue
        self._written = False

    # The operations that the surface of a dict is made of.

    def __getitem__(self, key: Any) -> Any:
        wires = self._wires
        if wires is None:
            wires = self._open()
        wire = None
        try:
            if key in self._live:
                return self._live[key]
            wire = wires[key]
            return wire if type(wire) in _INLINE else self._hand_out(wires, key, wire)
        except Exception:
            # Reporters of errors record the locals of frames: no values are left in this one.
            wires = wire = None
            raise

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of ``key``, or ``default`` where there is none."""
        wires = self._wires
        if wires is None:
            wires = self._open()
        # Most keys that are asked for in vain are none, and that costs no exception.
        return super().get(key, default) if key in wires else default

    def __setitem__(self, key: Any, value: Any) -> None:
        wires = self._wires
        if wires is None or self._unavailable or self._committed:
            wires = self._writable()
            if self._unavailable:
                return
        # A value that is stored for the first time takes its place in the order now.
        wires.setdefault(key, None)
        if self._damaged:
            self._damaged.pop(key, None)
        self._live[key] = value
        self._watched[key] = _NEVER_PACKED
        self._written = True

    def __delitem__(self, key: Any) -> None:
        self._writable()
        self[key]
        del self._opened()[key]
        self._live.pop(key, None)
        self._watched.pop(key, None)
        self._written = True

    def __contains__(self, key: object) -> bool:
        wires = self._wires
        if wires is None:
            wires = self._open()
        if key not in wires:
            return False
        return type(wires[key]) in _INLINE or self._readable(wires, key)

    def __iter__(self) -> Iterator[Any]:
        wires = self._opened()
        self._fetch(wires, tuple(wires))
        return iter([key for key in tuple(wires) if self._readable(wires, key)])

    def __bool__(self) -> bool:
        wires = self._opened()
        # A value that is at hand answers without asking the store for the others.
        near = sorted(wires, key=lambda key: Reference.of(wires[key]) is not None)
        return any(self._readable(wires, key) for key in near)

    def __repr__(self) -> str:
        if self._wires is None:
            return f"<{type(self).__name__} not opened>"
        return f"<{type(self).__name__} with the keys {[*self._wires]!r}>"

    def clear(self) -> None:
        """Remove all values and the subject; counts as a change even where there are none."""
        wires = self._writable()
        self._forget_subject()
        wires.clear()
        self._live.clear()
        self._watched.clear()
        self._damaged.clear()
        self._written = True

    def update(self, other: Any = None, /, **kwargs: Any) -> None:
        """Store the pairs of a mapping or an iterable; counts as a change even without any."""
        super().update(() if other is None else other, **kwargs)
        self._writable()
        self._written = True

    # What the manager and the adapters ask, out of a template's sight.

    @property
    def _is_open(self) -> bool:
        return self._wires is not None

    @property
    def _holds_something(self) -> bool:
        """Whether there is anything to keep: a value, read or not, or a subject."""
        if self._opened() or self._damaged or self._intent.subject is not None:
            return True
        if self._intent.proved_at is not None:
            return True
        claims, content = self._claims, self._content
        if claims is None or claims.subject is not None:
            return claims is not None
        # A proof is kept for its own sake, but not that of somebody who is not there any more.
        return claims.auth_time is not None and (content is None or content.owner is None)

    def _commit(self) -> None:
        """Note that the session has been saved; what is written afterwards is lost."""
        self._committed = True

    def _settle(self) -> dict[Any, Wire]:
        """Pack what was assigned or handed out; once, when the session is committed.

        Returns:
            All values as they stand in the payload, those that can't be unpacked here included.

        Raises:
            UsageError: a value can't be packed; names its place and type.
        """
        wires = self._opened()
        if not self._settled:
            if self._watched:
                # Text in the visitor's language may ask the session for it while it is packed.
                for name in tuple(self._watched):
                    self._settle_one(wires, name)
            self._settled = True
        return self._held()

    def _held(self) -> dict[Any, Wire]:
        """All values as they stand in the payload, assigned ones as they came."""
        wires = self._opened()
        return {**wires, **self._damaged} if self._damaged else wires

    def _assigned(self, name: Any) -> bool:
        """Whether a value was stored by this request, and has not been packed yet."""
        return self._watched.get(name) is _NEVER_PACKED

    def _drop(self, names: Iterable[Any]) -> None:
        """Have values be absent that the session must not keep."""
        wires = self._opened()
        for name in names:
            for kept in (wires, self._damaged, self._live, self._watched, self._fetched):
                kept.pop(name, None)
            self._written = True

    def _settle_one(self, wires: dict[Any, Wire], name: Any) -> None:
        value, watched = self._live[name], self._watched
        if is_its_own_wire(value):
            # Nobody can change it within, so there is nothing to be watched any more.
            wires[name] = value
            del watched[name]
            return
        packed = self._codec.pack(value, name=name)
        if packed != watched[name]:
            wires[name] = self._codec.to_wire(name, value, packed)
            watched[name] = packed
            self._written = True

    def _changed_within(self) -> bool:
        for name, packed in tuple(self._watched.items()):
            try:
                if self._codec.pack(self._live[name], name=name) != packed:
                    return True
            except UsageError:
                return True
        return False

    def _opened(self) -> dict[Any, Wire]:
        wires = self._wires
        return self._open() if wires is None else wires

    def _open(self) -> dict[Any, Wire]:
        self.accessed = True
        # Most sessions that no request uses are never opened, and need none of these.
        self._live = {}
        self._watched = {}
        self._damaged = {}
        self._fetched = {}
        try:
            content = self._origin.open()
        except Unavailable:
            self._unavailable = True
            self._wires = {}
            self._events.emit(EventName.UNAVAILABLE)
            raise
        if content is None:
            self._wires = {}
        else:
            self._content = content
            self._claims = content.claims
            self._wires = content.wires
        anomaly = self._origin.anomaly
        if anomaly is not None:
            self._meet(anomaly)
        return self._wires

    def _fetch(self, wires: dict[Any, Wire], keys: Iterable[Any]) -> None:
        """Bring those of the values here that are kept elsewhere, all at once."""
        wanted = set(keys)
        # The session's own keys are taken, not their equals: a value is sealed for one of them.
        far = {
            key: wire
            for key, wire in wires.items()
            if key in wanted
            and Reference.of(wire) is not None
            and key not in self._fetched
            and key not in self._live
        }
        if not far:
            return
        try:
            self._fetched.update(self._origin.fetch(far))
        except Unavailable as error:
            far.clear()
            self._become_unavailable()
            # The frames below hold references, and reporters of errors record the locals of frames.
            raise error.with_traceback(None) from None
        for key in [key for key in far if key not in self._fetched]:
            self._damaged[key] = wires.pop(key)

    def _become_unavailable(self) -> None:
        """Read as empty from now on; what was changed is not kept."""
        self._written = self.modified
        self._unavailable = True
        for kept in (self._opened(), self._live, self._watched, self._damaged, self._fetched):
            kept.clear()
        self._events.emit(EventName.UNAVAILABLE)
        if self._written:
            self._events.emit(EventName.WRITE_IGNORED)

    def _hand_out(self, wires: dict[Any, Wire], key: Any, wire: Wire) -> Any:
        packed = None
        if Reference.of(wire) is not None:
            del wire
            self._fetch(wires, (key,))
            if key not in self._fetched:
                del wires
                raise KeyError(key)
            wire = self._fetched.pop(key)
        try:
            value = self._codec.from_wire(wire)
            if type(value) not in _IMMUTABLE:
                # Reading goes deeper than writing: what could not be written again is refused.
                packed = self._codec.pack(value, name=key)
        except (Rejected, UsageError):
            self._damaged[key] = wires.pop(key)
            self._events.emit(EventName.VALUE_UNDECODABLE, reason=Reason.UNDECODABLE)
            del wires, wire
            raise KeyError(key) from None
        self._live[key] = value
        if packed is not None:
            self._watched[key] = packed
        return value

    def _readable(self, wires: dict[Any, Wire], key: Any) -> bool:
        # What is asked for before may have found the store gone, and the session empty since.
        if key not in wires:
            return False
        if type(wires[key]) in _INLINE or key in self._live:
            return True
        try:
            self._hand_out(wires, key, wires[key])
        except KeyError:
            return False
        return True

    def _writable(self) -> dict[Any, Wire]:
        wires = self._wires
        if wires is None:
            wires = self._open()
        if self._unavailable:
            if not self._written:
                self._written = True
                self._events.emit(EventName.WRITE_IGNORED)
        elif self._committed:
            # Only an application that loses a write loads the code that finds it.
            from cookie_sessions.caller import place_of_caller

            place = place_of_caller()
            if place != self._lost_at:
                self._lost_at = place
                self._events.emit(EventName.WRITE_LOST, place=place)
            if self._strict:
                raise UsageError(
                    f"The session was changed at {place} after its response had been made, so the "
                    f"change is lost. Change the session before the response is returned."
                )
        return wires
