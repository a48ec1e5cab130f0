"""What the Java and PHP server SDKs send works, and what they parse is there (rest.md 4.1, 4.2).

They cannot run here: each of their methods is a row of data, sent as that client sends it.
"""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.rest.living import BASE, World, whole_world, world
from tests.rest.sdk_java import JAVA, Row
from tests.rest.sdk_php import PHP

__all__ = ["whole_world", "world"]

pytestmark = pytest.mark.django_db

KINDS: dict[str, type] = {"str": str, "int": int, "bool": bool, "list": list, "map": dict}


def values_at(answer: Any, place: str) -> list[Any]:
    """What stands at a place; [] when nothing does."""
    found = [answer]
    for step in re.findall(r"\[\]|[^.\[\]]+", place):
        if step == "[]":
            assert all(isinstance(value, list) and value for value in found), (place, found)
            found = [item for value in found for item in value]
        elif step == "*":
            assert all(isinstance(value, dict) and value for value in found), (place, found)
            found = [item for value in found for item in value.values()]
        else:
            found = [value[step] for value in found if isinstance(value, dict) and step in value]
    return found


def holds(answer: Any, read: str) -> None:
    match = re.fullmatch(r"([^:=]+)([:=])(.*)", read)
    assert match is not None
    place, sign, wanted = match.groups()
    found = values_at(answer, place)
    if (sign, wanted) == (":", "absent"):
        assert found == [], read
        return
    assert found, (read, answer)
    for value in found:
        if sign == "=":
            shown = json.dumps(value) if isinstance(value, bool) else str(value)
            assert shown == wanted, read
        elif wanted == "id":
            assert isinstance(value, str), read
            assert re.fullmatch(r"\d{17,19}", value), read
        else:
            assert type(value) is KINDS[wanted], (read, value)


@pytest.mark.parametrize(
    "read",
    [
        *("data.a:int", "data.b=2", "data.list[]:int", "data.list.c:str", "data.none[]:str"),
        *("data.gone:str", "data.a:absent", "data.yes=false", "data.a:id", "data.*:int"),
    ],
)
def test_a_missing_or_wrong_field_is_seen(read):
    with pytest.raises(AssertionError):
        holds({"data": {"a": "x", "b": 1, "list": ["y"], "none": [], "yes": True}}, read)


def check(world: World, row: Row, *, headers: dict[str, str], content_type: str) -> None:
    _, line, body, reads = row
    method, path = world.filled(line).split(" ", 1)
    answer = world.rest.call(
        method,
        path,
        json=world.filled(body),
        token=world.token("app"),
        content_type=content_type,
        headers=headers,
    )
    assert answer.status == 200, answer.json
    assert isinstance(answer.json, dict)
    assert answer.json  # an empty body is an error to the Java SDK
    for read in reads.split():
        holds(answer.json, world.filled(read))


@pytest.mark.parametrize("row", JAVA, ids=lambda row: row[0])
def test_java_reads_what_it_needs(world, row):
    """No Content-Type, also with a body."""
    headers = {"User-Agent": "EasemobServerSDK/0.8.8"}
    check(world, row, headers=headers, content_type="")


@pytest.mark.parametrize("row", PHP, ids=lambda row: row[0])
def test_php_reads_what_it_needs(world, row):
    headers = {"Accept": "application/json", "User-Agent": "GuzzleHttp/7"}
    check(world, row, headers=headers, content_type="application/json")


def test_php_keeps_a_token_for_longer_than_no_time(world):
    """It is cached for `expires_in` − 1500 s."""
    grant = {"grant_type": "client_credentials", "client_id": "{client_id}",
             "client_secret": "{client_secret}"}  # fmt: skip
    answer = world.rest.call("POST", "/token", json=world.filled(grant), token=None)
    assert answer.json["expires_in"] > 1500


def test_java_sends_attributes_as_a_form(world):
    answer = world.rest.call(
        "PUT",
        "/metadata/user/demo1",
        data="nickname=%E6%B1%A4&sign=",
        token=world.token("app"),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.json["data"] == {"nickname": "汤", "sign": ""}


def test_java_finds_its_upload_and_its_history(world):
    """The address of a file is `uri` and the entity's uuid; a history link needs no token."""
    made = world.upload("/chatfiles", "picture.png", b"\x89PNG")
    [entity] = made["entities"]
    assert isinstance(entity["share-secret"], str)
    path = urlsplit(f"{made['uri']}/{entity['uuid']}").path
    assert world.rest.call("GET", path, base="", token=None).content == b"\x89PNG"
    [link] = world.say(f"GET /chatmessages/{world.names['hour']}")["data"]
    found = urlsplit(link["url"])
    got = world.rest.call("GET", f"{found.path}?{found.query}", base="", token=None)
    assert got.content.startswith(b"\x1f\x8b")
    assert found.path.startswith(BASE)


@pytest.mark.parametrize("path", ["/users/nobody", "/chatgroups/1", "/chatrooms/1"])
def test_java_takes_an_errors_description_from_json(world, path):
    answer = world.rest.call("GET", path, token=world.token("app"), content_type="")
    assert answer.status == 404
    assert answer.json["error_description"]
