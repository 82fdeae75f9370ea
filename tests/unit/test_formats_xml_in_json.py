"""JSON that holds an XML document is JSON."""

import json

import pytest

from pipeline.formats.detect import read

DOCUMENT = '<?xml version="1.0"?><nitf><body><body.content><p>Ferries sail.</p></body.content></body></nitf>'


@pytest.mark.parametrize("document", [DOCUMENT, DOCUMENT.replace("nitf", "newsItem")], ids=["nitf", "g2"])
def test_a_document_inside_a_record_is_not_the_file(document: str) -> None:
    bodies = [{"role": "main", "contentType": "text/xml", "value": document}]
    item = {"uri": "https://wire.example/1", "headlines": [{"value": "Ferries sail"}], "bodies": bodies}
    parsed = read(json.dumps(item).encode(), name="item.json")
    assert [(entry.format, entry.headline) for entry in parsed.entries] == [("ninjs", "Ferries sail")]
