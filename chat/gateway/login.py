"""What a log-in does between proof and answer, step by step on the loop and in the pool.

Both steps of the pool take all log-ins that wait (completions.Batches), but for proofs by password:
hashing takes 20 ms each.
"""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from accounts.domain.actor import Via
from chat.actions.login import (
    Proven,
    check_log_in,
)
from chat.domain.answers import LoggedIn
from chat.domain.audience import room_topic
from chat.domain.commands import CheckLogIn, LogIn
from chat.domain.errors import ImError
from chat.gateway.connection import Connection, State
from chat.live.registry import registry
from chat.store.clock import now_ms

if TYPE_CHECKING:
    from chat.gateway.process import Gateway

logger = logging.getLogger(__name__)

REFUSED = 1013
_VIA: dict[str, Via] = {"native": "native", "xmpp": "xmpp", "msync": "msync"}


async def log_in(
    gateway: "Gateway", connection: Connection, command: LogIn
) -> LoggedIn | ImError | None:
    """Prove, listen, then read what may have changed before we listened.

    The registry knows the connection before the second read, so whatever changes after that read
    is heard: nothing falls between. A CheckLogIn ends with the proof: None.
    """
    try:
        proven = await _prove(gateway, command, _VIA[connection.wire])
        if proven.is_refused:
            connection.close(REFUSED, "try again later")
        if connection.state is State.CLOSING:
            return ImError()
        if isinstance(command, CheckLogIn):
            return None
        _listen(gateway, connection, command, proven)
        return await _settle(gateway, connection, proven)
    except ImError as refusal:
        gateway.gone(connection)
        return refusal
    except Exception:
        logger.exception("%s: the log-in failed", connection)
        gateway.gone(connection)
        return ImError()


async def _prove(gateway: "Gateway", command: LogIn, via: Via) -> Proven:
    if command.token:
        return await gateway.proofs.ask((command, via))
    proven: Proven = await gateway.pool.call(lambda: check_log_in(command, via))
    return proven


def _listen(gateway: "Gateway", connection: Connection, command: LogIn, proven: Proven) -> None:
    actor = replace(proven.actor, connection=connection.id)
    connection.become(actor, command, now_ms(), proven.expires_ms)
    gateway.present(connection)


async def _settle(gateway: "Gateway", connection: Connection, proven: Proven) -> LoggedIn:
    await gateway.listener.settled()
    registry.expect_rooms(connection)
    if connection not in registry:
        raise ImError  # it is gone: nobody may find it online
    record = gateway.record_of(connection)
    settled = await gateway.settling.ask((proven, record))
    if connection not in registry:
        gateway.log_out(connection, record)  # the first time may have been before the settling
        raise ImError
    if registry.set_rooms(connection, [room_topic(row) for row in settled.rooms]):
        await _look_again(gateway, connection)
    if settled.held_by:
        await gateway.listener.hand_over(settled.held_by, connection.user_id, connection.device)
    gateway.logged_in(connection)
    return LoggedIn(
        username=connection.username,
        user_id=connection.user_id,
        device=connection.device,
        server_time_ms=now_ms(),
        unread=settled.unread,
        token_expires_ms=proven.expires_ms,
    )


async def _look_again(gateway: "Gateway", connection: Connection) -> None:
    """This process did not hear some of the rooms before: a removal may have been missed."""
    if not gateway.listener.is_relaying:
        return  # one process hears everything
    await gateway.listener.settled()
    registry.expect_rooms(connection)
    rooms = await gateway.rooms.ask(connection.user_id)
    registry.set_rooms(connection, [room_topic(row) for row in rooms])
