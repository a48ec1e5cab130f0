"""The server calls no address that it must not."""

import socket
import time

import httpx
import pytest

from chat.webhooks import outbound
from chat.webhooks.outbound import ForbiddenAddress, judge, post_json
from tests.webhooks.receiver import receiver


def resolves_to(monkeypatch, *addresses):
    real = socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        if host != "hook.example":
            return real(host, port, *args, **kwargs)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "0.0.0.0", "224.0.0.1", "100.100.100.200", "255.255.255.255"),
        *("fe80::1", "::", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254"),
        *("2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_dangerous_addresses_are_refused_always(monkeypatch, address):
    resolves_to(monkeypatch, address)
    with pytest.raises(ForbiddenAddress):
        judge("http://hook.example/", allow_private=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1"])
def test_private_addresses_follow_the_setting(monkeypatch, address):
    resolves_to(monkeypatch, address)
    assert judge("http://hook.example/", allow_private=True).ip == address
    with pytest.raises(ForbiddenAddress):
        judge("http://hook.example/", allow_private=False)


def test_one_bad_address_among_good_ones_refuses_the_name(monkeypatch):
    resolves_to(monkeypatch, "93.184.216.34", "169.254.169.254")
    with pytest.raises(ForbiddenAddress):
        judge("https://hook.example/", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.1/", "file:///etc/passwd", "http://", "nonsense", "http://[::1"),
        *("http://user:pw@127.0.0.1/", "http://127.0.0.1:99999/"),
    ],
)
def test_only_plain_http_addresses_are_called(url):
    with pytest.raises(ForbiddenAddress):
        judge(url, allow_private=True)


def test_the_judged_address_is_called_under_its_name(monkeypatch):
    with receiver() as hook:
        port = int(hook.url.rsplit(":", 1)[1].split("/")[0])
        resolves_to(monkeypatch, "127.0.0.1")
        answer = post_json(
            f"http://hook.example:{port}/in?x=1", b"{}", timeout_s=5, allow_private=True
        )
        headers, _ = hook.got.get(timeout=5)
    assert answer.status == 200
    assert headers["Host"] == f"hook.example:{port}"


def test_redirects_are_not_followed():
    with receiver() as hook:
        hook.answers = [(302, b"")]
        assert post_json(hook.url, b"{}", timeout_s=5, allow_private=True).status == 302


def test_proxy_variables_are_ignored(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with receiver() as hook:
        assert post_json(hook.url, b"{}", timeout_s=5, allow_private=True).status == 200


def test_answer_is_read_up_to_a_bound():
    with receiver() as hook:
        hook.answers = [(200, b"x" * 200_000)]
        answer = post_json(hook.url, b"{}", timeout_s=5, allow_private=True)
    assert len(answer.text) == outbound.MAX_ANSWER_BYTES


def test_silent_server_ends_at_the_deadline():
    with receiver() as hook:
        hook.hold.clear()
        began = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            post_json(hook.url, b"{}", timeout_s=0.3, allow_private=True)
        assert time.monotonic() - began < 10
