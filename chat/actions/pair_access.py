"""Opens what is between two users for a change: under the lock of their conversation."""

from dataclasses import dataclass
from functools import partial

from django.db import transaction

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.domain.errors import UserNotFound
from accounts.models import ImUser
from chat.domain.audience import Audience
from chat.domain.errors import IllegalArgument, OneselfRefused
from chat.domain.events import RosterChange, RosterChanged
from chat.domain.targets import Conversation
from chat.queries import rights as rights_queries
from chat.store import direct


@dataclass(frozen=True, slots=True)
class OpenPair:
    """Two users. `owner` is the one who acts, or in whose name the app does."""

    actor: Actor
    owner: ImUser
    peer: ImUser

    def to_owner(self, change: RosterChange, message: str = "", *, by_me: bool) -> direct.Telling:
        return self._telling(self.owner, self.peer, change, message, by_me=by_me)

    def to_peer(
        self, change: RosterChange, message: str = "", *, by_me: bool, answers: bool = False
    ) -> direct.Telling:
        return self._telling(self.peer, self.owner, change, message, by_me=by_me, answers=answers)

    def _telling(
        self,
        reader: ImUser,
        about: ImUser,
        change: RosterChange,
        message: str,
        *,
        by_me: bool,
        answers: bool = False,
    ) -> direct.Telling:
        is_own = not self.actor.is_app
        device = self.actor.device if is_own else ""
        skip = (self.owner.pk, device) if device else None
        return direct.Telling(
            Conversation.personal(reader.username, reader.pk),
            RosterChanged(change, about.username, message, by_me, answers),
            sender=self.owner.username if is_own else "admin",
            sender_id=self.owner.pk if is_own else 0,
            sender_device=device,
            audience=Audience.users(reader.pk, skip_device=skip),
            about=about.username,
        )

    def note(self, code: str, **diff: list[object]) -> None:
        """Put the change in the audit, as one of the owner's."""
        audit.note(code, self.actor.app, "user", self.owner.username, diff)

    def tell(self, *tellings: direct.Telling) -> None:
        direct.append_all_on_commit(self.actor.app.id, tellings)


def acting_name(actor: Actor, owner: str) -> str:
    """Who acts: the actor, or for the app the user it names."""
    name = (owner if actor.is_app else actor.username).lower()
    if not name:
        raise IllegalArgument(detail="the user who acts must be named")
    return name


def open_pair(actor: Actor, owner: str, peer: str) -> OpenPair:
    """Lock the conversation of two users; a message checked before is checked again.

    Raises:
        UserNotFound: one of them does not exist. OneselfRefused: they are the same.
    """
    owner, peer = acting_name(actor, owner), peer.lower()
    if owner == peer:
        raise OneselfRefused
    rows = {
        user.username: user
        for user in ImUser.objects.filter(app_id=actor.app.id, username__in=(owner, peer))
    }
    for name in (owner, peer):
        if name not in rows:
            raise UserNotFound(username=name)
    direct.lock_conversation(actor.app.id, Conversation.pair(owner, peer), bump_rights=True)
    transaction.on_commit(partial(rights_queries.forget_pair, actor.app.id, owner, peer))
    return OpenPair(actor, rows[owner], rows[peer])
