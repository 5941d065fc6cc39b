"""Stores by their URLs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.stores import MemoryStore, store_from_url
from cookie_sessions.stores.redis_url import SCHEMES, RedisAddress
from cookie_sessions.stores.url import _OF_URLS

ROOT = Path(__file__).resolve().parents[2]
SECRET = "pa55word"

WRONG = [
    *("", "x", ":", "memory", "sqlite", "redis", "http://host/", f"postgres://user:{SECRET}@host"),
    *(f"memory:{SECRET}", "memory:?max_entries=0", "memory:?max_entries=-1", "memory:?entries=5"),
    *("memory:?max_entries=", "memory:?max_entries=\u0663", f"memory:?{SECRET}", "memory:?prefix="),
    *("sqlite:", "sqlite::memory:", f"sqlite:///{SECRET}", f"sqlite://{SECRET}", "sqlite:a\0b"),
    *("sqlite:a?mode=ro", "sqlite:a?prefix=", f"sqlite:a?prefix={SECRET}*", "sqlite:?prefix=a"),
    *("redis:host", "redis://", f"redis://:{SECRET}@", f"redis://:{SECRET}@host:99999"),
    *(f"redis://:{SECRET}@host:0", f"redis://:{SECRET}@host:port", f"redis://:{SECRET}@a,b"),
    *(f"redis://:{SECRET}@ho st", f"redis://:{SECRET}@host/{SECRET}", "redis://[::1"),
    *(f"redis://:{SECRET}@host?password={SECRET}", f"redis://host?ca_file={SECRET}"),
    *(f"redis://:{SECRET}@host?prefix={SECRET} ", f"redis://:{SECRET}@host?prefix={'p' * 51}"),
    *("unix://", "unix:///", f"unix://{SECRET}/run/sock", f"unix:///run/sock?db={SECRET}"),
    *(f"redis+cluster://:{SECRET}@host/1", f"redis+cluster://:{SECRET}@a,,b"),
    *(f"redis+cluster://:{SECRET}@host?db=1", f"redis+sentinel://:{SECRET}@host"),
    *(f"redis+sentinel://:{SECRET}@host/", f"redis+sentinel://:{SECRET}@host/shop/{SECRET}"),
]


@pytest.mark.parametrize("url", WRONG, ids=ascii)
def test_a_wrong_url_is_told_what_is_right_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        store_from_url(url)
    message = str(refused.value)
    assert SECRET not in message
    assert ":" in message.partition("Write ")[2] or "letters" in message or "limit" in message
    trace = refused.value.__traceback__
    assert refused.value.__context__ is None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename != __file__:
            assert SECRET not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_memory_has_the_limits_of_its_url() -> None:
    store = store_from_url("memory:?max_entries=1&max_total_octets=5000&prefix=shop:")
    assert isinstance(store, MemoryStore)
    ends = clock.now() + 3600
    store.put("a", b"", ends=ends)
    with pytest.raises(Unavailable):
        store.put("b", b"", ends=ends)
    with pytest.raises(Unavailable):
        store.put("a", bytes(5000), ends=ends)
    assert store_from_url("memory:").get("a") is None


def test_a_path_of_sqlite_is_taken_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url, path in {
        "sqlite:a b%20c.db": tmp_path / "a b%20c.db",
        f"SQLite:{tmp_path}/d@e:f.db?prefix=shop:": tmp_path / "d@e:f.db",
    }.items():
        store = store_from_url(url)
        assert store.name == f"sqlite:{path}"
        store.put("a", b"one", ends=clock.now() + 3600)
        assert path.exists()
        store.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://host", {"kind": "server", "hosts": (("host", 6379),), "db": 0, "tls": False}),
        ("redis://host:1/2?prefix=p:", {"hosts": (("host", 1),), "db": 2, "prefix": "p:"}),
        ("redis://[::1]:1/", {"hosts": (("::1", 1),), "name": "redis://[::1]:1"}),
        ("redis://u:p%40%3A@host", {"username": "u", "password": "p@:"}),
        ("redis://:p@q@host", {"username": None, "password": "p@q"}),
        ("REDISS://host?ca_file=/a/b", {"kind": "server", "tls": True, "ca_file": "/a/b"}),
        ("unix:///run/a%20b?db=3", {"kind": "socket", "path": "/run/a b", "db": 3}),
        ("unix://:p@/run/sock", {"path": "/run/sock", "password": "p"}),
        ("redis+cluster://a:1,b,a:1", {"kind": "cluster", "hosts": (("a", 1), ("b", 6379))}),
        ("rediss+cluster://a", {"kind": "cluster", "tls": True}),
        (
            "redis+sentinel://:p@a,b:2/shop/4?sentinel_username=u&sentinel_password=q",
            {
                "kind": "sentinel",
                "hosts": (("a", 26379), ("b", 2)),
                "service": "shop",
                "db": 4,
                "password": "p",
                "sentinel_username": "u",
                "sentinel_password": "q",
                "name": "redis+sentinel://a:26379,b:2/shop",
            },
        ),
    ],
)
def test_urls_of_redis_are_read(url: str, expected: dict[str, Any]) -> None:
    address = RedisAddress.from_url(url)
    assert {name: getattr(address, name) for name in expected} == expected


def test_no_password_is_shown() -> None:
    url = f"redis+sentinel://{SECRET}:{SECRET}@a/shop?sentinel_password={SECRET}"
    store = store_from_url(url)
    for shown in (repr(store), store.name, repr(RedisAddress.from_url(url)), repr(vars(store))):
        assert SECRET not in shown


def test_every_scheme_of_redis_is_one_of_a_store() -> None:
    assert {scheme for scheme, (_, name) in _OF_URLS.items() if name == "RedisStore"} == SCHEMES


def test_every_scheme_names_a_class_that_is_there() -> None:
    for module, name in _OF_URLS.values():
        assert getattr(import_module(module), name)


def test_choosing_one_store_loads_no_other_ones_client() -> None:
    program = (
        "import json, sys; from cookie_sessions.stores import store_from_url; "
        "store_from_url('memory:'); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    clients = {"redis", "sqlite3", "pymemcache", "boto3", "botocore"}
    assert clients & set(json.loads(done.stdout)) == set()


@pytest.mark.parametrize(
    ("url", "client", "extra"),
    [
        ("redis://host", "redis", "redis"),
        ("memcached://host", "pymemcache", "memcached"),
        ("dynamodb:sessions", "boto3", "aws"),
    ],
)
def test_a_client_that_is_missing_is_told_with_what_to_install(
    url: str, client: str, extra: str
) -> None:
    program = (
        f"import sys; sys.modules[{client!r}] = None\n"
        "from cookie_sessions.errors import ConfigurationError\n"
        "from cookie_sessions.stores import store_from_url\n"
        f"try: store_from_url({url!r})\n"
        "except ConfigurationError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert f"cookie-sessions[{extra}]" in done.stdout
    assert "pip install" in done.stdout
