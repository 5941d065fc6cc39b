"""Whether what sessions keep outside of their cookies is there when it is asked for."""

from __future__ import annotations

from cookie_sessions.cli.doctor.deployment import (
    Deployment,
    Finding,
    Level,
    note,
    ok,
    warning,
)
from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.settings import PREFIX


def overflow_answers(deployment: Deployment) -> Finding | None:
    """Whether the overflow store can be used from here."""
    return answering(
        deployment.overflow,
        store="The overflow store",
        file="The overflow store's file",
        maker="session that needs it",
    )


def answering(health: StoreHealth | None, *, store: str, file: str, maker: str) -> Finding | None:
    """Whether a store can be used from here.

    Args:
        health: what it answered; None where there is none.
        store: what it is called at the beginning of a sentence.
        file: what its file is called there.
        maker: whose first one makes the file.
    """
    if health is None:
        return None
    if health.fault:
        return Finding(Level.ERROR, health.fault)
    if health.is_absent:
        return note(
            f"{file} is not there yet ({health.name}), and was not made to try it out. The first "
            f"{maker} makes it."
        )
    return ok(f"{store} {health.name} answers.")


def overflow_keeps(deployment: Deployment) -> Finding | None:
    """Whether values in the overflow store are seen by all processes, and until their end."""
    health = deployment.overflow
    if health is None or not health.answers:
        return None
    if health.warnings:
        return warning(
            f"The overflow store {health.name}: {'; '.join(health.warnings)}. A value that is lost "
            f"is absent from its session."
        )
    return ok("All processes see the overflow store, and it drops no value before its end.")


def overflow_apart(deployment: Deployment) -> Finding | None:
    """Whether visitors can fill the store that the list of ended sessions is in."""
    settings = deployment.settings
    if settings.overflow is None or deployment.revocations is None:
        return None
    if settings.overflow != settings.revocations:
        return ok("The overflow store and the list of ended sessions are named apart.")
    return note(
        f"The overflow store is that of the list of ended sessions. Visitors can fill it with "
        f"large values, and then nobody can be signed out. Name another database or table in "
        f"{PREFIX}OVERFLOW, with a bound of its own."
    )
