"""What the server itself refuses, before Django sees it, is JSON too."""

import http.client
import json
import socket

import httpx
import pytest

pytestmark = pytest.mark.e2e


def refusal_of(server, request: bytes) -> tuple[str, str]:
    """The error and description of the one 400 that the connection ends with."""
    if server.kind == "uvicorn":
        pytest.skip("uvicorn answers with a text of its own")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(request)
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        body = json.loads(answer.read())
        assert raw.recv(1) == b""
    assert (answer.status, answer.getheader("Access-Control-Allow-Origin")) == (400, "*")
    assert answer.getheader("Content-Type") == "application/json;charset=UTF-8"
    return body["error"], body["error_description"]


def test_a_header_that_is_none_is_refused_in_json(server):
    request = b"GET /demo/app/users HTTP/1.1\r\nHost: x\r\nA: \x0b\r\nConnection: close\r\n\r\n"
    assert refusal_of(server, request) == ("bad_request", "Invalid header value")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"what is this\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",  # TLS to a port without it
        b"GET / HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /a/b/token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /a/b/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: x\r\n" % n for n in range(600)) + b"\r\n",
    ],
    ids=["line", "tls", "header", "length", "chunk", "headers"],
)
def test_what_is_not_http_is_refused_in_json(server, request_bytes):
    assert refusal_of(server, request_bytes) == ("bad_request", "The request is no valid HTTP")


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
