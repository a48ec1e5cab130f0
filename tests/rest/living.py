"""The reference's world in this process, made once a module and put back after each test."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.actions.im_apps import create_app
from accounts.actions.tokens import app_token, user_token_by_id
from accounts.domain.actor import AppRef
from accounts.domain.ids import Appkey
from chat.rest.reference.book import CALLS
from chat.rest.reference.call import Call
from chat.store.clock import now_ms
from tests.cast import Answer, Rest
from tests.rest.world import FILES, Names, build
from tests.shared_world import rolled_back

BASE = "/demo/app"


class World:
    """Calls the API of demo#app; `names` fill the places of the reference's calls."""

    def __init__(self) -> None:
        made = create_app(Appkey("demo", "app"))
        self.app: AppRef = made.app
        self._tokens = {"app": app_token(made.app, made.client_id, made.client_secret).token}
        self.rest = Rest(BASE, "")
        self.names: Names = {"client_id": made.client_id, "client_secret": made.client_secret}
        self.names |= build(self)
        self.names |= {"now_ms": str(now_ms()), "date": _date()}
        hour = datetime.now(UTC) + timedelta(hours=8)
        self.names["hour"] = hour.strftime("%Y%m%d%H")
        link = self.say(f"GET /chatmessages/{self.names['hour']}")["data"][0]["url"]
        self.names["signed"] = link.partition("?")[2]

    def token(self, by: str) -> str | None:
        if not by:
            return None
        if by not in self._tokens:
            self._tokens[by] = user_token_by_id(self.app, by).token
        return self._tokens[by]

    def say(self, line: str, body: Any = ..., *, by: str = "app") -> Any:
        method, path = line.split(" ", 1)
        answer = self.rest.call(method, path, json=body, token=self.token(by))
        assert answer.status == 200, (line, answer.json)
        return answer.json

    def upload(self, path: str, filename: str, content: bytes) -> Any:
        answer = self.send_file(path, filename, content)
        assert answer.status == 200, (path, answer.json)
        return answer.json

    def send_file(
        self, path: str, filename: str, content: bytes, *, token: str | None = ""
    ) -> Answer:
        file = SimpleUploadedFile(filename, content)
        bearer = self.token("app") if token == "" else token
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        response = Client(raise_request_exception=False).post(
            BASE + path, {"file": file}, headers=headers
        )
        return Answer(
            response.status_code, response.json(), dict(response.headers), response.content
        )

    def filled(self, value: Any) -> Any:
        """A path or body of the reference with this world's ids."""
        if isinstance(value, str):
            for name, real in self.names.items():
                value = value.replace("{" + name + "}", real)
            return value
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        return value

    def make(self, call: Call, **changed: Any) -> Answer:
        """Make a call of the reference; `path`, `body`, `data` and `token` may be other ones."""
        path = self.filled(changed.get("path", call.path))
        token = changed.get("token", self.token(call.by))
        if call.form and "data" not in changed:
            return self.send_file(path, call.form, FILES[call.form], token=token)
        body = self.filled(changed.get("body", ... if call.body is None else call.body))
        given = {"data": changed["data"]} if "data" in changed else {"json": body}
        base = "" if call.root else BASE
        return self.rest.call(call.method, path, token=token, base=base, **given)


def _date() -> str:
    return (datetime.now(UTC) + timedelta(hours=7)).strftime("%Y%m%d%H") + "00"


@pytest.fixture(scope="module")
def whole_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """What module-wide tests share; use `world`, which is put back after each test."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), rolled_back():
        # The hour of now is over: its history can be had.
        patch.setattr("chat.rest.views.exports.now_ms", lambda: now_ms() + 3_600_000)
        yield World()


@pytest.fixture
def world(whole_world: World, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), rolled_back():
        yield whole_world


each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.key)
