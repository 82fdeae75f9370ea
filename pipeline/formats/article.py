"""The text of an article's page: the home of trafilatura. To be run where it may be killed."""

import re

import trafilatura

from pipeline.errors import ParseError, Reason
from pipeline.formats.charset import decode
from pipeline.formats.finish import MAX_BODY

#: characters of a page that are looked at
_MOST = 4_000_000
_AROUND = re.compile(r"</?(?:html|body)>\s*")
#: the headline: the feed has it
_TITLE = re.compile(r"\s*<h1>.*?</h1>\s*", re.DOTALL)


def read_article(body: bytes, *, url: str, media_type: str | None) -> str:
    """Find the article in a page; gives HTML, not sanitised.

    Args:
        body: The page.
        url: Where it stands.
        media_type: Content-Type as sent.

    Raises:
        ParseError: EMPTY: there is no article to be found.
    """
    page = decode(body, media_type).text[:_MOST]
    found = trafilatura.extract(page, url=url, output_format="html", include_comments=False)
    article = _TITLE.sub("", _AROUND.sub("", found or ""), count=1).strip()
    if not article:
        raise ParseError(Reason.EMPTY, "no article is found in the page")
    return article[:MAX_BODY]
