"""Sphinx makes the reference of every public name from the docstrings: ``make docs``."""

import builtins
import sys
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
# Import the package of this checkout, and the module generated from the README's schema.
sys.path[:0] = [str(ROOT), str(ROOT / "tests/capnsafe/schema")]

project = "capnsafe"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "alabaster"
html_theme_options = {"description": "Every public name", "page_width": "80em"}
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False

autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"


def without_builtins(app: Sphinx, document: nodes.document) -> None:
    """Remove links from builtin names in signatures: ``bytes`` would link to a property."""
    for reference in list(document.findall(pending_xref)):
        if hasattr(builtins, reference["reftarget"]):
            reference.replace_self(nodes.Text(reference["reftarget"]))


def setup(app: Sphinx) -> None:
    """Register the function above."""
    app.connect("doctree-read", without_builtins)
