"""What the server itself refuses, before Django sees it, is JSON too."""

import json
import socket

import httpx
import pytest

pytestmark = pytest.mark.e2e


def test_a_header_that_is_none_is_refused_in_json(server):
    request = b"GET /demo/app/users HTTP/1.1\r\nHost: x\r\nA: \x0b\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(request)
        received = b""
        while data := raw.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 400 ")
    body = json.loads(received[received.index(b"{") : received.rindex(b"}") + 1])
    assert (body["error"], body["error_description"]) == ("bad_request", "Invalid header value")


@pytest.mark.parametrize("body", [b"--b--\r\n", b"--b\r\n", b"", b"x" * 100])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "multipart/form-data"])
def test_a_form_that_is_none_is_refused_in_json(server, people, body, kind):
    grant = {"grant_type": "client_credentials", "client_id": people.client_id}
    grant["client_secret"] = people.client_secret
    token = httpx.post(f"{server.base_url}/demo/app/token", json=grant).json()["access_token"]
    headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
    path = f"{server.base_url}/demo/app/chatfiles"
    answer = httpx.post(path, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]
