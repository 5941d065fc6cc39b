"""The passphrase of an encrypted ring is decrypted by a key of KMS, in an imitated AWS."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import RingFile, source_from_url
from tests.keys.sources.contract import Place
from tests.keys.sources.server import Answer
from tests.keys.sources.test_aws import AwsContract, client

pytestmark = pytest.mark.once

PASSPHRASE = b"correct horse battery staple"


@pytest.fixture
def ciphertext(aws: str, tmp_path: Path) -> Path:
    service = client("kms")
    key = service.create_key()["KeyMetadata"]["KeyId"]
    blob = service.encrypt(KeyId=key, Plaintext=PASSPHRASE)["CiphertextBlob"]
    path = tmp_path / "passphrase.kms"
    path.write_bytes(base64.encodebytes(blob))
    return path


class TestAFileUnderAKeyOfAnImitatedKms(AwsContract):
    at_fault = Answer(500, b'{"__type": "KMSInternalException", "message": "no"}')

    @pytest.fixture
    def place(self, ciphertext: Path) -> Place:
        path = ciphertext.with_name("ring.jwe")
        path.touch(mode=0o600)
        source = source_from_url(f"file:{path}?passphrase=aws-kms:{ciphertext}")
        assert isinstance(source, RingFile)
        return Place(source, lambda text: path.write_bytes(source.as_stored(text)), path.unlink)


@pytest.mark.parametrize("content", ["", "no base64!", "a" * 20_000])
def test_what_is_no_ciphertext_is_told(ciphertext: Path, content: str) -> None:
    ciphertext.write_text(content)
    source = source_from_url(f"file:{ciphertext}?passphrase=aws-kms:{ciphertext}")
    ciphertext.chmod(0o600)
    with pytest.raises(ConfigurationError, match=f"aws-kms:{ciphertext}: this is no ciphertext"):
        source.read()


def test_a_ciphertext_of_another_account_is_told(ciphertext: Path) -> None:
    ciphertext.write_bytes(base64.b64encode(b"\0" * 60))
    ciphertext.chmod(0o600)
    with pytest.raises((ConfigurationError, Unavailable), match="aws-kms:"):
        source_from_url(f"file:{ciphertext}?passphrase=aws-kms:{ciphertext}").read()
