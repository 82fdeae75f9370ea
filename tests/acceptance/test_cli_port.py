"""A web port that is taken is said before anything starts."""

import socket
from pathlib import Path

from running import run, write_config


def test_run_says_that_its_web_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = write_config(tmp_path / "config", web={"port": port})
        result = run("run", data=tmp_path / "data", config=config, timeout=20)

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "NEWSWIRE_WEB__PORT" in line
