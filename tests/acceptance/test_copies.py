"""The same copy from two agencies, through the command: linked, shown, left out of a search, rebuilt."""

import json
from pathlib import Path

from running import exported, queue_url, run, wait_for, write_config
from wire_copy import HEADLINE, PARAGRAPHS, rates, story


def _write(path: Path, provider: str, *texts: str) -> Path:
    rows = [
        {"id": f"{provider}-{n}", "provider": provider, "headline": HEADLINE, "text": text}
        for n, text in enumerate(texts)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_copies_are_linked_shown_and_left_out(tmp_path: Path) -> None:
    config, data = write_config(tmp_path / "config"), tmp_path / "data"
    files = [
        _write(tmp_path / "one.jsonl", "Meridian Wire", story(), rates()),
        _write(
            tmp_path / "two.jsonl",
            "Harbour Press",
            story(*PARAGRAPHS[:5]),
            rates(rate="4.00", inflation="2.8"),
        ),
    ]
    words = ("import", "--wait", *map(str, files))
    assert run(*words, data=data, config=config, timeout=110).returncode == 0

    def linked() -> list[dict[str, object]]:
        return [
            each
            for each in exported(data, config)
            if any(link["kind"] == "same-copy" for link in each["relations"])
        ]

    found = wait_for(linked)
    assert {each["provider"] for each in found} == {"Meridian Wire", "Harbour Press"}
    assert all("ferry" in str(each["body_text"]) for each in found)
    shown = run("show", str(found[0]["id"]), data=data, config=config)
    assert "Same copy" in shown.stdout
    once = run("search", "sandbank copies:hide", data=data, config=config)
    assert len(once.stdout.splitlines()) == 1
    ids = [str(each["id"]) for each in found]
    compared = run("dedupe", "compare", *ids, data=data, config=config)
    *named, verdict = compared.stdout.splitlines()[:3]
    assert [line.split()[0] for line in named] == [each[:8] for each in ids]
    assert verdict == "the same copy"
    rebuilt = run("dedupe", "rebuild", data=data, config=config)
    if queue_url(data):
        assert (rebuilt.returncode, rebuilt.stderr) == (0, "4 documents entered\n")
    else:
        assert rebuilt.returncode == 1  # nothing runs: nothing to rebuild
