"""Fuzz one format, or all: guided by coverage where atheris is installed, else by chance alone.

What fails is written to the folder `--found` and named on standard error; exit status 1.
"""

import argparse
import importlib.util
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from hashlib import blake2b
from pathlib import Path
from types import FrameType

#: reading one input may take no longer
_SLOW_S = 10
#: and the process may have no more memory
_MEMORY_MB = 1024


def main() -> int:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("format", nargs="?", help="name of a module in pipeline/formats; none: all of them")
    parser.add_argument("--seconds", type=int, default=120, help="for each format")
    parser.add_argument("--seed", type=int, default=None, help="of the chance; none: another each time")
    parser.add_argument("--by-chance", action="store_true", help="without atheris")
    parser.add_argument("--found", type=Path, default=Path(tempfile.gettempdir()) / "newswire-fuzz")
    options = parser.parse_args()
    options.found.mkdir(parents=True, exist_ok=True)
    guided = importlib.util.find_spec("atheris") is not None and not options.by_chance
    if options.format is None:
        return _all(sys.argv[1:])
    if guided:
        return _guided(options)
    return _by_chance(options)


def _all(arguments: list[str]) -> int:
    """Fuzz each format in a process of its own: atheris ends the one it runs in."""
    from .target import formats

    failed = [
        name
        for name in formats()
        if subprocess.run([sys.executable, "-m", "tests.fuzz", name, *arguments], check=False).returncode
    ]
    print(f"failed: {', '.join(failed)}" if failed else "nothing found", file=sys.stderr)
    return 1 if failed else 0


def _by_chance(options: argparse.Namespace) -> int:
    from .target import check, formats, inputs, seeds

    known, made = formats()[options.format], inputs(options.format)
    samples = seeds(known)
    chance = random.Random(options.seed)
    signal.signal(signal.SIGALRM, _too_slow)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_MB << 20, _MEMORY_MB << 20))
    until = time.monotonic() + options.seconds
    tried = claimed = 0
    kinds: set[str] = set()
    while time.monotonic() < until:
        body = made(chance, samples)
        tried += 1
        try:
            signal.alarm(_SLOW_S)
            claimed += check(known, body)
        except BaseException:  # a finding is whatever comes out
            told = traceback.format_exc()
            if isinstance(sys.exception(), KeyboardInterrupt):
                raise
            kind = re.sub(r"\d", "", told)
            if kind not in kinds:
                kinds.add(kind)
                _keep(options, body, told)
        finally:
            signal.alarm(0)
    print(f"{options.format}: {tried} inputs, {claimed} read, {len(kinds)} kinds of failure", file=sys.stderr)
    return 1 if kinds else 0


def _guided(options: argparse.Namespace) -> int:
    import atheris

    with atheris.instrument_imports(include=["pipeline.formats"]):
        from .target import check, formats, inputs, seeds
    known, made = formats()[options.format], inputs(options.format)
    samples = seeds(known)
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for number, body in enumerate(samples):
        (corpus / str(number)).write_bytes(body)

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return atheris.Mutate(data, max_size)
        return made(chance, [data, data, chance.choice(samples)])[:max_size]

    arguments = [
        "tests.fuzz",
        f"-max_total_time={options.seconds}",
        f"-timeout={_SLOW_S}",
        "-max_len=65536",
        f"-rss_limit_mb={_MEMORY_MB}",
        "-print_final_stats=1",
        "-verbosity=0",
        f"-artifact_prefix={options.found}/{options.format}-",
        *([f"-seed={options.seed}"] if options.seed else []),
        str(corpus),
    ]

    def look(body: bytes) -> int:
        return 0 if check(known, body, slowest_s=_SLOW_S) else -1  # what is instrumented is slow

    atheris.Setup(arguments, look, custom_mutator=change)
    atheris.Fuzz()  # ends the process
    return 1


def _keep(options: argparse.Namespace, body: bytes, told: str) -> None:
    path = options.found / f"{options.format}-{blake2b(body, digest_size=6).hexdigest()}"
    path.write_bytes(body)
    print(f"{told}\ninput kept in {path}", file=sys.stderr)


def _too_slow(_: int, __: FrameType | None) -> None:
    raise TimeoutError(f"reading took more than {_SLOW_S} s")


if __name__ == "__main__":
    sys.exit(main())
