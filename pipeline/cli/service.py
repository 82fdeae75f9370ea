"""run, fetch, work, web and import: the processes of the service, wired from the settings.

`run` supervises; its children are the same commands that a cluster runs one by one, told the queue's URL by
the environment. A part that is started by hand without a queue URL joins whoever owns the data directory, and
brings the embedded queue itself when nobody does.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.logs import get_logger
from pipeline.service.children import Command
from pipeline.service.lock import DataDirectoryTakenError, Owner, own, owner_of

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from workers.worker import WorkPlan

log = get_logger(__name__)

QUEUE_URL = "NEWSWIRE_QUEUE__URL"
LOG_LEVEL = "NEWSWIRE_LOG__LEVEL"
#: how long an import that waits does so for links, when all is processed
_LINKED_AFTER_S = 10.0

#: how long `import --wait` waits for people and organisations when the documents are stored
ENRICH_WAIT_S = 60.0


def run_command(app: AppContext) -> None:
    """Run everything on this machine: queue, fetcher, workers, web page."""
    from pipeline.cli.service_link import check_web_port, web_access
    from pipeline.settings import secrets_others_may_read

    web = app.settings_and_feeds.web  # a slip in any file is said here, before anything starts
    web_access(app)
    if owner_of(app.data_dir) is None:  # else its owner is what must be said
        check_web_port(app)
    parts = [_part(app, "fetch"), _part(app, "work"), _part(app, "web")]
    app.start_logs()
    for path in secrets_others_may_read(app.settings_and_feeds, app.env):
        log.warning("secrets_readable", file=path, cause="every user of this machine may read it: chmod o-r")
    _check_server(app)
    log.info(
        "service_starting",
        data=str(app.data_dir),
        config=str(app.config_dir),
        web=f"http://{web.host}:{web.port}",
    )
    _supervise(app, "run", parts)


def fetch_command(app: AppContext) -> None:
    """Run the fetcher alone."""
    if not has_queue(app):
        _supervise(app, "fetch", [_part(app, "fetch")])
        return
    from pipeline.service.fetcher import run_fetcher

    app.start_logs()
    _check_server(app)
    run_fetcher(app.settings, env=app.env, queue_url=_queue_url(app))


def work_command(
    app: AppContext,
    wire: Annotated[
        int | None, typer.Option("-n", "--wire", min=0, help="Processes for the queue `wire`.")
    ] = None,
    backfill: Annotated[int | None, typer.Option(min=0, help="Processes for the queue `backfill`.")] = None,
) -> None:
    """Run workers alone."""
    if not has_queue(app):
        _supervise(app, "work", [_work_part(app, wire=wire, backfill=backfill)])
        return
    # Threads of numerical libraries multiply with the processes and only get in each other's way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from workers.worker import run_workers

    app.start_logs()
    _check_server(app)
    run_workers(_work_plan(app, wire=wire, backfill=backfill))


def web_command(app: AppContext) -> None:
    """Run the web page and API alone."""
    from pipeline.cli.service_link import serve_web

    app.start_logs()
    serve_web(app)


def import_command(
    app: AppContext,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files, folders, or the URL of an archive; - is standard input."
        ),
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Return when all is processed.")] = False,
    provider: Annotated[
        str | None, typer.Option(help="Provider of these files, where they do not say.")
    ] = None,
) -> None:
    """Take in files once."""
    from pipeline.cli.importing import take_in_files

    app = quiet(app)
    app.start_logs()
    taken = take_in_files(app, paths, provider=provider)
    typer.echo(taken.in_words(), err=True)
    if wait:
        fates = drain(app, taken.ids)
        typer.echo(
            ", ".join(f"{count} {fate}" for fate, count in fates.items() if count or fate == "new"), err=True
        )
        if fates["open"] or fates["quarantined"]:
            raise typer.Exit(1)
    elif taken.ids and not owner_of(app.data_dir) and app.settings.queue.url is None:
        typer.echo("nothing runs here now: `newswire run` (or --wait) will process them", err=True)
    if taken.failed or taken.quarantined:
        raise typer.Exit(1)


def drain(app: AppContext, ids: Sequence[int]) -> Mapping[str, int]:
    """Have entries processed: wait for the workers there are, or bring some for as long as it takes.

    People and organisations are waited for too, but not longer than ENRICH_WAIT_S: many documents take long.

    Returns:
        How many became what, see FeedStore.fates; some are open only when it was interrupted. And how many
        are still to be enriched.
    """
    from pipeline.store.open import open_store

    store = open_store(app.settings.storage.url, app.data_dir)

    enriching = bool(_languages(app)) and app.settings.workers.enrich > 0
    processed_at: list[float] = []

    def done() -> bool:
        if store.open_among(ids):
            return False
        processed_at.append(time.monotonic())
        waited_s = processed_at[-1] - processed_at[0]
        # Copies that two workers had at the same moment are linked by the keeper's next rounds.
        linking = waited_s < _LINKED_AFTER_S and bool(store.unlinked(after=0, limit=1))
        enrich = enriching and waited_s < ENRICH_WAIT_S and store.unenriched_among(ids) > 0
        telling = waited_s < _LINKED_AFTER_S and store.untold_among(ids) > 0
        return not linking and not enrich and not telling

    with closing(store):
        while not done() and not work_until(app, done):
            pass  # whoever worked has gone: look again who does now
        return {**store.fates(ids), "to be enriched": store.unenriched_among(ids)}


def work_until(app: AppContext, done: Callable[[], bool]) -> bool:
    """Wait where workers run, or run some; True when interrupted. Returns early when who ran has gone."""
    from pipeline.service.waiting import wait_while, workers_alive

    if has_queue(app):
        url = _queue_url(app)
        if workers_alive(url):
            return wait_while(lambda: not done() and has_queue(app) and workers_alive(url))
        return _run_parts(app, None, url, [_work_part(app, wire=1, backfill=app.settings.workers.wire)], done)
    try:
        part = _work_part(app, wire=1, backfill=app.settings.workers.wire)
        return _supervise(app, "import", [part], until=done)
    except DataDirectoryTakenError:
        return False  # somebody was faster: join him


def _supervise(
    app: AppContext, command: str, parts: Sequence[Command], until: Callable[[], bool] = lambda: False
) -> bool:
    """Own the data directory and run parts, with the embedded queue unless the settings name another."""
    from pipeline.service.embedded import queue_url, valkey_command

    url = app.settings.queue.address or queue_url(app.data_dir)
    with own(app.data_dir, command=command, queue_url=url):
        _check_store(app)
        server = None if app.settings.queue.url else valkey_command(app.data_dir)
        return _run_parts(app, server, url, parts, until)


def _check_store(app: AppContext) -> None:
    """Bring the schema up to date, and look at the files: parts that cannot work are not started for ever.

    A server that does not answer now is waited for by the parts themselves.

    Raises:
        StoreError: A newer release made the database, or it is damaged.
    """
    from pipeline.errors import StoreError
    from pipeline.store.database import UndoneError
    from pipeline.store.open import open_store

    try:
        with closing(open_store(app.settings.storage.url, app.data_dir)) as store:
            wrong = store.check(quick=True)
    except UndoneError as error:
        log.warning("storage_unavailable", cause=str(error))
        return
    for fault in wrong:
        raise StoreError(str(fault))


def _run_parts(
    app: AppContext, server: Command | None, url: str, parts: Sequence[Command], until: Callable[[], bool]
) -> bool:
    from pipeline.service.embedded import make_directory, set_aside
    from pipeline.service.supervisor import Supervisor

    app.start_logs()
    supervisor = Supervisor(
        server=server,
        children=[_told(part, url) for part in parts],
        queue_url=url,
        drain_s=app.settings.workers.drain_s,
        until=until,
        set_aside=lambda: set_aside(app.data_dir),
        prepare=lambda: make_directory(app.data_dir) if server else None,
    )
    return supervisor.run()


def _told(part: Command, url: str) -> Command:
    return Command(name=part.name, argv=part.argv, env={**part.env, QUEUE_URL: url})


def quiet(app: AppContext) -> AppContext:
    """Have a command that ends by itself log only what is wrong, unless told otherwise: it has a result."""
    return replace(app, env={LOG_LEVEL: "warning", **app.env})


def _part(app: AppContext, name: str, *options: str) -> Command:
    """Build the command of one part. -P: the current directory must not become part of the program."""
    where = ["--config", str(app.config_dir.absolute()), "--data", str(app.data_dir)]
    env = {LOG_LEVEL: app.env[LOG_LEVEL]} if LOG_LEVEL in app.env else {}
    argv = [sys.executable, "-P", "-m", "pipeline.cli", name, *options, *where]
    return Command(name=name, argv=argv, env=env)


def _work_part(app: AppContext, *, wire: int | None, backfill: int | None) -> Command:
    options = [f"--wire={wire}"] if wire is not None else []
    options += [f"--backfill={backfill}"] if backfill is not None else []
    return _part(app, "work", *options)


def has_queue(app: AppContext) -> bool:
    """Say whether there is a queue to join: by the settings, or because somebody owns the directory."""
    return app.settings.queue.url is not None or owner_of(app.data_dir) is not None


def _queue_url(app: AppContext) -> str:
    owner: Owner | None = owner_of(app.data_dir)
    url = app.settings.queue.address or (owner.queue_url if owner else None)
    if url is None:
        from pipeline.service.embedded import queue_url

        return queue_url(app.data_dir)  # its owner has just gone; the next one serves at the same place
    return url


def _check_server(app: AppContext) -> None:
    """Look at a queue server that is not ours before anything starts on it.

    One that does not answer stops nobody: whoever needs it waits for it.

    Raises:
        QueueError: It cannot do the work; says what would.
    """
    from pipeline.errors import QueueError
    from pipeline.monitor.queue_server import remarks_on
    from pipeline.queues import LOOK_S, RedisQueue

    if app.settings.queue.address is None:
        return
    try:
        with closing(RedisQueue(app.settings.queue.address, patience_s=LOOK_S)) as queue:
            server = queue.server()
    except QueueError as error:
        log.warning("queue_unreachable", cause=str(error))
        return
    for remark in remarks_on(server):
        if remark.refused:
            raise QueueError(f"queue.url: {remark.words}")
        log.warning("queue_server_unfit", fault=remark.fault.value, remark=remark.words)
    log.info("queue_server", name=server.name, version=server.version)


def _languages(app: AppContext) -> frozenset[str]:
    """Say in which languages people and organisations are to be found, and can be."""
    from workers.tag.models import installed_models

    return installed_models() if app.settings.ner else frozenset()


def _work_plan(app: AppContext, *, wire: int | None, backfill: int | None) -> "WorkPlan":
    from pipeline.cli.db import policy_of
    from pipeline.cli.dedupe import linking_of
    from pipeline.model import QueueName
    from pipeline.store.open import open_store
    from workers.worker import WorkPlan

    settings: Settings = app.settings
    workers = settings.workers
    languages = _languages(app)
    if settings.ner and not languages:
        log.warning("ner_unavailable", cause="no model is installed; see `newswire doctor`")
    return WorkPlan(
        data_dir=app.data_dir,
        config_dir=app.config_dir,
        queue_url=_queue_url(app),
        release=version("newswire"),
        # Well below the batch's time: a store that is slow must be seen to be it, and not the entries.
        open_store=lambda: open_store(settings.storage.url, app.data_dir, wait_s=workers.batch_timeout_s / 3),
        processes={
            QueueName.WIRE: workers.wire if wire is None else wire,
            QueueName.BACKFILL: workers.backfill if backfill is None else backfill,
            QueueName.ENRICH: workers.enrich if languages else 0,
        },
        languages=languages,
        batch_size=workers.batch_size,
        batch_timeout_s=int(workers.batch_timeout_s),
        memory_bytes=workers.memory_bytes,
        max_attempts=workers.max_attempts,
        # The supervisor waits for drain_s in all: the children must have ended before.
        drain_s=max(1.0, workers.drain_s - 1),
        policy=policy_of(settings.retention),
        change_days=settings.retention.change_days,
        quarantine_days=settings.retention.quarantine_days,
        poll_count=settings.retention.polls,
        linking=linking_of(settings.dedupe),
    )
