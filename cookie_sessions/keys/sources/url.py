"""Sources by their URLs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.keys.sources.file import FileSource
    from cookie_sessions.keys.sources.source import KeySource

FORMS: Final = (
    "file:/path/of/the/ring.json",
    "env:NAME_OF_A_VARIABLE",
    "aws-secretsmanager:NAME",
    "aws-ssm:/path/of/the/parameter",
    "vault:MOUNT/PATH#FIELD",
)
"""One URL of each kind."""

_PASSPHRASE: Final = "passphrase="  # noqa: S105 - the name of an option.

# A ring that was put where its path belongs, or one key.
_PERHAPS_KEYS: Final = re.compile(
    r'.*["\x00-\x1f].*|(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+_-][A-Za-z0-9+/_-]{42}=?',
    re.DOTALL,
)
_REGION: Final = re.compile(r"region=([a-z]{2}(?:-[a-z]+)+-\d{1,2})")
_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@:-]{1,2048}")
_PART: Final = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_FIELD: Final = re.compile(r"[A-Za-z0-9_.-]+")


def source_of(setting: str | Callable[[], str | bytes]) -> KeySource:
    """The source that the setting COOKIE_SESSIONS_KEYS names or is. Nothing is read yet.

    Args:
        setting: a URL, or a function that returns a JWK Set.

    Raises:
        ConfigurationError: as for ``source_from_url``.
    """
    if isinstance(setting, str):
        return source_from_url(setting)
    # A cold start pays only for the kind of source that it has.
    from cookie_sessions.keys.sources.function import FunctionSource

    return FunctionSource(setting)


def source_from_url(url: str) -> KeySource:
    """The source that a URL names. Nothing is read yet, and no optional package loaded.

    Args:
        url: one of

            - ``file:PATH``, absolute or relative. What stands before a ``?`` is taken as it is,
              nothing is percent-decoded. Options, with ``&`` between them: ``allow_group_read``,
              ``allow_others_read``, and last ``passphrase=URL``, for an encrypted ring: where its
              passphrase is, as any of these URLs or as ``aws-kms:PATH[?region=REGION]``;
            - ``env:NAME``;
            - ``aws-secretsmanager:NAME-or-ARN[?region=REGION]``;
            - ``aws-ssm:NAME-or-ARN[?region=REGION]``;
            - ``vault:MOUNT/PATH#FIELD``; a mount of several parts ends with two slashes.

    Returns:
        The source.

    Raises:
        ConfigurationError: the scheme or an option is unknown, or what follows is none of these
            forms. The URL is not repeated, since it may be a key.
    """
    scheme, _, rest = url.partition(":")
    match scheme.lower():
        case "file":
            return _file(rest)
        case "env":
            from cookie_sessions.keys.sources.environment import EnvironmentSource

            return EnvironmentSource(rest)
        case "aws-secretsmanager":
            from cookie_sessions.keys.sources.aws import SecretsManagerSource

            name, region = _named(rest, scheme.lower(), "NAME")
            return SecretsManagerSource(name, region=region)
        case "aws-ssm":
            from cookie_sessions.keys.sources.aws import ParameterStoreSource

            name, region = _named(rest, scheme.lower(), "/path/of/the/parameter")
            return ParameterStoreSource(name, region=region)
        case "vault":
            return _vault(rest)
        case "aws-kms":
            raise _wrong(
                "is of a kind that only holds a passphrase",
                "file:/path/of/the/ring.jwe?passphrase=aws-kms:/path/of/the/passphrase.kms",
            )
        case _:
            raise _wrong("is of no known kind", *FORMS)


def _file(rest: str) -> KeySource:
    if rest.startswith("//") and not rest.startswith("///"):
        raise ConfigurationError(
            "The key source is a file on another host. Write file:/path for a file of this one."
        )
    path, _, options = rest.partition("?")
    if not path or _PERHAPS_KEYS.fullmatch(rest):
        raise _wrong("names no file", "file:/path/of/the/ring.json")
    told = {"allow_group_read": False, "allow_others_read": False}
    passphrase = ""
    while options:
        if options.startswith(_PASSPHRASE):
            passphrase = options.removeprefix(_PASSPHRASE) or "none"
            break
        option, _, options = options.partition("&")
        if option not in told:
            raise _wrong(
                "has an option that files do not have",
                *(f"file:PATH?{known}" for known in told),
                f"file:PATH?{_PASSPHRASE}env:NAME",
            )
        told[option] = True
    from cookie_sessions.keys.sources.file import FileSource

    file = FileSource(path[2:] if path.startswith("///") else path, **told)
    return _wrapped(file, passphrase) if passphrase else file


def _wrapped(file: FileSource, passphrase: str) -> KeySource:
    from cookie_sessions.keys.sources.wrapped import WrappedFileSource

    scheme, _, rest = passphrase.partition(":")
    if scheme.lower() == "aws-kms":
        from cookie_sessions.keys.sources.kms import KmsSource

        path, region = _with_region(rest, "aws-kms", "/path/of/the/passphrase.kms")
        return WrappedFileSource(file, passphrase=KmsSource(path, region=region))
    if scheme.lower() not in {form.partition(":")[0] for form in FORMS}:
        raise _wrong(
            "does not say where its passphrase is",
            *(f"file:PATH?{_PASSPHRASE}{where}" for where in ("env:NAME", "file:/path/of/it")),
            f"file:PATH?{_PASSPHRASE}aws-kms:/path/of/it.kms",
        )
    source = source_from_url(passphrase)
    if isinstance(source, WrappedFileSource):
        raise _wrong("has a passphrase under a passphrase", f"file:PATH?{_PASSPHRASE}env:NAME")
    return WrappedFileSource(file, passphrase=source)


def _vault(rest: str) -> KeySource:
    from cookie_sessions.keys.sources.vault import VaultSource

    place, _, field = rest.partition("#")
    mount, _, path = place.partition("//" if "//" in place else "/")
    if not (_PART.fullmatch(mount) and _PART.fullmatch(path) and _FIELD.fullmatch(field)) or (
        {".", ".."} & {*mount.split("/"), *path.split("/")}
    ):
        raise _wrong("names no field of a secret in Vault", "vault:MOUNT/PATH#FIELD")
    return VaultSource(mount, path, field=field)


def _named(rest: str, scheme: str, form: str) -> tuple[str, str | None]:
    name, region = _with_region(rest, scheme, form)
    if not _NAME.fullmatch(name):
        raise _wrong("names nothing that AWS could hold", f"{scheme}:{form}")
    return name, region


def _with_region(rest: str, scheme: str, form: str) -> tuple[str, str | None]:
    name, asked, option = rest.partition("?")
    region = _REGION.fullmatch(option)
    if not name or (asked and not region):
        raise _wrong(
            "has no name, or an option other than its region",
            f"{scheme}:{form}",
            f"{scheme}:{form}?region=eu-central-1",
        )
    return name, region[1] if region else None


def _wrong(what: str, *forms: str) -> ConfigurationError:
    right = ", or ".join(forms) if len(forms) < 3 else f"{', '.join(forms[:-1])} or {forms[-1]}"
    return ConfigurationError(
        f"The key source {what} (its text is not repeated here, as it may be a key). Write {right}."
    )
