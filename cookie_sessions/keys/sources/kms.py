"""A passphrase that a key of AWS KMS has encrypted.

KMS itself keeps no data: what it encrypted lies in a file, here in base64 as ``aws kms encrypt
--query CiphertextBlob --output text`` prints it. Who has the file and the ring has nothing without
the right to use the key. The ring's own form stays that of any passphrase.
"""

from __future__ import annotations

import base64
import binascii
import os
from typing import Any, Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.sources.aws import AwsSource
from cookie_sessions.keys.sources.file import FileSource

_MAX_OCTETS: Final = 16_384
"""KMS decrypts at most 6,144 octets at a time."""


class KmsSource(AwsSource):
    """A passphrase in a file, encrypted by a symmetric key of AWS KMS.

    Args:
        path: the file with the ciphertext in base64. Others may read it: without the right to use
            the key it is of no use to them.
        region: the key's region; None: AWS_REGION, else what boto3 is set to.
    """

    scheme = "aws-kms"
    service = "kms"
    noun = "key"
    action = "kms:Decrypt"

    def __init__(self, path: str | os.PathLike[str], *, region: str | None = None) -> None:
        self._file = FileSource(path, allow_others_read=True)
        super().__init__(self._file.path, region=region)

    def _value(self, client: Any) -> str | bytes:
        octets = self._file.read_octets(_MAX_OCTETS)
        try:
            blob = base64.b64decode(b"".join(octets.split()), validate=True)
        except binascii.Error:
            blob = b""
        if not blob or len(octets) > _MAX_OCTETS:
            raise ConfigurationError(
                f"{self.name}: this is no ciphertext of KMS in base64. Write what this prints: "
                f"aws kms encrypt --query CiphertextBlob --output text."
            )
        plaintext: bytes = client.decrypt(CiphertextBlob=blob)["Plaintext"]
        return plaintext
