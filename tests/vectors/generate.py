"""Write the test vectors anew, always the same: python -m tests.vectors.generate

The static names and the worked example in docs/format.md are written with them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cookie_sessions.codec.names import STATIC_NAMES
from tests.vectors import form_tokens, handoffs, negative, overflow, positive, splits, wires

VECTORS = Path(__file__).with_name("v1.json")
FORMAT_PAGE = Path(__file__).parents[2] / "docs" / "format.md"


def document() -> str:
    """The text of the file with the vectors."""
    vectors = {
        "format": 1,
        "secret_keys": wires.secret_keys(),
        "positive": positive.vectors(),
        "negative": negative.vectors(),
        "splits": splits.vectors(),
        "overflow": overflow.vectors(),
        "wires": wires.vectors(),
        "handoffs": handoffs.vectors(),
        "form_tokens": form_tokens.vectors(),
    }
    return "{" + ",".join(_section(name, value) for name, value in vectors.items()) + "\n}\n"


def page(text: str) -> str:
    """The text of docs/format.md with its generated parts written anew."""
    for name, content in (("static names", _names()), ("worked example", _example())):
        before, begin, rest = text.partition(f"<!-- {name}: begin -->\n")
        _, end, after = rest.partition(f"<!-- {name}: end -->\n")
        assert begin
        assert end
        text = f"{before}{begin}{content}\n{end}{after}"
    return text


def _section(name: str, content: Any) -> str:
    """One line for each member of a vector, so that a change shows where it is."""
    if type(content) is not list:
        return f"\n{_member(name, content)}"
    rows = [",\n".join(_member(key, value) for key, value in vector.items()) for vector in content]
    return f'\n"{name}": [\n{{' + "},\n{".join(rows) + "}\n]"


def _member(name: str, content: Any) -> str:
    if name == "values":
        return f'"{name}": [' + ",".join(f"\n{json.dumps(entry)}" for entry in content) + "]"
    return f'"{name}": {json.dumps(content)}'


def _names() -> str:
    rows = ["| Code | Name |", "|---|---|"]
    rows += [f"| {code} | `{name}` |" for code, name in enumerate(STATIC_NAMES)]
    return "\n".join(rows)


def _example() -> str:
    vector: dict[str, Any] = next(positive.worked_example())
    claims = vector["claims"]
    value = {name: octets for name, octets in vector.items() if type(octets) is str}
    rows = [
        ("ring key", value["key"]),
        ("subkey K", value["subkey"]),
        ("kid", value["kid"]),
        ("flags", f"{vector['flags']:02x}"),
        ("sealed_at", f"{vector['sealed_at']:08x} = {vector['sealed_at']}"),
        ("header", value["header"]),
        ("nonce N", value["nonce"]),
        ("L", value["l"]),
        ("K1", value["k1"]),
        ("M1", value["m1"]),
        ("M2", value["m2"]),
        ("derived key", value["derived_key"]),
        ("GCM nonce", value["nonce"][24:]),
        ("AAD", value["aad"]),
        ("sid", claims["sid"]),
        ("iat", f"{claims['iat']:08x} = {claims['iat']}"),
        ("since", f"{claims['since']}"),
        ("until", f"{claims['until']}"),
        ("claims", value["claims_octets"]),
    ]
    rows += [(f"{entry['key']['value']}", _entry(entry)) for entry in vector["values"]]
    rows += [
        ("plaintext", value["payload"]),
        ("ciphertext", value["ciphertext"]),
        ("tag", value["tag"]),
        ("text", value["text"]),
    ]
    lines = [line for name, content in rows for line in _wrapped(name, content)]
    return "```\n" + "\n".join(lines) + "\n```"


def _entry(entry: dict[str, Any]) -> str:
    return f"{entry['wire_key']} -> {entry['wire']}"


def _wrapped(name: str, content: str) -> list[str]:
    pieces = [content[i : i + 80] for i in range(0, len(content), 80)]
    return [f"{name if not i else '':<12} {piece}" for i, piece in enumerate(pieces)]


def main() -> None:
    """Write both files."""
    VECTORS.write_text(document(), encoding="ascii")
    FORMAT_PAGE.write_text(page(FORMAT_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
