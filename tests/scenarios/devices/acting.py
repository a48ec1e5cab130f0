"""What a user does in groups, chatrooms and threads: over the native wire, or by the REST calls
that the vendor's SDKs of both generations make with the user's token.

Source: native.md 1; webim1-xmpp.md 10; msync.md 8.3, 8.4, 8.6.
"""

from typing import Any
from urllib.parse import quote

from imadmin.testclient.native import NativeClient

Json = dict[str, Any]


class Acting:
    """By REST, with the user's token. Each may raise Refused."""

    client: Any

    async def create_group(self, name: str, members: list[str], **fields: Any) -> str:
        return str(await self.client.create_group(name, members, **fields))

    async def _group(self, method: str, path: str, json: object = None) -> Any:
        return (await self.client.call(method, f"/chatgroups{path}", json))["data"]

    async def change_group(self, g: str, **fields: Any) -> Json:
        """groupname, description, newowner …; which of them were changed."""
        return dict(await self._group("PUT", f"/{g}", fields))

    async def announce(self, g: str, text: str) -> None:
        await self._group("POST", f"/{g}/announcement", {"announcement": text})

    async def group_details(self, g: str) -> Json:
        """What the SDKs read, and the announcement, which is a call of its own."""
        [details] = await self._group("GET", f"/{g}")
        said = await self._group("GET", f"/{g}/announcement")
        return {**details, "announcement": said["announcement"]}

    async def group_members(self, g: str) -> list[Json]:
        return list(await self._group("GET", f"/{g}/users?pagenum=1&pagesize=100"))

    async def groups(self) -> list[str]:
        path = f"/users/{quote(self.client.user)}/joined_chatgroups"
        return [one["groupid"] for one in (await self.client.call("GET", path))["data"]]

    async def join_group(self, g: str, message: str = "") -> None:
        """At once, or by asking where the group wants that."""
        await self._group("POST", f"/{g}/apply", {"message": message})

    async def admit(self, g: str, name: str) -> None:
        said = {"applicant": name, "verifyResult": True, "reason": "no clue"}
        await self._group("POST", f"/{g}/apply_verify", said)

    async def leave_group(self, g: str) -> None:
        await self._group("DELETE", f"/{g}/quit")

    async def invite(self, g: str, names: list[str]) -> None:
        await self._group("POST", f"/{g}/invite", {"usernames": names})

    async def answer_invitation(self, g: str, *, accept: bool) -> None:
        said = {"invitee": self.client.user, "verifyResult": accept}
        await self._group("POST", f"/{g}/invite_verify", said)

    async def remove_member(self, g: str, name: str) -> None:
        await self._group("DELETE", f"/{g}/users/{name}")

    async def make_admin(self, g: str, name: str) -> None:
        await self._group("POST", f"/{g}/admin", {"newadmin": name})

    async def unmake_admin(self, g: str, name: str) -> None:
        await self._group("DELETE", f"/{g}/admin/{name}")

    async def mute(self, g: str, name: str) -> None:
        await self._group("POST", f"/{g}/mute", {"usernames": [name], "mute_duration": 600_000})

    async def unmute(self, g: str, name: str) -> None:
        await self._group("DELETE", f"/{g}/mute/{name}")

    async def mute_all(self, g: str, *, on: bool) -> None:
        await self._group("POST" if on else "DELETE", f"/{g}/ban")

    async def destroy_group(self, g: str) -> None:
        await self._group("DELETE", f"/{g}?version=v3")

    async def _room(self, path: str) -> Any:
        return (await self.client.call("GET", f"/chatrooms{path}"))["data"]

    async def rooms(self) -> list[str]:
        return [one["id"] for one in await self._room("?pagenum=1&pagesize=200")]

    async def room_details(self, r: str) -> Json:
        [details] = await self._room(f"/{r}")
        return dict(details)

    async def room_members(self, r: str) -> list[Json]:
        return list(await self._room(f"/{r}/users?pagenum=1&pagesize=100"))

    async def _thread(self, method: str, path: str, json: object = None) -> Any:
        return (await self.client.call(method, f"/thread{path}", json)).get("data")

    async def create_thread(self, g: str, message_id: str, name: str) -> str:
        asked = {"name": name, "msg_id": message_id, "group_id": g, "owner": self.client.user}
        return str((await self._thread("POST", "", asked))["thread_id"])

    async def join_thread(self, t: str) -> Json:
        """Its details."""
        joined = await self._thread("POST", f"/{t}/user/{self.client.user}/join")
        return dict(joined["detail"])

    async def leave_thread(self, t: str) -> None:
        await self._thread("DELETE", f"/{t}/user/{self.client.user}/quit")

    async def rename_thread(self, t: str, name: str) -> None:
        await self._thread("PUT", f"/{t}", {"name": name})

    async def remove_from_thread(self, t: str, names: list[str]) -> list[bool]:
        """Whether each of them was in it."""
        done = []
        for name in names:  # the SDKs remove one a call
            removed = await self._thread("DELETE", f"/{t}/users/{name}")
            one = removed[0] if isinstance(removed, list) else removed
            done.append(bool(one["result"]))
        return done

    async def destroy_thread(self, t: str) -> None:
        await self._thread("DELETE", f"/{t}")


class ActingByWire(Acting):
    """By the native wire's own requests."""

    client: NativeClient

    async def change_group(self, g: str, **fields: Any) -> Json:
        if "newowner" in fields:
            await self.client.group("transfer", g, **fields)
            return {"newowner": True}
        return dict((await self.client.group("update", g, **fields))["data"])

    async def announce(self, g: str, text: str) -> None:
        await self.client.group("update", g, announcement=text)

    async def group_details(self, g: str) -> Json:
        [details] = (await self.client.group("get", g))["data"]
        return dict(details)

    async def group_members(self, g: str) -> list[Json]:
        return list((await self.client.group("members", g))["data"])

    async def groups(self) -> list[str]:
        return [one["groupid"] for one in (await self.client.ask("group.list"))["data"]]

    async def join_group(self, g: str, message: str = "") -> None:
        await self.client.group("join", g, message=message)

    async def admit(self, g: str, name: str) -> None:
        await self.client.group("accept", g, user=name)

    async def leave_group(self, g: str) -> None:
        await self.client.group("leave", g)

    async def invite(self, g: str, names: list[str]) -> None:
        await self.client.group("invite", g, usernames=names)

    async def answer_invitation(self, g: str, *, accept: bool) -> None:
        await self.client.group("accept" if accept else "decline", g)

    async def remove_member(self, g: str, name: str) -> None:
        await self.client.group("remove", g, usernames=[name])

    async def make_admin(self, g: str, name: str) -> None:
        await self.client.group("role", g, user=name, role="admin")

    async def unmake_admin(self, g: str, name: str) -> None:
        await self.client.group("role", g, user=name, role="member")

    async def mute(self, g: str, name: str) -> None:
        await self.client.group("mute", g, usernames=[name], mute_duration=600_000)

    async def unmute(self, g: str, name: str) -> None:
        await self.client.group("mute", g, usernames=[name], mute_duration=0)

    async def mute_all(self, g: str, *, on: bool) -> None:
        await self.client.group("mute", g, all=on)

    async def destroy_group(self, g: str) -> None:
        await self.client.group("destroy", g)

    async def rooms(self) -> list[str]:
        return [one["id"] for one in (await self.client.room("list", limit=200))["data"]]

    async def room_details(self, r: str) -> Json:
        [details] = (await self.client.room("get", r))["data"]
        return dict(details)

    async def room_members(self, r: str) -> list[Json]:
        return list((await self.client.room("members", r))["data"])

    async def create_thread(self, g: str, message_id: str, name: str) -> str:
        made = await self.client.ask("thread.create", group_id=g, msg_id=message_id, name=name)
        return str(made["data"]["thread_id"])

    async def join_thread(self, t: str) -> Json:
        return dict((await self.client.thread("join", t))["data"]["detail"])

    async def leave_thread(self, t: str) -> None:
        await self.client.thread("leave", t)

    async def rename_thread(self, t: str, name: str) -> None:
        await self.client.thread("update", t, name=name)

    async def remove_from_thread(self, t: str, names: list[str]) -> list[bool]:
        removed = await self.client.thread("remove", t, usernames=names)
        return [one["result"] for one in removed["data"]]

    async def destroy_thread(self, t: str) -> None:
        await self.client.thread("destroy", t)
