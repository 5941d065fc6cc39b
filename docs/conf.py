"""How the pages are built: sphinx-build -W -c docs . FOLDER

The pages are the files themselves, in the order of docs/contents.md; the reference is made of the
docstrings.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "cookie_sessions"
root_doc = "README"
include_patterns = ["README.md", "SECURITY.md", "CHANGELOG.md", "docs/*.md"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "cookie_sessions"

autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_use_ivar = True
