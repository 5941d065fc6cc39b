"""How ``sphinx-build -W -n -c docs . FOLDER`` makes a site of the pages.

The pages are the files that GitHub shows. What Sphinx alone needs is added while it reads them: to
the README the order of docs/contents.md, and to docs/reference.md the docstrings of the modules
that it lists.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "cookie_sessions"
root_doc = "README"
include_patterns = ["README.md", "SECURITY.md", "CHANGELOG.md", "docs/*.md"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "cookie_sessions"
html_show_copyright = False

autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_use_ivar = True

_CONTENTS = "docs/contents"
_REFERENCE = "docs/reference"


def listed() -> list[str]:
    """The modules, and a few classes of others, that docs/reference.md has a row for."""
    text = (ROOT / f"{_REFERENCE}.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([\w.]+)`", text, re.MULTILINE)


# A name of a listed module must be there. Others are other people's, or the package's own, and
# no other site is asked for them.
_LISTED = "|".join(map(re.escape, listed()))
nitpick_ignore_regex = [(r"py:.*", rf"(?!(?:{_LISTED})(?:\.[A-Z]\w*)?(?:\.[a-z_]\w*)?$).*")]


def toctrees(contents: str) -> str:
    """The sections of docs/contents.md as hidden tables of contents.

    Args:
        contents: the text of that page.

    Returns:
        One directive a section, for a page at the root.
    """
    made = []
    for section in re.split(r"^## ", contents, flags=re.MULTILINE)[1:]:
        caption = section.partition("\n")[0]
        links = re.findall(r"^- \[.*?\]\((\S+?)\.md\)", section, re.MULTILINE)
        pages = [os.path.normpath(f"docs/{link}") for link in links]
        listed = [page for page in pages if page != root_doc]
        made.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", *listed, "```"]))
    return "\n\n".join(["```{toctree}\n:hidden:\n" + _CONTENTS + "\n```", *made])


def directives(names: list[str]) -> str:
    """What Sphinx makes of the docstrings of modules and classes.

    Args:
        names: theirs, with all packages before them.

    Returns:
        A heading and a directive for each.
    """
    kinds = {name: "class" if name.rpartition(".")[2][0].isupper() else "module" for name in names}
    return "\n\n".join(
        f"## {name}\n\n```{{eval-rst}}\n.. auto{kind}:: {name}\n```" for name, kind in kinds.items()
    )


def add(_app: Sphinx, page: str, source: list[str]) -> None:
    """Add to a page that was read what Sphinx needs there.

    Args:
        page: its name.
        source: its text, the only item.
    """
    if page == root_doc:
        source[0] += "\n\n" + toctrees((ROOT / f"{_CONTENTS}.md").read_text(encoding="utf-8"))
    elif page == _REFERENCE:
        source[0] += "\n\n" + directives(listed())


def keep_whole(
    _app: Sphinx, kind: str, _name: str, _object: Any, _options: Any, lines: list[str]
) -> None:
    """Keep napoleon from taking what stands before a colon for the type of an attribute.

    Args:
        kind: what the docstring is of.
        lines: its lines.
    """
    if kind in {"attribute", "data", "property"}:
        lines.insert(0, "")


def setup(app: Sphinx) -> None:
    """Register the two functions above.

    Args:
        app: the build.
    """
    app.connect("source-read", add)
    app.connect("autodoc-process-docstring", keep_whole, priority=400)  # napoleon's is 500
