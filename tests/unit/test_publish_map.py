"""Where documents are about, counted; and the points of a map."""

from dataclasses import replace

import pytest

from fakes_read import stored
from pipeline.model import Mention, Place, PlaceMention, StoredDocument, Tag, Tagging
from pipeline.publish.map import PlaceCount, mapped
from pipeline.web.maps import points_of

KABUL = Place(name="Kabul", geonames=1138958, country="AF", lat=34.53, lon=69.17)
SUVA = Place(name="Suva", geonames=2198148, country="FJ", lat=-18.14, lon=178.44)


def naming(number: int, *places: Place) -> StoredDocument:
    mention = Mention(field="text", text="x", start=0, end=1)
    regions = tuple(
        Tag(code=code, name=code.lower(), score=1.0)
        for code in dict.fromkeys(each.country for each in places)
    )
    found = tuple(PlaceMention(place=each, score=1.0, mention=mention) for each in places)
    return replace(stored(f"{number:032x}"), tagging=Tagging(rules="r", regions=regions, places=found))


def test_each_document_counts_once_for_what_it_names() -> None:
    found = mapped([naming(1, KABUL, KABUL), naming(2, SUVA, KABUL), naming(3)], complete=False)

    assert (found.documents, found.complete) == (3, False)
    assert [(each.code, each.name, each.documents) for each in found.countries] == [
        ("AF", "af", 2),
        ("FJ", "fj", 1),
    ]
    assert [(each.name, each.country, each.documents) for each in found.places] == [
        ("Kabul", "AF", 2),
        ("Suva", "FJ", 1),
    ]


def test_of_nothing_there_is_a_map_with_nothing_on_it() -> None:
    assert (mapped([]).documents, points_of(mapped([]).places)) == (0, [])


@pytest.mark.parametrize(
    ("lat", "lon", "at"), [(90, -180, (0, 0)), (0, 0, (180, 90)), (-18.14, 178.44, (358.44, 108.14))]
)
def test_a_place_is_where_its_longitude_and_latitude_are(
    lat: float, lon: float, at: tuple[float, float]
) -> None:
    place = PlaceCount(name="x", geonames=1, country="XX", lat=lat, lon=lon, documents=1)
    (point,) = points_of((place,))
    assert (point.x, point.y) == at


def test_four_times_the_documents_make_a_point_twice_as_wide() -> None:
    one = PlaceCount(name="x", geonames=1, country="XX", lat=0, lon=0, documents=40)
    wide, narrow = points_of((one, replace(one, documents=10)))
    assert wide.radius == 2 * narrow.radius
