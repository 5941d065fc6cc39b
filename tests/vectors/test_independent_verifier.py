"""What a verifier in Node.js, written from docs/format.md alone, says of the test vectors."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
VERIFIER = HERE / "verify.mjs"
VECTORS = HERE / "v1.json"
DICTIONARY = HERE.parents[1] / "cookie_sessions" / "codec" / "dictionary-1.bin"


def verify(node: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node, VERIFIER, *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def summary() -> list[str]:
    sizes = {name: len(vectors) for name, vectors in lists().items()}
    return [
        f"{sizes['positive']} positive, {sizes['negative']} negative vectors verified",
        f"{sizes['splits']} splits, {sizes['overflow']} overflow entries verified",
        f"{sizes['handoffs']} hand-offs, {sizes['form_tokens']} form tokens verified",
        f"{sizes['wires']} wires, {sizes['secret_keys']} secret keys verified",
    ]


def lists() -> dict[str, list[object]]:
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    return {name: vectors for name, vectors in document.items() if name != "format"}


def test_a_verifier_that_shares_no_code_agrees_with_every_vector(node: str) -> None:
    result = verify(node, "--dictionary", DICTIONARY)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[:4] == summary()


def test_the_verifier_finds_every_change_to_a_vector(node: str) -> None:
    result = verify(node, "--self-test")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[:4] == summary()
    made, refused = (int(part.split()[0]) for part in lines[4].split(", "))
    assert made == refused > 1000


def test_the_verifier_fails_where_there_are_no_vectors(node: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps(dict.fromkeys(lists(), ())), encoding="utf-8")
    result = verify(node, empty)
    assert result.returncode == 1
    assert "positive: there are no vectors" in result.stdout
    assert "negative: there are no vectors" in result.stdout


def test_the_verifier_names_the_vector_that_it_does_not_agree_with(
    node: str, tmp_path: Path
) -> None:
    document = json.loads(VECTORS.read_text(encoding="utf-8"))
    document["negative"][0]["reason"] = "bad_seal"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document), encoding="utf-8")
    result = verify(node, changed)
    assert result.returncode == 1
    first, last = result.stdout.splitlines()
    assert first.startswith(f'negative[0] "{document["negative"][0]["name"]}": ')
    assert last == "1 failures"
