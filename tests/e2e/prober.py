"""Schemathesis against a live server: calls made from the server's own OpenAPI document.

The document it gets names one app, and its samples are the ids of a small world (tests/rest), so
that what it makes up leads somewhere.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from chat.rest.reference.call import SAMPLES
from tests.e2e.servers import Server
from tests.rest.world import build

CHECKS = (
    *("not_a_server_error", "status_code_conformance"),
    *("content_type_conformance", "response_schema_conformance"),
)
_USERS = ["demo1", "demo2", "demo3", "stranger", "nobody"]


class Prober:
    """One app of a live server with a world in it."""

    def __init__(self, server: Server, appkey: str) -> None:
        self._made = server.create_app(appkey)
        self._server = server
        self._base = f"{server.base_url}/{appkey.replace('#', '/')}"
        self._path = f"/{appkey.replace('#', '/')}"
        self._http = httpx.Client(timeout=30)
        self._tokens: dict[str, str] = {}
        self.names = build(self)

    def close(self) -> None:
        self._http.close()

    def token(self, by: str) -> str:
        if by not in self._tokens:
            grant = {"grant_type": "client_credentials", "client_id": self._made["client_id"],
                     "client_secret": self._made["client_secret"]}  # fmt: skip
            sent = {}
            if by != "app":
                grant = {"grant_type": "inherit", "username": by}
                sent = {"Authorization": f"Bearer {self.token('app')}"}
            answer = self._http.post(f"{self._base}/token", json=grant, headers=sent)
            self._tokens[by] = answer.json()["access_token"]
        return self._tokens[by]

    def say(self, line: str, body: Any = ..., *, by: str = "app") -> Any:
        method, path = line.split(" ", 1)
        sent = None if body is ... else body
        headers = {"Authorization": f"Bearer {self.token(by)}"}
        answer = self._http.request(method, self._base + path, json=sent, headers=headers)
        assert answer.status_code == 200, (line, answer.text)
        return answer.json()

    def upload(self, path: str, filename: str, content: bytes) -> Any:
        headers = {"Authorization": f"Bearer {self.token('app')}"}
        files = {"file": (filename, content)}
        answer = self._http.post(self._base + path, files=files, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def document(self) -> dict[str, Any]:
        """The server's document with this world's app and ids in it."""
        text = self._http.get(f"{self._server.base_url}/api/schema/?format=json").text
        for name, sample in SAMPLES.items():
            text = text.replace(sample, self.names.get(name, sample))
        document: dict[str, Any] = json.loads(text.replace("/{org}/{app}", self._path))
        rooms = [self.names["group"], self.names["room"], self.names["closed"], "1"]
        likely = {"username": _USERS, "contact": _USERS, "room_id": rooms}
        for methods in document["paths"].values():
            for operation in methods.values():
                kept = [p for p in operation["parameters"] if p["name"] not in {"org", "app"}]
                operation["parameters"] = kept
                for parameter in kept:
                    if parameter["in"] == "path" and parameter["name"] in likely:
                        parameter["schema"]["enum"] = likely[parameter["name"]]
        return document

    def run(
        self, folder: Path, *options: str, timeout_s: float
    ) -> "subprocess.CompletedProcess[str]":
        """Run Schemathesis with the app's token."""
        file = folder / "openapi.json"
        file.write_text(json.dumps(self.document()))
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(file)),
            *("--url", self._server.base_url, "--checks", ",".join(CHECKS)),
            *("--header", f"Authorization: Bearer {self.token('app')}"),
            *("--generation-database", "none", "--warnings", "off", "--output-sanitize", "false"),
            *options,
        ]
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=timeout_s, check=False
        )
