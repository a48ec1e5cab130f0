"""Push and silent settings (rest.md 3.12)."""

import time
from typing import Any

import pytest

from accounts.actions.push import create_template
from accounts.domain.push import MAX_IGNORE_MS
from tests.rest.api import A_TIME_MS

pytestmark = pytest.mark.django_db


def invalid(what):
    return (400, "IllegalArgumentException", f"parameters is invalid : {what}")


@pytest.mark.endpoint("N4", "N5")
@pytest.mark.parametrize("place", ["user/demo2", "chatgroup/123456789012345", "user/Demo1"])
def test_a_silent_setting_is_kept_and_returned(as_user, place):
    mine, path = as_user("demo1"), f"/users/demo1/notification/{place}"
    assert mine.get(path).json == mine.whole("get", path, data={"type": "DEFAULT"})
    now = time.time_ns() // 1_000_000
    answer = mine.put(path, {"type": "AT", "ignoreDuration": "3600000"})
    end = answer.data["ignoreDuration"]
    assert now + 3_600_000 <= end <= now + 3_660_000
    data = {"type": "AT", "ignoreDuration": end}
    assert answer.json == mine.whole("put", path, data=data)
    assert mine.get(path).data == data
    assert mine.put(path, {"ignoreDuration": 0}).data == {"type": "AT"}
    assert mine.put(path, {"type": "DEFAULT"}).data == {"type": "DEFAULT"}


@pytest.mark.endpoint("N4")
def test_hours_of_the_day_are_silent_for_the_whole_app_only(api):
    app_wide = "/users/demo1/notification/user/demo1"
    hours = {"ignoreInterval": "21:30-08:00"}
    assert api.put(app_wide, hours).data == {"type": "DEFAULT", **hours}
    assert api.get("/users/demo1/notification/user/demo2").data == {"type": "DEFAULT"}
    peer = "/users/demo1/notification/user/demo2"
    assert api.put(peer, hours).error == invalid("ignoreInterval")
    assert api.put(app_wide, {"ignoreInterval": ""}).data == {"type": "DEFAULT"}


@pytest.mark.endpoint("N4", "N5")
@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"type": "SOME"}, "type"),
        ({"type": 1}, "type"),
        ({"ignoreInterval": "25:00-08:00"}, "ignoreInterval"),
        ({"ignoreInterval": 5}, "ignoreInterval"),
        ({"ignoreDuration": MAX_IGNORE_MS + 1}, "ignoreDuration"),
        ({"ignoreDuration": -1}, "ignoreDuration"),
        ({"ignoreDuration": 1.5}, "ignoreDuration"),
        ({"ignoreDuration": "soon"}, "ignoreDuration"),
    ],
)
def test_a_silent_setting_that_does_not_fit_is_refused(api, body, what):
    path = "/users/demo1/notification/user/demo1"
    assert api.put(path, body).error == invalid(what)
    assert api.get(path).data == {"type": "DEFAULT"}
    assert api.put("/users/demo1/notification/room/17", {}).error == invalid("type")
    assert api.put(f"/users/demo1/notification/user/{'x' * 65}", {}).error == invalid("key")
    assert api.put("/users/nobody/notification/user/demo1", {}).status == 404
    assert api.get("/users/nobody/notification/user/demo1").status == 404


@pytest.mark.endpoint("N5")
def test_clients_read_several_settings_at_once(as_user):
    mine = as_user("demo1")
    mine.put("/users/demo1/notification/user/demo2", {"type": "NONE"})
    mine.put("/users/demo1/notification/chatgroup/17", {"type": "AT"})
    both = mine.get("/users/demo1/notification?user=Demo2,demo3&group=17").data
    assert both == {
        "user": {"demo2": {"type": "NONE"}, "demo3": {"type": "DEFAULT"}},
        "group": {"17": {"type": "AT"}},
    }
    path = "/users/demo1/notification/mute/type"
    first = mine.get(f"{path}?limit=1").json
    assert first["data"] == [{"user": "demo2", "value": "NONE"}]
    last = mine.get(f"{path}?limit=1&cursor={first['cursor']}").json
    assert last["data"] == [{"group": "17", "value": "AT"}]
    assert "cursor" not in last
    assert mine.get(f"{path}?cursor=x").error[:2] == (400, "illegal_argument")


@pytest.mark.endpoint("N1", "N2")
def test_devices_are_bound_and_unbound(api):
    path = "/users/demo1/push/binding"

    def bind(device="d1", notifier="n1", token="t1"):
        sent = {"device_id": device, "notifier_name": notifier, "device_token": token}
        return api.put(path, sent).json["entities"]

    one = {"device_id": "d1", "device_token": "t1", "notifier_name": "n1"}
    answer = api.put(path, one)
    assert answer.json == api.whole("put", path, entities=[one])
    two = {**one, "notifier_name": "n2"}
    assert bind(notifier="n2") == [one, two]
    assert bind(device="d2")[0]["device_id"] == "d2"
    assert api.get(path).json["entities"] == [one, two, {**one, "device_id": "d2"}]
    assert bind(token="") == [two]
    assert bind(notifier="") == []
    assert api.get(path).json["entities"] == [{**one, "device_id": "d2"}]
    assert api.put(path, {"device_id": "d1"}).error[:2] == (400, "IllegalArgumentException")
    assert api.put(path, {**one, "device_id": ""}).error[:2] == (400, "IllegalArgumentException")


@pytest.mark.endpoint("N3")
def test_push_nicknames_of_several_are_set(api):
    path = "/push/nickname"
    sent = [{"username": name, "push_nickname": f"I am {name}"} for name in ("demo1", "demo2")]
    assert api.put(path, sent).json == api.whole("put", path, entities=sent)
    assert api.get("/users/demo1").json["entities"][0]["nickname"] == "I am demo1"
    assert api.put(path, [{"username": "nobody", "push_nickname": "x"}]).json["entities"] == []
    refused = "put user push nicknames illegal empty request body"
    assert api.put(path, []).error == (400, "illegal_argument", refused)
    assert api.put(path, sent * 26).error == (
        400,
        "illegal_argument",
        "put user push nicknames exceeds the limit",
    )
    assert api.put(path, [{"push_nickname": "x"}]).error == (
        400,
        "RequiredPropertyNotFoundException",
        "Entity user requires a property named username",
    )
    long = [{"username": "demo1", "push_nickname": "x" * 101}]
    assert api.put(path, long).error == (
        400,
        "illegal_argument",
        "demo1 push nickname length exceeds the limit",
    )


@pytest.mark.endpoint("N6", "N7")
def test_the_language_of_notifications_is_kept(api):
    path = "/users/demo1/notification/language"
    assert api.get(path).data == {"language": ""}
    answer = api.put(path, {"translationLanguage": "EN"})
    assert answer.json == api.whole("put", path, data={"language": "EN"})
    assert api.get(path).data == {"language": "EN"}
    assert "language" not in api.get("/users/demo1").json["entities"][0]
    bodies: list[Any] = [{}, {"translationLanguage": ""}, {"translationLanguage": 5}]
    for bad in bodies:
        assert api.put(path, bad).error == invalid("translationLanguage")


@pytest.mark.endpoint("N8", "N9", "N10", "N11", "N12")
def test_templates_are_made_changed_chosen_and_removed(api):
    path = "/notification/template"
    patterns = {"title_pattern": "From {0}", "content_pattern": "{1}"}
    made = api.post(path, {"name": "hello", **patterns})
    data = {"name": "hello", "createAt": A_TIME_MS, "updateAt": A_TIME_MS, **patterns}
    assert made.json == api.whole("post", path, data=data)
    assert api.get(f"{path}/hello").data == data
    changed = api.put(f"{path}/hello", {"title_pattern": "New"}).data
    assert changed == {**data, "title_pattern": "New"}

    own = "/users/demo1/notification/template"
    assert api.get(own).data == {"templateName": ""}
    assert api.put(own, {"templateName": "hello"}).data == {"templateName": "hello"}
    assert api.get(own).data == {"templateName": "hello"}
    missing = (400, "EntityNotFoundException", "none template is not exist")
    assert api.put(own, {"templateName": "none"}).error == missing
    assert api.get(f"{path}/none").error == missing
    assert api.put(f"{path}/none", {}).error == missing
    assert api.delete(f"{path}/none").error == missing
    assert api.delete(f"{path}/hello").data["name"] == "hello"
    assert api.get(f"{path}/hello").status == 400


@pytest.mark.endpoint("N8")
def test_a_template_that_does_not_fit_is_refused(api):
    good = {"name": "hello", "title_pattern": "t", "content_pattern": "c"}
    api.post("/notification/template", good)
    assert api.post("/notification/template", good).error[:2] == (400, "IllegalArgumentException")
    changes: list[Any] = [
        {"name": "a b"},
        {"name": "x" * 65},
        {"title_pattern": ""},
        {"content_pattern": None},
        {"name": 5},
    ]
    for change in changes:
        answer = api.post("/notification/template", good | change)
        assert answer.error[:2] == (400, "IllegalArgumentException")


def test_another_apps_template_is_not_seen(api, other_app):
    create_template(other_app, "theirs", "t", "c")
    assert api.get("/notification/template/theirs").error[1] == "EntityNotFoundException"
