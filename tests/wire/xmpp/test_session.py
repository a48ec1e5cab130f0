"""The stream: opening, proof, binding, the end."""

import pytest

from accounts.domain.errors import TokenExpired, Unauthenticated
from chat.domain.commands import CheckLogIn, LogIn
from chat.domain.errors import AccountRemoved, DeviceReplaced, ImError
from chat.domain.events import Closing, Kicked
from chat.wire.base import Close, FrameCache, Send
from chat.wire.xmpp.errors import XMPP_ERRORS
from chat.wire.xmpp.session import LOG_IN_DEADLINE_S, XmppSession
from tests.wire.xmpp.cast import (
    ANN,
    BARE,
    CLIENT,
    FULL,
    OPEN,
    TIME,
    auth,
    available,
    bind,
    bound,
    opened,
    proven,
    runs,
    said,
)

CLOSE = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"


def test_stream_offers_plain_only() -> None:
    session = XmppSession(lambda: TIME)
    assert said(session.receive(OPEN, 0.0)) == [
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='easemob.com'"
        f" id='{TIME:x}' version='1.0' xml:lang='en'/>",
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
        "</mechanisms></stream:features>",
    ]


def test_vendors_password_is_a_token() -> None:
    [run] = runs(opened().receive(auth("$t$YWMt.x"), 0.0))
    assert run.command == CheckLogIn("demo#app", "bob", token="YWMt.x")


def test_other_clients_give_the_password() -> None:
    [run] = runs(opened().receive(auth("123456"), 0.0))
    assert run.command == CheckLogIn("demo#app", "bob", password="123456")


def test_proof_is_answered_and_features_follow() -> None:
    session = opened()
    [run] = runs(session.receive(auth(), 0.0))
    assert said(session.answer(run.ref, None)) == [
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
    ]
    assert said(session.receive(OPEN, 0.0))[1] == (
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></stream:features>"
    )


@pytest.mark.parametrize("refusal", [Unauthenticated(), TokenExpired()])
def test_refused_proof_is_a_failure_and_ends_a_little_later(refusal: ImError) -> None:
    session = opened()
    [run] = runs(session.receive(auth(), 0.0))
    assert session.answer(run.ref, refusal) == [
        Send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
    ]
    assert session.tick(1.0) == []
    assert session.tick(2.0) == [Close(1000)]


def test_other_mechanisms_fail() -> None:
    frame = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>eA==</auth>"
    assert "<invalid-mechanism/>" in said(opened().receive(frame, 0.0))[0]


def test_somebody_elses_authorization_fails() -> None:
    import base64

    plain = base64.b64encode(b"demo#app_eve@easemob.com\0demo#app_bob\0$t$x").decode()
    frame = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>"
    assert "<not-authorized/>" in said(opened().receive(frame, 0.0))[0]


def test_bind_logs_in_as_the_resource() -> None:
    from chat.domain.answers import LoggedIn

    session = proven()
    [run] = runs(session.receive(bind(), 0.0))
    assert isinstance(run.command, LogIn)
    assert run.command.device == "webim"
    assert said(session.answer(run.ref, LoggedIn("bob", 2, "webim", TIME, 0))) == [
        f"<iq {CLIENT} type='result' id='_bind_auth_2'>"
        f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{FULL}</jid></bind></iq>"
    ]


def test_numbered_device_makes_the_resource_unique() -> None:
    inner = "<resource>webim</resource><os>webim</os><device_uuid>1511</device_uuid>"
    [run] = runs(proven().receive(bind(inner), 0.0))
    assert isinstance(run.command, LogIn)
    assert run.command.device == "webim_1511"


def test_session_and_ping_are_answered_and_the_version_is_not() -> None:
    session = bound()
    frame = (
        f"<iq type='set' id='s' {CLIENT}>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
    )
    assert said(session.receive(frame, 0.0)) == [f"<iq {CLIENT} type='result' id='s'/>"]
    frame = (
        f"<iq type='get' id='p' from='{FULL}' to='easemob.com' {CLIENT}>"
        "<ping xmlns='urn:xmpp:ping'/></iq>"
    )
    assert said(session.receive(frame, 0.0)) == [
        f"<iq {CLIENT} type='result' id='p' from='easemob.com' to='{FULL}'/>"
    ]
    frame = (
        f"<iq type='result' id='v' to='easemob.com' {CLIENT}>"
        "<query xmlns='jabber:iq:version'><version>1.4.13</version></query></iq>"
    )
    assert session.receive(frame, 0.0) == []


def test_unknown_iq_is_not_implemented() -> None:
    frame = f"<iq type='get' id='u' {CLIENT}><query xmlns='x:unknown'/></iq>"
    assert said(bound().receive(frame, 0.0)) == [
        f"<iq {CLIENT} type='error' id='u' from='{BARE}' to='{FULL}'>"
        "<error code='501' type='cancel'>"
        "<feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    ]


def test_stanzas_before_the_log_in_end_the_stream() -> None:
    frame = f"<message {CLIENT} to='{ANN}'><body>x</body></message>"
    for session in (opened(), proven()):
        assert "<not-authorized " in said(session.receive(frame, 0.0))[0]


@pytest.mark.parametrize(
    ("reason", "text"),
    [(DeviceReplaced(), "Replaced by new connection"), (AccountRemoved(), "User removed")],
)
def test_kicked_client_gets_a_conflict_and_closes_itself(reason: ImError, text: str) -> None:
    session = available()
    assert session.deliver(Kicked(reason), FrameCache()) == [
        Send(
            "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
            "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>"
            f"{text}</text></stream:error>"
        )
    ]
    assert session.receive(f"<presence {CLIENT}/>", 0.0) == []
    assert session.receive(CLOSE, 0.0) == [Close(1000)]


def test_closing_server_ends_the_stream_without_an_error() -> None:
    assert available().deliver(Closing(), FrameCache()) == [Send(CLOSE)]


def test_closing_client_is_answered() -> None:
    assert available().receive(CLOSE, 0.0) == [Send(CLOSE), Close(1000)]


def test_silent_socket_does_not_stay() -> None:
    session = opened()
    assert session.tick(LOG_IN_DEADLINE_S) == []
    assert "<connection-timeout " in said(session.tick(LOG_IN_DEADLINE_S + 1))[0]


def test_quiet_client_stays() -> None:
    assert available().tick(1e6) == []


def _refusals(base: type[ImError]) -> list[type[ImError]]:
    return [base, *(below for cls in base.__subclasses__() for below in _refusals(cls))]


def test_every_refusal_has_a_row() -> None:
    codes = {cls.code for cls in _refusals(ImError) if ".domain." in cls.__module__}
    assert codes - set(XMPP_ERRORS) == set()
    assert set(XMPP_ERRORS) - codes == set()
