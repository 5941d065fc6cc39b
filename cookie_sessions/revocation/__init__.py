"""Ending sessions that live in cookies: a small list of what counts no longer.

A list is asked three questions about a session in one round trip: is its id on the list, does a
not-before mark of its subject or of all sessions lie at or beyond its claim ``since``, is a key
that sealed it revoked. docs/revocation.md is the whole story.

``facts`` says what is asked and what follows, ``identity`` how sessions and subjects are called,
``entries`` what stands in a store. ``store_list`` is a list in a store, over ``cells``: named
values that ``recent`` remembers and a ``breaker`` guards. ``snapshot`` is a signed copy for those
who have no store, ``registry`` says who is signed in where. ``ledger`` is what the manager uses and
``revocations`` what applications do; ``configured`` makes them.
"""
