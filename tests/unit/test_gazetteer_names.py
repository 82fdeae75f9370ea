"""The names that the gazetteer is compiled with: traps of the sources, and our own lists."""

from pathlib import Path

import pytest

from gazetteering import gazetteer
from pipeline.config.source import Source
from pipeline.errors import ConfigError
from workers.tag.gazetteer.compile import compile_gazetteer, gazetteer_version
from workers.tag.gazetteer.file import load_gazetteer
from workers.tag.gazetteer.lists import Lists
from workers.tag.gazetteer.ready import ready_gazetteer
from workers.tag.gazetteer.values import Kind, Sense, Spoken
from workers.tag.tokens import split_name

CONFIG = Path(__file__).parents[2] / "config"


def senses(name: str) -> tuple[Sense, ...]:
    node = gazetteer().find(" ".join(split_name(name)))
    return node.senses if node else ()


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Afghanistan", "AF"),
        ("Афганистан", "AF"),
        ("阿富汗", "AF"),
        ("أفغانستان", "AF"),
        ("Etats-Unis", "US"),
        ("États-Unis", "US"),
        ("Côte d’Ivoire", "CI"),
        ("Myanmar", "MM"),
        ("Bosnia and Herzegovina", "BA"),
        ("Hong Kong", "HK"),
        ("Kosovo", "XK"),
        ("Norvège", "NO"),
        ("Soviet Union", "RU"),
        ("Zaïre", "CD"),
    ],
)
def test_countries_by_name(name: str, country: str) -> None:
    assert {sense.country for sense in senses(name) if sense.kind is Kind.COUNTRY} == {country}


@pytest.mark.parametrize(
    ("name", "geonames"),
    [("Nouvelle-Delhi", 1261481), ("Djalalabad", 1139715), ("Kaboul", 1138958), ("كابول", 1138958)],
)
def test_towns_that_the_source_misses_or_gives_to_others(name: str, geonames: int) -> None:
    assert geonames in {sense.place.geonames for sense in senses(name) if sense.place and sense.own}


def test_a_town_elsewhere_that_bears_a_countrys_name_is_left_out() -> None:
    assert {sense.country for sense in senses("Mexico")} == {"MX"}
    assert {sense.country for sense in senses("Lebanon")} == {"LB"}


def test_a_states_code_and_name_know_where_its_towns_lie() -> None:
    for name in ("N.C.", "North Carolina", "NC"):
        assert {(sense.country, sense.part) for sense in senses(name)} == {("US", "NC")}


def test_demonyms_know_their_language() -> None:
    assert [(each.kind, each.country, each.spoken) for each in senses("afghanes")] == [
        (Kind.DEMONYM, "AF", Spoken.FR)
    ]
    assert senses("Taliban")[0].kind is Kind.NOTHING


def test_airports_codes_and_transliterations_are_no_names() -> None:
    assert not senses("KBL")
    assert all(sense.kind is not Kind.CITY for sense in senses("ke bu er"))


def test_codes_of_three_letters_are_known() -> None:
    assert gazetteer().alpha3["AFG"] == "AF"
    assert len(gazetteer().countries) == 250


def test_every_country_of_our_lists_and_groups_is_one() -> None:
    known = gazetteer().countries.keys()
    demonyms = Source.read(CONFIG / "regions" / "demonyms.yaml").value
    groups = Source.read(CONFIG / "regions.yaml").value["groups"]
    assert demonyms.keys() <= known
    for part in ("names", "abbreviations", "prefixes", "institutions"):
        assert Source.read(CONFIG / "regions" / "names.yaml").value[part].keys() <= known
    for code, group in groups.items():
        assert set(group.get("countries", ())) <= known, code
        assert set(group.get("groups", ())) <= groups.keys(), code
        assert group["name"].keys() == {"en", "fr"}


def test_a_changed_list_is_another_version(tmp_path: Path) -> None:
    lists = tmp_path / "regions"
    lists.mkdir()
    (lists / "names.yaml").write_bytes((CONFIG / "regions" / "names.yaml").read_bytes())
    before = gazetteer_version(tmp_path)
    assert before == gazetteer_version() == gazetteer().version
    with (lists / "names.yaml").open("a") as file:
        file.write("# a change\n")
    assert gazetteer_version(tmp_path) != before


@pytest.fixture(scope="module")
def own_lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with a list of its own."""
    config = tmp_path_factory.mktemp("config")
    (config / "regions").mkdir()
    (config / "regions" / "names.yaml").write_text("names:\n  FR: [Ruritania]\n")
    return config


@pytest.fixture(scope="module")
def compiled(own_lists: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gazetteer of that configuration, compiled where something else lay."""
    path = tmp_path_factory.mktemp("cache") / f"gazetteer-{gazetteer_version(own_lists)}.bin"
    path.write_bytes(b"damaged")
    return compile_gazetteer(path, config_dir=own_lists)


@pytest.mark.timeout(180)
def test_compiling_replaces_what_is_no_gazetteer_and_then_rests(own_lists: Path, compiled: Path) -> None:
    made = compiled.stat()
    compile_gazetteer(compiled, config_dir=own_lists)
    assert compiled.stat().st_mtime_ns == made.st_mtime_ns
    assert load_gazetteer(compiled).version == gazetteer_version(own_lists)
    assert list(compiled.parent.iterdir()) == [compiled]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (
            "names",
            "nmaes:\n  FR: [Gaul]\n",
            'regions/names.yaml:1:1: nmaes: unknown key (did you mean "names"?)',
        ),
        (
            "names",
            "names:\n  FRA: [Gaul]\n",
            "names.yaml:2:3: names.FRA: should be a country code such as FR",
        ),
        ("names", "names:\n  FR: Gaul\n", "names.yaml:2:7: names.FR: should be a list"),
        ("demonyms", "FR: {en: [French]}\n", "demonyms.yaml:1:10: FR.en: should be text"),
        ("demonyms", "FR: {de: Franzose}\n", "demonyms.yaml:1:6: FR.de: unknown key"),
        ("subdivisions", "states: {US: [Texas]}\n", "states.US: should be a mapping"),
        ("words", "ordinary: [bank]\n", "words.yaml:1:11: ordinary: should be a mapping"),
        ("places", "aliases: {Gaulville: many}\n", "should be a GeoNames id, a whole number"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / f"{name}.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        Lists(tmp_path)
    assert complaint in str(caught.value)


def test_countries_and_towns_that_there_are_none_of_are_refused(tmp_path: Path) -> None:
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "names.yaml").write_text("names:\n  FR: [Gaul]\n  QQ: [Nowhere]\n")
    (tmp_path / "regions" / "places.yaml").write_text("aliases: {Gaulville: 7}\n")
    lists = Lists(tmp_path)
    with pytest.raises(ConfigError, match=r"names.yaml:3:3: names.QQ: there is no such country"):
        lists.refuse_unknown(gazetteer().countries, {7: "Gaulville"})
    (tmp_path / "regions" / "names.yaml").unlink()
    with pytest.raises(
        ConfigError, match=r"places.yaml:1:22: aliases.Gaulville: no town of that GeoNames id"
    ):
        Lists(tmp_path).refuse_unknown(gazetteer().countries, {8: "Elsewhere"})


@pytest.mark.timeout(180)
def test_a_configuration_may_bring_lists_of_its_own(
    own_lists: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.tag.gazetteer.ready._places", lambda: [compiled.parent])
    ours = ready_gazetteer(own_lists)
    assert ours.version == gazetteer_version(own_lists) != gazetteer_version()
    assert ours.find("ruritania").senses[0].country == "FR"
    assert gazetteer().find("ruritania") is None


@pytest.mark.timeout(180)
def test_lists_that_name_what_is_not_there_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.tag.gazetteer.ready._places", lambda: [tmp_path / "cache"])
    (tmp_path / "regions").mkdir()
    (tmp_path / "regions" / "names.yaml").write_text("names:\n  QQ: [Nowhere]\n")
    with pytest.raises(ConfigError, match=r"names.yaml:2:3: names.QQ: there is no such country"):
        ready_gazetteer(tmp_path)
