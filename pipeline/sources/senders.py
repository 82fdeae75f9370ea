"""Who may send mail into a mailbox that is a source. Pure.

What stands in `From` anybody can write. What the receiving server found out about it stands in
`Authentication-Results` (RFC 8601), of which only the first counts: the server puts its own above all others.
"""

import re
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from pipeline.errors import ParseError, Reason
from pipeline.model import Feed

#: a mail's headers end before; what is cut off there is in none that we read
_HEADER_BYTES = 256 * 1024
_END = re.compile(rb"\r?\n\r?\n")
_PIECE = re.compile(r'\\.|["()]|[^\\"()]+|\\', re.DOTALL)
_DMARC = re.compile(r"\s*dmarc\s*=\s*pass(?=\s|$)", re.IGNORECASE)


def unwelcome(body: bytes, feed: Feed) -> str | None:
    """Say why a mail is not from somebody who may send here; None: it is, or everybody may."""
    if not feed.senders and feed.authenticated_by is None:
        return None
    headers = BytesHeaderParser(policy=compat32).parsebytes(_END.split(body[:_HEADER_BYTES], 1)[0])
    sender = _sender(headers)
    if sender is None:
        return "the mail does not say by one address in From who sent it"
    if feed.senders and not _is_listed(sender, feed.senders):
        return f"{sender} is not among the senders of this mailbox"
    if feed.authenticated_by is not None and not _is_authenticated(headers, feed.authenticated_by):
        return f"{feed.authenticated_by} does not say that the mail is from {sender} (dmarc=pass)"
    return None


def refuse_strangers(body: bytes, feed: Feed) -> None:
    """Refuse a mail that is not from somebody who may send here. Raises ParseError: UNKNOWN_SENDER."""
    if (why := unwelcome(body, feed)) is not None:
        raise ParseError(Reason.UNKNOWN_SENDER, why)


def _sender(headers: Message) -> str | None:
    """Give the one address in the one From, in small letters."""
    lines = headers.get_all("From", [])
    if len(lines) != 1:
        return None
    addresses = [address for _, address in getaddresses([str(lines[0])])]
    found = addresses[0].lower() if len(addresses) == 1 else ""
    name, _, domain = found.rpartition("@")
    return found if name and domain and found.isprintable() and " " not in found else None


def _is_listed(sender: str, listed: tuple[str, ...]) -> bool:
    domain = sender.rpartition("@")[2]
    return any(each.lower() in (sender, domain) for each in listed)


def _is_authenticated(headers: Message, server: str) -> bool:
    said_by, *results = _bare(str(headers.get("Authentication-Results", ""))).split(";")
    names = said_by.lower().split()[:1]
    return names == [server.lower()] and any(_DMARC.match(result) for result in results)


def _bare(text: str) -> str:
    """Leave out what is quoted and what is comment: the server repeats there what the sender wrote.

    What is not closed goes on to the end, and quotation marks count in comments too: in doubt less is left.

    >>> _bare('mx; spf=pass(a (b))from="x; dmarc=pass"@y; dkim=none').split(";")
    ['mx', ' spf=pass from=@y', ' dkim=none']
    """
    kept: list[str] = []
    is_quoted, depth = False, 0
    for piece in _PIECE.findall(text):
        if piece == '"':
            is_quoted = not is_quoted
        elif piece == "(" and not is_quoted:
            depth += 1
            kept += [" "] if depth == 1 else []
        elif piece == ")" and not is_quoted:
            depth = max(depth - 1, 0)
        elif not is_quoted and not depth:
            kept.append(piece)
    return "".join(kept)
