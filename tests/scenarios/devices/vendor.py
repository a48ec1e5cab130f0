"""What both of the vendor's generations have alike: messages confirm themselves, and what is read
back comes by REST with the user's token (msync.md 8.5; 1.x has no such calls, webim1-xmpp.md 10,
but the server keeps its users' history as everybody's).
"""

import base64
import json
from typing import Any

from chat.wire.msync.pb import msync_pb2 as pb
from imadmin.testclient.hearing import placed
from imadmin.testclient.msync_metas import DOMAIN, ROOMS, event_of
from tests.scenarios.devices.device import Device, Json

# Refusal → the `error` of the REST API, for what these users ask of it (rest.md 1.8).
BY_REST = {
    "not_member": "forbidden_op",
    "not_permitted": "forbidden_op",
    "not_in_threads_group": "group_error",
    "thread_not_found": "group_error",
}


class VendorDevice(Device):
    async def confirm(self, message: Json) -> None:
        """It went with the message; what the server answers is after it."""
        await self.client.ping()

    def stop_confirming(self) -> None:
        self.client.acknowledges = False

    async def history(self, conversation: Json, page: int = 20) -> list[Json]:
        seen: list[Json] = []
        domain = DOMAIN if conversation["type"] == "user" else ROOMS
        asked: Json = {"queue": f"{conversation['id']}@{domain}", "start": -1, "end": -1}
        asked |= {"pull_number": page, "is_positive": False, "msgType": ""}
        while True:
            path = f"/users/{self.user}/messageroaming"
            data = (await self.client.call("POST", path, asked))["data"]
            metas = [pb.Meta.FromString(base64.b64decode(one["msg"])) for one in data["msgs"]]
            seen += [placed(event_of(meta), self.user)["message"] for meta in metas]
            if data["is_last"]:
                return seen
            asked["start"] = data["next_key"]

    async def conversations(self) -> list[tuple[str, int, str]]:
        path = f"/sdk/user/{self.user}/user_channels/list?limit=50&cursor="
        listed = (await self.client.call("GET", path))["data"]["channel_infos"]
        return [(i["session_to"], i["unread_num"], _text_of(i)) for i in listed]


def _text_of(item: Json) -> str:
    payload: Any = json.loads(item["meta"].get("payload", '{"bodies": [{}]}'))
    return str(payload["bodies"][0].get("msg", ""))
