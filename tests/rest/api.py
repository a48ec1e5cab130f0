"""Call the server API as a backend would, and say what whole answers look like."""

from typing import Any

from accounts.domain.actor import AppRef
from tests.cast import Answer, Rest
from tests.rest.test_uploads import END, MULTIPART, part

Json = dict[str, Any]
ERROR_FIELDS = {"error", "exception", "error_description", "timestamp", "duration"}


class AnyInt:
    """Equal to every int of at least `least`: a time, a duration."""

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and not isinstance(other, bool) and other >= self.least

    def __hash__(self) -> int:
        return hash(self.least)

    def __repr__(self) -> str:
        return f"<int ≥ {self.least}>"


A_TIME_MS = AnyInt(1_600_000_000_000)


class Api:
    """One caller: an app and the token it shows (none when empty)."""

    def __init__(self, app: AppRef, token: str) -> None:
        self.app = app
        self.token = token
        self.base = f"/{app.appkey.org}/{app.appkey.app}"
        self._rest = Rest(self.base, token)

    def call(self, method: str, path: str, body: object = ...) -> Answer:
        """`body` goes as JSON without a content type, as the Java SDK sends it.

        Every error has all five fields of the error envelope, every success is a 200.
        """
        token = self.token or None
        answer = self._rest.call(method, path, json=body, token=token, content_type="")
        if answer.status != 200:
            assert answer.status >= 400
            assert set(answer.json) >= ERROR_FIELDS, answer.json
            assert answer.json["timestamp"] == A_TIME_MS
            assert answer.json["error_description"]
        return answer

    def upload(self, path: str, content: bytes, name: str) -> Answer:
        data = part(content, filename=name) + END
        more = {"data": data, "content_type": MULTIPART, "token": self.token or None}
        return self._rest.call("POST", path, **more)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: object = ...) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: object = ...) -> Answer:
        return self.call("PUT", path, body)

    def delete(self, path: str, body: object = ...) -> Answer:
        return self.call("DELETE", path, body)

    def whole(self, action: str, path: str, *, shown_path: str = "", **parts: Any) -> Json:
        """The whole body of family E1 for a call at `path`; `parts` as in the section."""
        return {
            "action": action,
            "application": self.app.uuid,
            "applicationName": self.app.appkey.app,
            "organization": self.app.appkey.org,
            "uri": f"http://testserver{self.base}{path}",
            "path": shown_path or path,
            "entities": [],
            "timestamp": A_TIME_MS,
            "duration": AnyInt(),
            **parts,
        }
