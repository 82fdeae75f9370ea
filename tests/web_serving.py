"""The web interface on loopback over ports in memory, and what a page holds."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser

from fakes_read import FakeQueueView, FixedClock
from pipeline.ports.reading import ReadStore
from pipeline.store.search import Groups
from pipeline.web.access import Access, access_for
from pipeline.web.app import WebEdge, create_app
from pipeline.web.server import listen, make_server

Ask = Callable[..., "Answer"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def data(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)
        return found


@contextmanager
def serving(
    store: ReadStore,
    queue: FakeQueueView | None = None,
    access: Access | None = None,
    groups: Groups | None = None,
) -> Iterator[Ask]:
    """Serve, and give what asks."""
    with serving_at(store, queue, access, groups) as port:
        yield lambda path, method="GET", **headers: _ask(port, path, method, headers)


@contextmanager
def serving_at(
    store: ReadStore,
    queue: FakeQueueView | None = None,
    access: Access | None = None,
    groups: Groups | None = None,
) -> Iterator[int]:
    """Serve, and give the port."""
    edge = WebEdge(store=store, queue=queue, clock=FixedClock(), groups=groups)
    server = make_server(create_app(edge, access or access_for("127.0.0.1")))
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


def _ask(port: int, path: str, method: str, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with ExitStack() as stack:
        stack.callback(connection.close)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=lowered, body=response.read())


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        #: what stands inside script elements
        self.script = ""
        self.ids: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._in_script = tag == "script"
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "hx-get")]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.script += data
        else:
            self.words.append(data)
