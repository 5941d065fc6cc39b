"""Whether keys can be guessed, and can be changed."""

from __future__ import annotations

from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok, warning
from cookie_sessions.settings import PREFIX


def secret_key(deployment: Deployment) -> Finding | None:
    """Whether the key can be guessed that sessions are sealed with."""
    settings, secrets = deployment.settings, deployment.secrets
    if settings.keys is not None and settings.accept_flask_cookies_until is None:
        # It seals nothing here.
        return None
    if not secrets.exists:
        return warning(
            f"There is no SECRET_KEY here, so nothing can be kept in a session. Set it, or "
            f"{PREFIX}KEYS, also where this command runs."
        )
    if secrets.is_weak:
        return warning(
            "SECRET_KEY or one of SECRET_KEY_FALLBACKS has fewer than 16 octets (128 bits), so it "
            "can be guessed and every session opened and forged. Set it to the output of "
            "python -c 'import secrets; print(secrets.token_hex())'."
        )
    return ok("SECRET_KEY is not too short to be a key.")


def keys(deployment: Deployment) -> Finding | None:
    """Whether the keys can be changed without signing everybody out."""
    source = deployment.settings.keys
    if source is not None:
        # What stands behind the colon is nobody's business here.
        kind = source.partition(":")[0] if isinstance(source, str) else "a function"
        return ok(f"The keys are a ring of their own ({kind}), which can be rotated.")
    if deployment.is_development or not deployment.is_sealed:
        return None
    return note(
        f"Keys are made of SECRET_KEY, which has no dates, can't be revoked, and stands in the "
        f"configuration. Make a ring with cookie-sessions keys init, and name it in {PREFIX}KEYS "
        f"(docs/operations.md)."
    )


def index_key(deployment: Deployment) -> Finding | None:
    """Whether the key that must never change is one that must."""
    if deployment.settings.index_key is None:
        return None
    if not deployment.secrets.names_subjects:
        return ok(f"{PREFIX}INDEX_KEY is a secret of its own.")
    return warning(
        f"{PREFIX}INDEX_KEY is the SECRET_KEY or one of its fallbacks: it must never change while "
        f"sessions live, so the secret key could not be changed either, and whoever learns one has "
        f"both. Leave it as it is, give SECRET_KEY another value, and keep the present one in "
        f"SECRET_KEY_FALLBACKS until its sessions have ended."
    )


def handoff_keys(deployment: Deployment) -> Finding | None:
    """Whether who hands users over, or takes them in, could forge sessions of the other side."""
    settings = deployment.settings
    if not (settings.handoff_sources or settings.handoff_targets):
        return None
    if settings.handoff_keys is not None and settings.handoff_keys != settings.keys:
        return ok("Hand-offs have a ring of their own, which seals no session.")
    return warning(
        f"Hand-offs are sealed with the keys of the sessions, which both sides must have for it: "
        f"each can open and forge the other's sessions. Make a ring for them alone with "
        f"cookie-sessions keys init, give it to both sides, and name it in {PREFIX}HANDOFF_KEYS."
    )
