"""A small client of the REST API for our own scenarios and tests: a customer's backend."""

import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

Json = dict[str, Any]
TLS = ssl.create_default_context()  # once: to load it takes 25 ms, a call but a few
OnCall = Callable[[str, str, int], None]  # method, path, status
TargetType = Literal["users", "chatgroups", "chatrooms"]


class RestRefused(Exception):
    """An answer other than 200: `status`, the API's `error` and its sentence."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status = status
        self.error = error
        self.description = description
        super().__init__(f"{status} {error}: {description}")


class RestClient:
    """Calls one app's REST API with its app token: the given one, or fetched at the first call.

    Use as `async with RestClient(…) as backend:`. Answers are the whole JSON body where nothing
    better is said.

    Raises:
        RestRefused: from every call that was not answered with 200.
    """

    def __init__(
        self,
        base_url: str,
        appkey: str,
        client_id: str = "",
        client_secret: str = "",
        timeout_s: float = 30,
        *,
        token: str = "",
        on_call: OnCall | None = None,
    ) -> None:
        self.appkey = appkey
        org, _, app = appkey.partition("#")
        self.base_url = f"{base_url.rstrip('/')}/{org}/{app}"
        self._client_id = client_id
        self._client_secret = client_secret
        self._token = token
        self._on_call = on_call
        self._http = httpx.AsyncClient(timeout=timeout_s, verify=TLS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def call(self, method: str, path: str, json: object = None, **more: Any) -> Json:
        """One call with the app token. `more` goes to httpx: `files`, `params`, `headers`."""
        headers = {"Authorization": f"Bearer {await self.app_token()}", **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return await self._call(method, path, headers=headers, **more)

    async def call_as(self, token: str, method: str, path: str, json: object = None) -> Json:
        """One call with a user's token."""
        more: Json = {} if json is None else {"json": json}
        return await self._call(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    async def _call(self, method: str, path: str, **more: Any) -> Json:
        answer = await self._http.request(method, self.base_url + path, **more)
        if self._on_call:
            self._on_call(method, path, answer.status_code)
        return _read(answer)

    async def app_token(self) -> str:
        if not self._token:
            self._token = await self._grant(
                {
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret,
                }
            )
        return self._token

    async def user_token(self, username: str, password: str) -> str:
        """What a client logs in with."""
        return await self._grant(
            {"grant_type": "password", "username": username, "password": password}
        )

    async def _grant(self, asked: Json) -> str:
        answer = await self._call("POST", "/token", json=asked)
        return str(answer["access_token"])

    async def register(self, username: str, password: str, nickname: str = "") -> Json:
        user = {"username": username, "password": password}
        return await self.call(
            "POST", "/users", {**user, "nickname": nickname} if nickname else user
        )

    async def add_friend(self, owner: str, friend: str) -> None:
        """Make two users friends at once, both ways."""
        await self.call("POST", f"/users/{quote(owner)}/contacts/users/{quote(friend)}")

    async def friends(self, owner: str) -> list[str]:
        return list((await self.call("GET", f"/users/{quote(owner)}/contacts/users"))["data"])

    async def create_group(
        self, owner: str, name: str, members: list[str] | None = None, **fields: Any
    ) -> str:
        """The group's id."""
        asked = {"owner": owner, "groupname": name, "public": True, "members": members or []}
        return str((await self.call("POST", "/chatgroups", asked | fields))["data"]["groupid"])

    async def add_group_member(self, group_id: str, username: str) -> None:
        await self.call("POST", f"/chatgroups/{quote(group_id)}/users/{quote(username)}")

    async def remove_group_member(self, group_id: str, username: str) -> None:
        await self.call("DELETE", f"/chatgroups/{quote(group_id)}/users/{quote(username)}")

    async def create_chatroom(
        self, owner: str, name: str, members: list[str] | None = None, **fields: Any
    ) -> str:
        """The chatroom's id."""
        asked = {"owner": owner, "name": name, "description": name, "members": members or []}
        return str((await self.call("POST", "/chatrooms", asked | fields))["data"]["id"])

    async def make_room_admin(self, room_id: str, username: str) -> None:
        """Of a chatroom; `username` is a member already."""
        await self.call("POST", f"/chatrooms/{quote(room_id)}/admin", {"newadmin": username})

    async def make_super_admin(self, username: str) -> None:
        """Allow a user to create chatrooms and to manage every one of the app."""
        await self.call("POST", "/chatrooms/super_admin", {"superadmin": username})

    async def send(
        self,
        to: list[str],
        body: Json,
        *,
        target_type: TargetType = "users",
        type: str = "txt",
        sender: str = "admin",
        ext: Json | None = None,
        **fields: Any,
    ) -> dict[str, str]:
        """Target → message id."""
        asked: Json = {"from": sender, "to": to, "type": type, "body": body, **fields}
        if ext is not None:
            asked["ext"] = ext
        return dict((await self.call("POST", f"/messages/{target_type}", asked))["data"])

    async def recall(
        self, message_id: str, to: str, chat_type: str = "chat", sender: str = "admin", **more: Any
    ) -> Json:
        asked = {"msg_id": message_id, "to": to, "chat_type": chat_type, "from": sender, **more}
        return dict((await self.call("POST", "/messages/msg_recall", asked))["data"])

    async def upload(
        self, content: bytes, filename: str, content_type: str, *, restricted: bool = False
    ) -> Json:
        """`url` and `secret` as a message's body wants them, and `uuid`."""
        answer = await self.call(
            "POST",
            "/chatfiles",
            files={"file": (filename, content, content_type)},
            headers={"restrict-access": "true"} if restricted else {},
        )
        stored = answer["entities"][0]
        address = f"{answer['uri']}/{stored['uuid']}"
        return {"uuid": stored["uuid"], "url": address, "secret": stored["share-secret"]}

    async def download(self, url: str, secret: str = "", **headers: str) -> httpx.Response:
        """Any status; no token goes along."""
        if secret:
            headers["share-secret"] = secret
        return await self._http.get(url, headers=headers)

    async def head(self, url: str) -> httpx.Response:
        return await self._http.head(url)


def _read(response: httpx.Response) -> Json:
    try:
        answer = response.json()
    except ValueError:
        raise RestRefused(response.status_code, "no_json", response.text[:200]) from None
    if response.status_code != 200 or not isinstance(answer, dict):
        known = answer if isinstance(answer, dict) else {}
        error, description = str(known.get("error")), str(known.get("error_description"))
        raise RestRefused(response.status_code, error, description)
    return answer
