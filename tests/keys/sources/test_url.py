"""A URL names its source, or is refused with what is right and without being repeated."""

from __future__ import annotations

import os

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import FunctionSource, new_jwk_set, source_from_url, source_of
from cookie_sessions.keys.sources.url import FORMS
from tests.keys.secrecy import shown

posix = pytest.mark.skipif(os.name != "posix", reason="Paths are POSIX's.")

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/keys-AbCdEf"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("file:/etc/ring.json", "file:/etc/ring.json"),
        ("file:///etc/ring.json", "file:/etc/ring.json"),
        ("FILE:/etc/ring.json", "file:/etc/ring.json"),
        ("file:/etc/a%20b:c", "file:/etc/a%20b:c"),
        ("file:/etc/r?allow_group_read", "file:/etc/r"),
        ("file:/etc/r?allow_group_read&allow_others_read", "file:/etc/r"),
        ("file:/etc/r?allow_group_read&passphrase=env:PASS", "file:/etc/r"),
        ("file:/etc/r?passphrase=file:/etc/p?allow_group_read", "file:/etc/r"),
        ("file:/etc/r?passphrase=aws-kms:/etc/p.kms?region=eu-west-1", "file:/etc/r"),
        ("file:/etc/r?passphrase=vault:kv/a#b", "file:/etc/r"),
        ("env:RING", "env:RING"),
        ("Env:_ring2", "env:_ring2"),
        ("aws-secretsmanager:shop/keys", "aws-secretsmanager:shop/keys"),
        ("aws-secretsmanager:keys?region=us-gov-west-1", "aws-secretsmanager:keys"),
        (f"AWS-SecretsManager:{ARN}", f"aws-secretsmanager:{ARN}"),
        ("aws-ssm:/shop/keys:3", "aws-ssm:/shop/keys:3"),
        ("vault:secret/shop/keys#ring", "vault:secret/shop/keys#ring"),
        ("vault:a/b//c/d#e", "vault:a/b/c/d#e"),
    ],
)
@posix
def test_a_url_names_its_source(url: str, name: str) -> None:
    source = source_from_url(url)
    assert source.name == name
    assert name in repr(source)


@pytest.mark.parametrize("url", FORMS)
def test_each_form_that_errors_show_is_right(url: str) -> None:
    assert source_from_url(url).name


@pytest.mark.parametrize(
    "url",
    [
        *("", ":", "/etc/ring.json", "ring.json", "https://keys.example/ring", " file:/etc/r"),
        *("aws:x", "aws-kms:/etc/p.kms", "vault-kv:a/b#c"),
        *("file", "file:", "file:?allow_group_read", "file://host/etc/ring.json"),
        "file:/r?x",
        *(
            "file:/r?allow_group_read=1",
            "file:/r?Allow_group_read",
            "file:/r?&",
            "file:/r?mode=644",
        ),
        *("file:/r?passphrase=", "file:/r?passphrase=open sesame", "file:/r?passphrase=:"),
        "file:/r?passphrase=file:/p?passphrase=env:A",
        *("file:/r?passphrase=aws-kms:", "file:/r?passphrase=aws-kms:/p?x=y"),
        *("env", "env:", "env:A B", "env:A=B", "env:1A", "env:A\n", "env:$A", "env:" + "A" * 200),
        *("aws-secretsmanager:", "aws-secretsmanager:a b", "aws-secretsmanager:a?region=x"),
        *(
            "aws-secretsmanager:a?",
            "aws-secretsmanager:a?other=eu-west-1",
            "aws-ssm:?region=eu-a-1",
        ),
        *("aws-ssm:", "aws-ssm:{}", "aws-ssm:/a\n"),
        *("vault:", "vault:secret", "vault:secret/a", "vault:secret/a#", "vault:/a#b"),
        *("vault:secret/#b", "vault:secret/../sys#b", "vault:a b/c#d", "vault:a/b#c d"),
        *("vault://host/a#b", "vault:a//b//c#d"),
    ],
)
def test_a_wrong_url_is_refused_with_what_is_right(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"(file|env|vault|aws-[a-z]+):[A-Za-z/_]+"):
        source_from_url(url)


def test_a_key_set_where_a_url_belongs_is_not_repeated() -> None:
    text = new_jwk_set()
    key = text.partition('"k": "')[2][:43]
    assert len(key) == 43
    for url in (
        *(text, key, f"{key}:{key}", f"env:{text}", f"file://{key}", f"vault:{text}"),
        *(f"aws-ssm:{text}", f"file:/r?{key}", f"file:/r?passphrase={key}", f"vault:{key}"),
        *(f"file:{text}", "file:" + "aB3-" * 10 + "xyz", "file:" + "aB3+" * 10 + "xyz="),
        *(f"file:/r?passphrase={key}:{key}", f"aws-ssm:a?region={key}", f"aws-kms:{key}"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            source_from_url(url)
        assert key not in shown(caught.value).replace(repr(url), "")
        assert key not in str(caught.value)
        assert "aB3" not in str(caught.value)


def test_a_setting_is_a_url_or_a_function() -> None:
    assert source_of("env:RING").name == "env:RING"
    assert isinstance(source_of(lambda: ""), FunctionSource)
