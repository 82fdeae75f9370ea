"""How a command reaches what is stored and what runs: the store, the running queue, the web process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.cli.context import AppContext
from pipeline.service.lock import owner_of

if TYPE_CHECKING:
    from pipeline.care import Reader
    from pipeline.ports.store import Store
    from pipeline.queues import RedisQueue
    from pipeline.store.search import Groups
    from pipeline.web.access import Access


@contextmanager
def stored(app: AppContext) -> Iterator["Store"]:
    """Open what is stored, for as long as the block runs; a command that reads makes no database.

    Raises:
        StoreError: There is none yet, or it cannot be read.
    """
    from pipeline.store.open import open_store

    check_stored(app)
    store = open_store(app.settings.storage.url, app.data_dir)
    try:
        yield store
    finally:
        store.close()


def check_stored(app: AppContext) -> None:
    """Say where there is nothing to read. Raises StoreError."""
    from pipeline.errors import StoreError
    from pipeline.store.open import database_exists, store_name

    url = app.settings.storage.url
    if not database_exists(url, app.data_dir):
        place = store_name(url, app.data_dir) if url else app.data_dir
        elsewhere = "storage.url says where" if url else "--data DIR looks elsewhere"
        raise StoreError(
            f"nothing is stored in {place} yet: `newswire run` or `newswire import FILE` begins, {elsewhere}"
        )


def stored_on(app: AppContext) -> str | None:
    """Say on what server documents are stored; None: in a file."""
    from pipeline.store.open import is_on_server, server_version, store_name

    url = app.settings.storage.url
    if url is None or not is_on_server(url):
        return None
    return f"{server_version(url)}, {store_name(url, app.data_dir)}"


def check_addresses(app: AppContext) -> None:
    """Look whether storage.url and queue.url can be used; no server is asked. Raises ConfigError."""
    from pipeline.redis_server import check_url
    from pipeline.store.open import store_name

    if url := app.settings.storage.url:
        store_name(url, app.data_dir)
    if address := app.settings.queue.address:
        check_url(address)


@contextmanager
def running_queue(app: AppContext) -> Iterator["RedisQueue | None"]:
    """Reach the queue that runs; None where none does."""
    url = running_queue_url(app)
    if url is None:
        yield None
        return
    from pipeline.queues import LOOK_S, RedisQueue

    queue = RedisQueue(url, patience_s=LOOK_S)
    try:
        yield queue
    finally:
        queue.close()


def running_queue_url(app: AppContext) -> str | None:
    """Say where the queue that runs is: the configured one, or that of the data directory's owner."""
    owner = owner_of(app.data_dir)
    return app.settings.queue.address or (owner.queue_url if owner else None)


@contextmanager
def limited_reader(app: AppContext) -> Iterator["Reader"]:
    """Read bytes of unknown origin in a process with limits of time and memory, as the fetcher does."""
    from pipeline.parsing import ParsePool

    fetch = app.settings.fetch
    pool = ParsePool(processes=1, timeout_s=fetch.parse_timeout_s, memory_bytes=fetch.parse_memory_bytes)
    try:
        yield lambda body, name: asyncio.run(pool.parse(body, name=name, media_type=None))
    finally:
        pool.close()


def region_groups(app: AppContext) -> "Groups":
    """Read the groups of countries that can be searched for. Raises ConfigError."""
    from workers.tag.groups import load_groups
    from workers.tag.reading import rules_path

    return load_groups(rules_path(app.config_dir, "regions.yaml"))


def web_access(app: AppContext) -> "Access":
    """Say who may ask the web interface; `run` asks early. Raises ConfigError: it would be open to others."""
    from pipeline.web.access import access_for

    web = app.settings.web
    return access_for(web.host, token=web.token, names=web.hosts)


def check_web_port(app: AppContext) -> None:
    """Try whether the web interface can listen; its process would only be started again and again.

    Raises:
        ServiceError: It cannot; says what to do.
    """
    from pipeline.errors import ServiceError
    from pipeline.web.server import listen

    web = app.settings.web
    try:
        listen(web.host, web.port).close()
    except ServiceError as error:
        raise ServiceError(f"{error}: set web.port (or NEWSWIRE_WEB__PORT) to another port") from error


def serve_web(app: AppContext) -> None:
    """Serve pages and API until told to stop. Raises ConfigError, ServiceError."""
    from pipeline.clock import SystemClock
    from pipeline.queues import LOOK_S, RedisQueue
    from pipeline.service.embedded import queue_url
    from pipeline.store.open import open_store
    from pipeline.web.app import WebEdge, create_app
    from pipeline.web.server import serve

    web = app.settings.web
    access = web_access(app)
    owner = owner_of(app.data_dir)
    # Where nobody runs yet, the embedded queue will appear at its usual place.
    queue = RedisQueue(
        app.settings.queue.address or (owner.queue_url if owner else None) or queue_url(app.data_dir),
        patience_s=LOOK_S,
    )
    groups = region_groups(app)
    store = open_store(app.settings.storage.url, app.data_dir)
    edge = WebEdge(store=store, queue=queue, clock=SystemClock(), groups=groups)
    try:
        serve(create_app(edge, access), web.host, web.port)
    finally:
        store.close()
        queue.close()
