"""Pages out of templates: the home of jinja2. Everything is escaped; words are those of the terminal."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipeline.monitor.words import ago_words, count_words, moment_words, span_words
from pipeline.plain import safe_line
from pipeline.publish.stories import narrowest
from pipeline.web.evidence import marked, paragraphs


class Templates:
    """The templates of this folder, read once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("pipeline.web"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(line=safe_line, web_address=web_address)
        self._environment.globals.update(
            version=version("newswire"),
            address=address,
            count=count_words,
            span=span_words,
            marked=marked,
            narrowest=narrowest,
            paragraphs=paragraphs,
        )

    def page(self, name: str, now: datetime, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill a template; ages are counted from `now`."""
        words = {"ago": partial(ago_words, now=now), "moment": partial(moment_words, now=now), "now": now}
        return HTMLResponse(self._environment.get_template(name).render(**words, **values), status)


def address(path: str, **parameters: object) -> str:
    """Write the address of a page of ours; parameters without a value are left out.

    >>> address("/documents", q="lang:fr été", page=None)
    '/documents?q=lang%3Afr+%C3%A9t%C3%A9'
    """
    given: Mapping[str, object] = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def web_address(url: str | None) -> str | None:
    """Give an address from outside that may be a link; None: a script, a file, or no address at all.

    >>> web_address("https://example.org/a"), web_address("javascript:alert(1)")
    ('https://example.org/a', None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None
