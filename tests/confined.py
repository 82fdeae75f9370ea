"""A process as in a container, but without one: another user, a read-only root, no capabilities, own pids.

As root the process gets the user 10001; without root, a user namespace in which ours is called so.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from running import STARTS, servers_of

ROOT = Path(__file__).parent.parent
#: as in the Dockerfile
UID = 10001
#: where data, configuration and temporary files are inside
PLACE = Path("/mnt")
_MOUNTS = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")

# Needed and not open to others (a home directory): an empty directory takes the place of the closed one, with
# the needed part of it mounted inside. Then every mount is made read-only but /proc and what is ours.
_SCRIPT = """
set -eu
mount --make-rprivate /
mount -t tmpfs -o size=256m,mode=0755 confined {place}
mkdir {place}/data {place}/config {place}/tmp {place}/needed
chmod 1777 {place}/tmp
mount --bind {data} {place}/data
mount --bind {config} {place}/config
{opened}
mount -t tmpfs -o size=64m,mode=1777 shm /dev/shm
awk '{{print $5}}' /proc/self/mountinfo | sort -u | while read -r point; do
    case "$point" in
        /proc*|/dev/shm|{place}|{place}/data|{place}/tmp) ;;
        *) [ ! -e "$point" ] || mount -o remount,bind,ro "$point" ;;
    esac
done
mount --bind {place}/tmp {place}/tmp
mount -o remount,bind,ro {place}
cd {place}/data
exec {drop} "$@"
"""
_AS_ROOT = (
    f"setpriv --reuid {UID} --regid {UID} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
)
_AS_USER = f"unshare --user --map-user={UID} --map-group={UID} setpriv --no-new-privs --bounding-set=-all"


@cache
def why_not() -> str | None:
    """Say why this machine cannot confine a process; None: it can."""
    try:
        tried = subprocess.run(
            [*_mounts(), "sh", "-c", f"mount -t tmpfs none {PLACE} && {_drop()} true"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        return f"{error.filename} is not installed"
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"


def confined(words: Sequence[str], *, data: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with `data` at /mnt/data to write to and `config` at /mnt/config to read."""
    if os.getuid() == 0:
        os.chown(data, UID, UID)
    script = _SCRIPT.format(
        place=PLACE,
        data=_quoted(data),
        config=_quoted(config),
        opened="\n".join(_opened({ROOT, Path(sys.prefix), Path(sys.base_prefix)})),
        drop=_drop(),
    )
    env = {
        STARTS: "true",
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "HOME": f"{PLACE}/data",
        "TMPDIR": f"{PLACE}/tmp",
        "NEWSWIRE_DATA": f"{PLACE}/data",
        "NEWSWIRE_CONFIG": f"{PLACE}/config",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Servers are outside of what is confined, and are reached by their addresses alone.
    env |= {name: url for name, url in servers_of(data).items() if name != "PATH"}
    return subprocess.run(
        [*_mounts(), "sh", "-c", script, "confined", *words],
        env=env, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def _mounts() -> list[str]:
    return [*_MOUNTS] if os.getuid() == 0 else ["unshare", "--user", "--map-root-user", *_MOUNTS[1:]]


def _drop() -> str:
    return _AS_ROOT if os.getuid() == 0 else _AS_USER


def _opened(needed: set[Path]) -> list[str]:
    """Write the mounts that let others reach what is needed, where a directory above it is closed to them."""
    closed: dict[Path, list[Path]] = {}
    for path in needed:
        shut = [above for above in reversed(path.parents) if not above.stat().st_mode & 0o001]
        if shut and os.getuid() == 0:
            closed.setdefault(shut[0], []).append(path)
    lines = []
    for above, paths in closed.items():
        kept = {path: PLACE / "needed" / "-".join(path.parts[1:]) for path in paths}
        for path, keep in kept.items():
            lines += [f"mkdir {_quoted(keep)}", f"mount --bind {_quoted(path)} {_quoted(keep)}"]
        lines.append(f"mount -t tmpfs -o mode=0755 opened {_quoted(above)}")
        for path, keep in kept.items():
            lines += [f"mkdir -p {_quoted(path)}", f"mount --bind {_quoted(keep)} {_quoted(path)}"]
    return lines


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
