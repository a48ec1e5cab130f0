"""An operator's sign-ins: which there are, and ending one or all."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from accounts.actions.audit import note
from accounts.models import Operator
from accounts.rest.addresses import address_of

MAX_SESSIONS = 1000  # looked at, of all operators
MAX_AGENT = 200
_SINCE, _ADDRESS, _AGENT = "signed_in_ms", "signed_in_from", "signed_in_with"


@dataclass(frozen=True, slots=True)
class SignIn:
    """`handle` names it in forms: the session's key never leaves the server."""

    handle: str
    since_ms: int
    address: str
    agent: str
    is_this: bool


def remember_sign_in(request: HttpRequest, **_signal: Any) -> None:
    """Receiver of user_logged_in: what the list will say of this session."""
    request.session[_SINCE] = int(timezone.now().timestamp() * 1000)
    request.session[_ADDRESS] = address_of(request)
    request.session[_AGENT] = request.headers.get("User-Agent", "")[:MAX_AGENT]


def sign_ins_of(operator: Operator, this_key: str) -> list[SignIn]:
    """Those that still count, the newest first; a changed password ended the ones before."""
    found = [
        SignIn(
            _handle(session.session_key),
            int(data.get(_SINCE, 0)),
            str(data.get(_ADDRESS, "")),
            str(data.get(_AGENT, "")),
            session.session_key == this_key,
        )
        for session, data in _sessions_of(operator)
    ]
    return sorted(found, key=lambda one: -one.since_ms)


def end_sign_in(operator: Operator, handle: str) -> bool:
    """End one of the operator's own; False when there is none."""
    for session, _ in _sessions_of(operator):
        if _handle(session.session_key) == handle:
            session.delete()
            return True
    return False


def end_all_sign_ins(operator: Operator) -> int:
    """End every session of an operator; how many there were."""
    sessions = [session for session, _ in _sessions_of(operator)]
    for session in sessions:
        session.delete()
    diff: dict[str, list[Any]] = {"sessions": [len(sessions), 0]}
    note("operator.sessions_end", None, "operator", operator.name, diff)
    return len(sessions)


def _sessions_of(operator: Operator) -> list[tuple[Session, dict[str, Any]]]:
    """Sessions do not say whose they are, but in their data."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).order_by("-expire_date")
    decoded = [(session, session.get_decoded()) for session in alive[:MAX_SESSIONS]]
    return [
        (session, data)
        for session, data in decoded
        if data.get(SESSION_KEY) == str(operator.pk)
        and data.get(HASH_SESSION_KEY) == operator.get_session_auth_hash()
    ]


def _handle(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
