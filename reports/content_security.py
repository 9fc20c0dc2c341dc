"""What the site's pages may do in a browser: the Content-Security-Policy of each.

Scripts come from the site itself, or stand in a page as the build has written them, which their hashes say. Text that
became markup by mistake runs nothing.

Styles: a page's own `<style>` elements go by their hashes, and so does the one that Svelte adds for its transitions.
Style attributes are allowed, for the pages are full of them: a bar's length is one.
"""

import base64
import hashlib
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

SVELTE_TRANSITION = "/* empty */"
"""The text of the `<style>` that Svelte adds to a page; it writes the rules of a transition by script."""


def policy(scripts: tuple[str, ...] = (), styles: tuple[str, ...] = ()) -> str:
    """The header's value for a page with these inline scripts and styles."""
    directives = {
        "default-src": "'none'",
        # The browser's database is WebAssembly.
        "script-src": " ".join(["'self'", "'wasm-unsafe-eval'", *map(_hash, scripts)]),
        "style-src-elem": " ".join(["'self'", *map(_hash, (SVELTE_TRANSITION, *styles))]),
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def page_policy(page: Path) -> str:
    """The header's value for an HTML file. It is worked out once, and again when the file has changed."""
    return _page_policy(page, page.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _page_policy(page: Path, changed_at: int) -> str:
    inline = _Inline()
    inline.feed(page.read_text("utf-8"))
    inline.close()
    return policy(tuple(inline.found["script"]), tuple(inline.found["style"]))


class _Inline(HTMLParser):
    """Collects the text of a page's inline scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {"script": [], "style": []}
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        is_data = tag == "script" and attributes.get("type") not in (None, "", "module", "text/javascript")
        if tag in self.found and "src" not in attributes and not is_data:
            self._inside = tag
            self.found[tag].append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[self._inside][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = None


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
