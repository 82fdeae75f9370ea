"""What is said of a beat that there is not."""

from pathlib import Path

import pytest

from pipeline.cli.context import AppContext
from pipeline.cli.finding import note_unknown_beats

BEATS = "beats:\n  - {id: north-war, name: War in the North}\n  - {id: sea, name: The sea}\n"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("north-war", ""),
        ("war in the north", ""),
        ("nort-war", "newswire: no beat is called nort-war (did you mean north-war?)\n"),
        ("xyz", "newswire: no beat is called xyz\n"),
    ],
)
def test_a_beat_that_is_not_configured_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str, said: str
) -> None:
    (tmp_path / "beats.yaml").write_text(BEATS)
    note_unknown_beats(AppContext(config=tmp_path), [named])
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("text", ["beats: {", "beats: 5", "", "beats: [a]"])
def test_a_broken_file_is_not_spoken_of_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "beats.yaml").write_text(text)
    note_unknown_beats(AppContext(config=tmp_path), ["sea"])
    assert capsys.readouterr() == ("", "")
