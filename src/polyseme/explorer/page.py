"""The explorer as one page: all scripts and styles in it, and the network too where it is exported.

The scripts are modules that name what they take from each other. In the page they stand behind one
another in one script, so that it needs no server and its policy can name the script by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from polyseme.errors import OptionError
from polyseme.explorer.view import network_data, view_data
from polyseme.networks.network import Network

# In the order of their imports.
SCRIPTS = ("runner.js", "draw.js", "model.js", "pictures.js", "pages.js", "app.js")
STYLES = ("look.css", "explorer.css")
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[\w.]+\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def static_text(name: str) -> str:
    """Return the text of a file of the explorer."""
    return (files("polyseme.explorer") / "static" / name).read_text(encoding="utf-8")


def policy(script: str, style: str, connect: str) -> str:
    """Return the content-security policy of a page with one script and one style."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        f"img-src data: blob:; connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def served_page(beside: bool = False) -> tuple[str, str]:
    """Return the page that fetches its network, or two, from where it came, and its policy."""
    return _page("", "'self'", beside)


def exported_page(network: Network, beside: Network | None = None) -> str:
    """Return one self-contained page that explores a network, and another beside it.

    Its answer key is in it if the network has one.

    Raises:
        OptionError: The other network has other features or shares no output with the network.
    """
    data = "".join(_block(name, data) for name, data in explorer_files(network, beside).items())
    return _page(data, "'none'", beside is not None)[0]


def explorer_files(network: Network, beside: Network | None) -> dict[str, bytes]:
    """Return what the page reads, by name: the network, the view of its key, the other network.

    Raises:
        OptionError: The other network has other features or shares no output with the network.
    """
    found = {
        "network": network_data(network),
        "view": b"" if network.key is None else view_data(network),
    }
    if beside is not None:
        if set(beside.encoder.features) != set(network.encoder.features):
            raise OptionError("the network beside has other features; two of one circuit compare")
        if not set(beside.readout.outputs) & set(network.readout.outputs):
            raise OptionError("the network beside has none of the outputs; two of one circuit do")
        found["beside"] = network_data(beside)
    return found


def _page(data: str, connect: str, beside: bool) -> tuple[str, str]:
    script = "".join(_EXPORT.sub("", _IMPORT.sub("", static_text(name))) for name in SCRIPTS)
    style = "".join(static_text(name) for name in STYLES)
    rule = policy(script, style, connect)
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{rule}">\n<style>{style}</style>\n'
        f'<script type="module">{script}</script>'
    )
    page = static_text("explorer.html").replace("<!--data-->", data).replace("<!--head-->", head)
    page = page.replace(
        '<html lang="en"><!--beside-->', f'<html lang="en"{" data-beside=yes" if beside else ""}>'
    )
    return page, rule


def _block(name: str, data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return f'<script type="application/octet-stream" id="{name}-data">{text}</script>\n'


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
