"""The command in processes forked from one that has imported what commands import.

Half a second of every command is imports; hundreds of tests call one. Here each call is a process of its own
all the same, with its own directory, environment and standard streams, that begins where `newswire` begins:
`run_client` names a program that takes the place of the installed one on a command line. Services are started
truly, and so is every command in acceptance tests, and what is told something that Python reads at its start.
"""

import atexit
import gc
import marshal
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_CLIENT = Path(__file__).with_name("forked_client.py")
#: whether it can be done here: on Linux
POSSIBLE = hasattr(os, "pidfd_open")
#: of a client's first message: three streams, then its words, environment and directory
_FDS, _MAX_BYTES = 3, 1 << 20
#: what is read at the start of Python: a command that is told one of these is started truly
_OF_PYTHON = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "OMP_", "OPENBLAS_")
#: loaded beside the modules of all commands
_MODULES = (
    "pipeline.queues",
    "pipeline.settings",
    "pipeline.store.open",
    "pipeline.service.embedded",
    "pipeline.service.supervisor",
    "workers.rules",
)


@cache
def run_client() -> tuple[str, ...]:
    """Start the process that forks, once in a test process; give the words of a program that asks it."""
    directory = tempfile.mkdtemp(prefix="newswire-forked-")
    path = f"{directory}/socket"
    # Threads of numerical libraries would not survive a fork.
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Pipes, as commands have them: the streams are made once, and look at what they write to.
    server = subprocess.Popen(
        [sys.executable, "-P", __file__, path], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    atexit.register(_end, server, Path(directory))
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    return (sys.executable, "-I", "-S", str(_CLIENT), path)


def changes_python(env: Mapping[str, str]) -> bool:
    """Say whether a command's environment changes how Python itself starts."""
    names = {*env, *os.environ}
    return any(env.get(name) != os.environ.get(name) for name in names if name.startswith(_OF_PYTHON))


def _end(server: "subprocess.Popen[bytes]", directory: Path) -> None:
    server.kill()
    server.wait()
    (directory / "socket").unlink(missing_ok=True)
    directory.rmdir()


class _Server:
    """Forks a process for each client and tells it how that ended; one that goes takes its process along."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(path)
        self._listener.listen(64)
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._listener, selectors.EVENT_READ)
        self._waiting.register(sys.stdin, selectors.EVENT_READ)
        #: pidfd or client → both, and the process
        self._running: dict[int, tuple[int, socket.socket, int]] = {}

    def serve(self) -> list[str]:
        """Serve; returns in each process that is forked, with the words of its command."""
        while True:
            for key, _ in self._waiting.select():
                if key.fileobj is sys.stdin:  # the test process has gone
                    os._exit(0)
                if key.fileobj is self._listener:
                    words = self._fork()
                    if words is not None:
                        return words
                else:
                    self._ended(key.fd)

    def _fork(self) -> list[str] | None:
        client, _ = self._listener.accept()
        message, descriptors, _, _ = socket.recv_fds(client, _MAX_BYTES, _FDS)
        if len(descriptors) < _FDS:
            client.close()
            return None
        pid = os.fork()
        if pid == 0:
            self._waiting.close()
            self._listener.close()
            client.close()
            return _become(message, descriptors)
        for each in descriptors:
            os.close(each)
        process = os.pidfd_open(pid)
        for each in (process, client.fileno()):
            self._running[each] = (process, client, pid)
            self._waiting.register(each, selectors.EVENT_READ)
        return None

    def _ended(self, descriptor: int) -> None:
        if descriptor not in self._running:
            return
        process, client, pid = self._running[descriptor]
        if descriptor != process:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        for each in (process, client.fileno()):
            self._waiting.unregister(each)
            del self._running[each]
        if descriptor == process:
            client.send(marshal.dumps(os.waitstatus_to_exitcode(status)))
        client.close()
        os.close(process)


def _become(message: bytes, descriptors: list[int]) -> list[str]:
    words, env, directory = marshal.loads(message)
    for stream, descriptor in enumerate(descriptors):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.environ.clear()
    os.environb.update(env)
    os.chdir(directory)
    return [os.fsdecode(word) for word in words]


def _load() -> None:
    from pipeline.cli.main import _COMMANDS
    from workers.normalise.document import warm_up

    for name in (*(each.target.partition(":")[0] for each in _COMMANDS), *_MODULES):
        import_module(name)
    warm_up()  # the model of languages
    assert threading.active_count() == 1, "threads do not survive a fork"
    gc.collect()
    gc.freeze()


def _serve() -> None:
    _load()
    server = _Server(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.argv = ["newswire", *server.serve()]
    try:
        from pipeline.cli.main import main

        main()
    except SystemExit as ended:
        _leave(ended.code)
    except BaseException:  # noqa: BLE001 - as Python does with what nobody catches
        traceback.print_exc()
        _leave(1)
    _leave(0)


def _leave(code: object) -> NoReturn:
    """End as Python ends, but for taking apart all that was loaded: that would copy it first."""
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve()
