"""Operators of every role, each with a browser of their own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.actions.operators import create_operator, set_role
from accounts.domain.actor import AppRef
from accounts.models import Operator
from chat.live.online import records
from chat.queries.waiting import forget_waiting

OPERATOR_PASSWORD = "correct-horse-9"

SignIn = Callable[[Operator], Client]


@pytest.fixture(autouse=True)
def nobody_online() -> Iterator[None]:
    """Who was put online in a test is gone after it, and what was counted is forgotten."""
    forget_waiting()
    yield
    records.cache_clear()


@pytest.fixture
def jobs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run inside their request: a thread would not see a test's transaction."""

    def run(_name: str, work: Any) -> bool:
        work()
        return True

    monkeypatch.setattr("imadmin.console.actions.user_jobs.start_job", run)


@pytest.fixture
def admin(db: None) -> Operator:
    """The first operator, hence an instance admin."""
    return create_operator("root", OPERATOR_PASSWORD)


@pytest.fixture
def owner(admin: Operator, app: AppRef) -> Operator:
    return _member(app, "owner")


@pytest.fixture
def operator(admin: Operator, app: AppRef) -> Operator:
    return _member(app, "operator")


@pytest.fixture
def viewer(admin: Operator, app: AppRef) -> Operator:
    return _member(app, "viewer")


@pytest.fixture
def outsider(admin: Operator) -> Operator:
    """Signed in, but a member of no app."""
    return create_operator("outsider", OPERATOR_PASSWORD)


@pytest.fixture
def browse() -> SignIn:
    """`browse(owner)` is a client signed in as that operator."""

    def signed_in(who: Operator) -> Client:
        client = Client()
        client.force_login(who)
        return client

    return signed_in


def _member(app: AppRef, role: str) -> Operator:
    made = create_operator(role, OPERATOR_PASSWORD)
    set_role(made, app, role)
    return made
