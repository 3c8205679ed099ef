"""Whether the libraries a format needs are there; one clear sentence where they are not."""

from __future__ import annotations

from importlib import import_module

from siting.errors import InputError

NEEDED = {
    "pdf": (("jinja2", "Jinja2"), ("weasyprint", "WeasyPrint")),
    "html": (("jinja2", "Jinja2"),),
    "docx": (("docx", "python-docx"),),
}
"""Per format: modules, and what their packages are called."""


def require(ending: str) -> None:
    """Raise unless everything that writes a format is there.

    Parameters
    ----------
    ending : str
        "pdf", "html" or "docx".

    Raises
    ------
    InputError
        Naming what is missing and how to get it.
    """
    for module, package in NEEDED[ending]:
        try:
            import_module(module)
        except ImportError as error:
            raise InputError(
                f"writing .{ending} needs {package}; install it with: pip install 'siting[report]'"
            ) from error
        except OSError as error:
            # WeasyPrint loads Pango when it is imported.
            raise InputError(
                f"writing .{ending} needs the Pango library of the system, which {package} does not find; install it "
                "(Debian: libpango-1.0-0 libpangoft2-1.0-0; macOS: brew install pango), or write .html or .docx"
            ) from error
