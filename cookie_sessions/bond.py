"""Holds sessions to the client that they were made in: judges them, tells of them, binds them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cookie_sessions.client import Client
from cookie_sessions.errors import UsageError
from cookie_sessions.events import EventName, Events
from cookie_sessions.policy.binding import STANDARD, Anomaly, Rules, Verdict, bind, judge, rebind

if TYPE_CHECKING:
    from cookie_sessions.claims import Claims
    from cookie_sessions.content import Content
    from cookie_sessions.settings import Settings

Hook = Callable[[Anomaly], "Verdict | str | None"]


class Bond:
    """What an application's sessions are bound to, and who is told of anomalies.

    Args:
        settings: our own settings, with a binding.
        events: told of each anomaly.
        hooks: called with each anomaly; they may raise its verdict.
    """

    def __init__(self, settings: Settings, *, events: Events, hooks: Sequence[Hook]) -> None:
        weights = settings.binding or STANDARD
        self._fingerprint_header = settings.fingerprint_header
        if self._fingerprint_header is None:
            weights = tuple(pair for pair in weights if pair[0] != "fingerprint")
        thresholds = {**dict(Rules().thresholds), **dict(settings.binding_verdicts)}
        self._rules = Rules(weights, tuple(thresholds.items()))
        self._events = events
        self._hooks = hooks

    def client_of(self, environ: Mapping[str, Any]) -> Callable[[], Client]:
        """Gives the client of a WSGI request once it is asked for.

        Args:
            environ: the request's.
        """
        return functools.partial(
            Client.of_environ, environ, fingerprint_header=self._fingerprint_header
        )

    def client_of_scope(self, scope: Mapping[str, Any]) -> Callable[[], Client]:
        """Gives the client of an ASGI connection once it is asked for.

        Args:
            scope: the connection's.
        """
        return functools.partial(
            Client.of_scope, scope, fingerprint_header=self._fingerprint_header
        )

    def check(self, content: Content, client: Client) -> Content:
        """Judge a session that was opened.

        Returns:
            The content, with the anomaly that was found, also one that rejects it.

        Raises:
            Rejected: ``undecodable``: nobody can say what it is bound to.
        """
        octets = content.claims.bindings
        if not octets:
            return content
        judgement = judge(octets, client, self._rules)
        if judgement.verdict is Verdict.ACCEPT:
            return content._replace(newer_client=True) if judgement.newer else content
        return content._replace(anomaly=Anomaly(judgement.verdict, judgement.differing))

    def tell(self, anomaly: Anomaly) -> Anomaly:
        """Have the application hear of an anomaly, and say what follows from it.

        Returns:
            The anomaly with the most severe verdict that anybody gave.

        Raises:
            UsageError: a hook returned what is no verdict.
        """
        for hook in self._hooks:
            given = _verdict(hook(anomaly))
            if given.severity > anomaly.verdict.severity:
                anomaly = anomaly._replace(verdict=given)
        self._events.emit(
            EventName.ANOMALY,
            verdict=str(anomaly.verdict),
            properties=",".join(anomaly.properties),
        )
        return anomaly

    def bound(
        self, claims: Claims, client: Client, *, content: Content | None, renew: bool
    ) -> Claims:
        """The claims that a session is sealed with, bound to the client that it is for.

        Args:
            claims: the session's; without bindings where it begins, or begins anew.
            client: who gets the cookie.
            content: the session as it came, or None.
            renew: whether the session is written or refreshed, and not just resealed.
        """
        if not renew:
            return claims
        properties = self._rules.properties
        if not claims.bindings:
            return claims._replace(bindings=bind(client, properties))
        if content is None or content.anomaly is not None:
            return claims
        octets = rebind(claims.bindings, client, properties, newer=content.newer_client)
        return claims if octets == claims.bindings else claims._replace(bindings=octets)


def _verdict(given: object) -> Verdict:
    if given is None:
        return Verdict.ACCEPT
    try:
        return Verdict(str(given))
    except ValueError:
        pass
    raise UsageError(
        f"What was given to on_anomaly returned {given!r:.60}, which is no verdict. Return "
        f"{', '.join(repr(str(verdict)) for verdict in Verdict)} or None."
    )
