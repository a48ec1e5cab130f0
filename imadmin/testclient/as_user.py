"""What the vendor's SDKs ask over REST with the user's own token, whatever wire they speak."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from imadmin.testclient.hearing import DEADLINE_S
from imadmin.testclient.native import Refused
from imadmin.testclient.rest import TLS

Json = dict[str, Any]


class AsUser:
    """The REST side of a client; its server is the one that `url` names."""

    url: str
    appkey: str
    user: str
    token: str
    password: str

    async def fetch_token(self) -> str:
        """Log in by password; kept for the calls that follow. Raises Refused."""
        asked = {"grant_type": "password", "username": self.user, "password": self.password}
        self.token = str((await self._answer("POST", "/token", asked, {}))["access_token"])
        return self.token

    async def call(self, method: str, path: str, json: object = None) -> Json:
        """A REST call of the user. Raises Refused with the API's error."""
        token = self.token or await self.fetch_token()
        return await self._answer(method, path, json, {"Authorization": f"Bearer {token}"})

    async def _answer(self, method: str, path: str, json: object, headers: Json) -> Json:
        host = urlsplit(self.url)
        base = f"{host.scheme.replace('ws', 'http')}://{host.netloc}"
        address = f"{base}/{self.appkey.replace('#', '/')}{path}"
        async with httpx.AsyncClient(timeout=DEADLINE_S, verify=TLS) as http:
            response = await http.request(method, address, json=json, headers=headers)
        answer: Json = response.json()
        if response.status_code != 200:
            said = {"code": answer.get("error"), "message": answer.get("error_description")}
            raise Refused(path, said)
        return answer

    async def create_group(self, name: str, members: list[str], **fields: Any) -> str:
        """The new group's id. Public unless `fields` say otherwise."""
        asked = {"groupname": name, "desc": name, "public": True, "members": members}
        asked |= {"owner": self.user, **fields}
        return str((await self.call("POST", "/chatgroups", asked))["data"]["groupid"])
