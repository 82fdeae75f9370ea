"""A day of the service, played inside a confined process: told as JSON on standard output.

Called with the health check's command as JSON, and files to import. Nothing is asserted here: the test
outside judges what is told.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from running import run, wait_for, write_records

DATA = Path(os.environ.get("NEWSWIRE_DATA", "."))
CONFIG = Path(os.environ.get("NEWSWIRE_CONFIG", "."))
_PR_SET_MDWE = 65


def main() -> None:
    told: dict[str, object] = {"written": _written_outside()}
    # What systemd's MemoryDenyWriteExecute= does, where the kernel (6.3) knows it: all that follows inherits.
    told["no_executable_memory"] = ctypes.CDLL(None).prctl(_PR_SET_MDWE, 1, 0, 0, 0) == 0
    with (DATA / "service.log").open("wb") as log:
        service = subprocess.Popen(["newswire", "run"], stdout=log, stderr=log)
    try:
        health = json.loads(sys.argv[1])
        wait_for(lambda: subprocess.run(health, capture_output=True, check=False).returncode == 0, seconds=60)
        records = write_records(DATA / "records.jsonl", 20)
        told["import"] = _called("import", str(records), *sys.argv[2:], "--wait")
        told["documents"] = wait_for(_all_exported, seconds=60, every=1)
        told["search"] = _called("search", "harbour council", "-n", "50")
        told["processes"] = _processes()
        service.send_signal(signal.SIGTERM)
        began = time.monotonic()
        told["exit"] = service.wait(30)
        told["stopped_s"] = time.monotonic() - began
        told["left"] = [each["command"] for pid, each in _processes().items() if pid != str(os.getpid())]
    finally:
        told["log"] = (DATA / "service.log").read_text()[-5000:]
        print(json.dumps(told))


def _called(*words: str) -> dict[str, object]:
    result = run(*words, data=DATA, config=CONFIG, timeout=90)
    return {"code": result.returncode, "out": result.stdout, "error": result.stderr}


def _all_exported() -> list[object]:
    """Give all documents when they are there: what was imported, and one that was polled."""
    documents = [json.loads(line) for line in str(_called("export")["out"]).splitlines()]
    return documents if len(documents) > 20 + len(sys.argv[2:]) else []


def _written_outside() -> list[str]:
    """Try to write where nothing may be written; tell where it was possible."""
    possible = []
    for place in (
        "/",
        "/etc",
        "/usr",
        "/tmp",
        "/var/tmp",
        str(CONFIG),
        sys.prefix,
        str(Path(__file__).parent),
    ):
        try:
            (Path(place) / "written-by-newswire").touch()
        except OSError:
            continue
        possible.append(place)
    return possible


def _processes() -> dict[str, dict[str, str]]:
    """Tell of each process here what the kernel says of its rights."""
    told = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            lines = (entry / "status").read_text().splitlines()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if status["State"].startswith("Z"):  # ended; it waits for the container's init to notice
            continue
        told[entry.name] = {"command": command} | {
            name: status[name] for name in ("Uid", "CapPrm", "CapEff", "CapBnd", "NoNewPrivs")
        }
    return told


if __name__ == "__main__":
    main()
