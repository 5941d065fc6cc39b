"""Write down anew what is public: python -m tests.api

What changed belongs into CHANGELOG.md, and says by docs/releases.md what number the release has.
"""

from __future__ import annotations

from tests.api.snapshot import FOLDER, current


def main() -> None:
    """Write each text, and drop those of modules that are no longer public."""
    texts = current()
    for stored in FOLDER.glob("*.txt"):
        if stored.stem not in texts:
            stored.unlink()
    for name, text in texts.items():
        path = FOLDER / f"{name}.txt"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != before:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name} was written anew")


if __name__ == "__main__":
    main()
