"""Who is online: the same behaviour in one process and over Redis."""

from dataclasses import replace
from typing import Any

import pytest
import redis

from chat.live import online
from chat.live.online import DeviceOnline, LocalRecords, Records, RedisRecords
from tests.requirements import need_redis

APP = 990_001  # no row: only a name space


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.redis)])
def records(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Records:
    made: Records = LocalRecords()
    if request.param == "redis":
        url = need_redis()
        client = redis.Redis.from_url(url)
        for key in client.scan_iter(f"imadmin:online:{APP}*"):
            client.delete(key)
        made = RedisRecords(url)
    monkeypatch.setattr(online, "records", lambda: made)
    return made


def device(user_id: int = 1, name: str = "phone", **more: Any) -> DeviceOnline:
    values: dict[str, Any] = {
        "app_id": APP,
        "user_id": user_id,
        "username": f"u{user_id}",
        "device": name,
        "wire": "native",
        "client": "web",
        "address": "127.0.0.1:1",
        "since_ms": 1000,
        "connection": f"p.{user_id}.{name}",
    }
    return DeviceOnline(**(values | more))


def test_a_device_is_online_from_put_to_drop(records):
    one = device()
    records.put([one])
    assert online.devices_of(APP, 1) == [one]
    assert online.online_users(APP, [1, 2]) == {1}
    assert online.connections(APP) == [one]
    records.drop(one)
    assert online.devices_of(APP, 1) == []
    assert online.online_users(APP, [1]) == set()
    assert online.connections(APP) == []
    records.drop(one)


def test_who_enters_is_told_who_was_there(records):
    one, other, desk = device(), device(connection="q.1"), device(name="desk")
    assert records.enter([one, device(2)]) == {1: [], 2: []}
    assert records.enter([other]) == {1: [one]}
    assert records.enter([desk]) == {1: [other]}
    assert online.devices_of(APP, 1) == [desk, other]
    records.drop(one)  # the other took its place
    assert online.online_users(APP, [1, 2]) == {1, 2}
    records.drop(other, desk)
    assert online.online_users(APP, [1, 2]) == {2}


def test_devices_come_oldest_first(records):
    records.put([device(name="b", since_ms=2), device(name="a", since_ms=3), device(2, since_ms=1)])
    assert [d.device for d in online.devices_of(APP, 1)] == ["b", "a"]
    assert [d.user_id for d in online.connections(APP)] == [2, 1, 1]


def test_a_device_taken_over_by_another_connection_is_not_dropped(records):
    old, new = device(connection="p.1"), device(connection="p.2", since_ms=2000)
    records.put([old])
    records.put([new])
    records.drop(old)
    assert online.devices_of(APP, 1) == [new]


def test_another_app_sees_nothing(records):
    records.put([device()])
    assert online.connections(APP + 1) == []
    assert online.devices_of(APP + 1, 1) == []


def test_a_refresh_keeps_the_status_and_leaves_taken_over_devices(records):
    one = device()
    records.put([replace(one, status="100", ext="busy")])
    online.refresh([replace(one, frames_in=7)])
    [kept] = online.devices_of(APP, 1)
    assert (kept.status, kept.ext, kept.frames_in) == ("100", "busy", 7)
    newer = device(connection="p.9", since_ms=2000)
    records.put([newer])
    online.refresh([one])
    assert online.devices_of(APP, 1) == [newer]


def test_a_refresh_brings_back_what_was_lost(records):
    online.refresh([device()])
    assert online.online_users(APP, [1]) == {1}


@pytest.mark.redis
def test_what_nobody_refreshes_expires(monkeypatch):
    records = RedisRecords(need_redis())
    now = online._now_ms()
    records.put([device(7)])
    monkeypatch.setattr(online, "_now_ms", lambda: now + online.EXPIRES_S * 1000 + 1000)
    assert records.of_user(APP, 7) == []
    assert [d for d in records.of_app(APP) if d.user_id == 7] == []


class Away:
    """Records of a Redis that is down."""

    def __init__(self) -> None:
        self.asked = 0

    def of_app(self, app_id: int) -> list[DeviceOnline]:
        self.asked += 1
        raise redis.ConnectionError("refused")

    def of_user(self, app_id: int, _user_id: int) -> list[DeviceOnline]:
        return self.of_app(app_id)


def test_pages_see_nobody_while_redis_is_away_and_acts_fail(monkeypatch):
    away = Away()
    monkeypatch.setattr(online, "records", lambda: away)
    with online.tolerating() as reads:
        told = [reads.failed]
        assert online.connections(1) == []
        assert [*told, reads.failed] == [False, True]
        assert (online.devices_of(1, 2), online.online_users(1, [2])) == ([], set())
        assert away.asked == 1  # each may take seconds
    with pytest.raises(redis.ConnectionError):
        online.connections(1)


def test_many_are_dropped_at_once_and_those_taken_over_stay(records):
    gone = [device(1, "phone"), device(1, "desk"), device(2)]
    records.put(gone)
    newer = device(1, "desk", connection="p.9", since_ms=2000)
    records.put([newer])
    records.drop(*gone)
    assert online.connections(APP) == [newer]
    records.drop(newer)
    assert online.connections(APP) == []
