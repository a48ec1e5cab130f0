"""Every command has an action."""

from chat.actions.handlers import HANDLERS
from chat.domain import commands as c
from chat.domain.commands import CheckLogIn, Command, LogIn, MarkReceived, SendMessage

WITH_A_PATH_OF_THEIR_OWN = {CheckLogIn, LogIn, MarkReceived, SendMessage}


def test_every_command_has_its_row():
    classes = [one for one in vars(c).values() if isinstance(one, type)]
    commands = {one for one in classes if issubclass(one, Command) and one is not Command}
    assert commands - set(HANDLERS) == WITH_A_PATH_OF_THEIR_OWN
