"""The reference tells what calls answer: each is made, and answers as recorded.

After a change of an answer: `IM_RECORD_REFERENCE=1 pytest tests/rest/test_reference.py`, and read
what changed in chat/rest/reference/record.json.
"""

import os
from collections.abc import Iterator

import pytest

from chat.rest.reference.book import CALLS
from chat.rest.reference.call import SAMPLES
from chat.rest.reference.shapes import shape_of
from tests.rest.living import each_call, whole_world, world
from tests.rest.recording import Record, record_of, recorded, write

__all__ = ["whole_world", "world"]

pytestmark = pytest.mark.django_db

IS_RECORDING = os.environ.get("IM_RECORD_REFERENCE") == "1"


@pytest.fixture(scope="module")
def records() -> Iterator[dict[str, Record]]:
    """What is recorded; while recording, what will be."""
    if not IS_RECORDING:
        yield recorded()
        return
    made: dict[str, Record] = {}
    yield made
    write(made)


@each_call
def test_a_call_answers_as_recorded(world, records, call):
    made = record_of(world, call)
    if IS_RECORDING:
        records[call.key] = made
    expected = records[call.key]
    assert shape_of(made["answer"]) == shape_of(expected["answer"])
    assert made | {"answer": ""} == expected | {"answer": ""}


def test_calls_are_told_apart_and_name_known_samples(whole_world):
    assert len({call.key for call in CALLS}) == len(CALLS)
    assert set(SAMPLES) == set(whole_world.names)
