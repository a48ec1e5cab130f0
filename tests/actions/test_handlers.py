"""Every command has an action; a send that must look something up is answered whatever happens."""

import pytest
from django.db import InterfaceError, OperationalError

from accounts.actions.im_apps import change_settings
from chat.actions import handlers
from chat.actions.handlers import HANDLERS, handle, start_send
from chat.domain import commands as c
from chat.domain.bodies import Body
from chat.domain.commands import CheckLogIn, Command, LogIn, MarkReceived, SendMessage
from chat.domain.errors import ImError, StoreUnavailable
from chat.domain.targets import ToUser
from tests.gateway.engine import DEMO1

WITH_A_PATH_OF_THEIR_OWN = {CheckLogIn, LogIn, MarkReceived, SendMessage}


def test_every_command_has_its_row():
    classes = [one for one in vars(c).values() if isinstance(one, type)]
    commands = {one for one in classes if issubclass(one, Command) and one is not Command}
    assert commands - set(HANDLERS) == WITH_A_PATH_OF_THEIR_OWN


@pytest.mark.parametrize(
    ("failure", "answer"),
    [(OperationalError(), StoreUnavailable), (InterfaceError(), StoreUnavailable),
     (ValueError(), ImError)],
)  # fmt: skip
def test_a_look_up_that_fails_is_answered(monkeypatch, failure, answer):
    """A database that is away is told as such: the same client id may be sent again."""

    def look_up(*_: object) -> None:
        raise failure

    monkeypatch.setattr(handlers, "post_message", lambda *_: False)
    monkeypatch.setattr(handlers, "post_message_looking_up", look_up)
    answers: list[object] = []
    command = SendMessage(ToUser("demo2"), Body("txt", {"msg": "hi"}))
    assert not start_send(DEMO1, command, answers.append, lambda work: work())
    assert [type(one) for one in answers] == [answer]


@pytest.mark.django_db
def test_a_command_runs_by_the_settings_of_now_not_of_the_log_in(app, demo1, acting):
    connected = acting(demo1)
    change_settings(app, {"max_contacts": 7})
    seen: list[int] = []
    handle(lambda actor, _: seen.append(actor.app.settings.max_contacts), connected, c.ListRoster())
    assert (seen, connected.app.settings.max_contacts) == ([7], 3000)
