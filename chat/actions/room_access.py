"""Opens a room for a change: under its lock, with the rights of this moment, ready to tell.

Every action on a room starts with open_room and states its fact with `tell`; the lock moves the
rights' epoch, so a message that was checked before the change is checked again (design.md §4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction

from accounts.actions import audit
from accounts.domain.actor import Actor
from accounts.models import ImUser
from chat.actions.thread_rights import stale_threads
from chat.domain.affiliations import Affiliation, RoomAct, RoomRights, acting_refusal
from chat.domain.answers import RoomInfo
from chat.domain.audience import Audience, room_topic, user_topic
from chat.domain.entries import UNNAMED_DEVICE, Entry, EntryFlag
from chat.domain.errors import BatchTooLarge, IllegalArgument, PeerNotFound
from chat.domain.events import DECIDING, FOR_STAFF, RoomChange, RoomChanged
from chat.domain.targets import Conversation, RoomTarget, kind_and_id
from chat.models import ConversationRow, Room
from chat.queries import rights as rights_queries
from chat.queries.rooms import info_of
from chat.store import direct

# Above this size a chatroom's joins and leaves change the count only (design.md §5).
QUIET_ABOVE = 200
MAX_NOTED = 100


@dataclass(slots=True)
class OpenRoom:
    """A locked room. `rights` are kept up by the action and remembered after the commit."""

    actor: Actor
    row: Room
    conversation: Conversation
    rights: RoomRights
    last_seq: int  # of the log, at the moment of the lock

    @property
    def app_id(self) -> int:
        return self.row.app_id

    @property
    def rank(self) -> Affiliation:
        actor = self.actor
        return Affiliation.APP if actor.is_app else self.rights.rank_of(actor.username)

    @property
    def owner_name(self) -> str:
        return self.row.owner.username if self.row.owner else ""

    @property
    def is_quiet(self) -> bool:
        return self.rights.kind == "chatroom" and self.row.member_count > QUIET_ABOVE

    @property
    def names(self) -> dict[str, str]:
        """What refusals about this room carry."""
        return {"room_id": self.rights.room_id, "kind": self.rights.kind}

    def info(self) -> RoomInfo:
        rank = Affiliation.NONE if self.actor.is_app else self.rank
        return info_of(self.row, rank)

    def change(self, **values: Any) -> None:
        """Keep the rights up with what the action wrote; remembered once it is committed."""
        self.rights = replace(self.rights, **values)
        transaction.on_commit(partial(rights_queries.remember_rights, self.rights))

    def change_ranks(
        self, added: dict[str, Affiliation] | None = None, removed: Iterable[str] = ()
    ) -> None:
        ranks = {**self.rights.affiliations, **(added or {})}
        gone = set(removed)
        for name in gone:
            ranks.pop(name, None)
        self.change(affiliations=ranks, allow_listed=self.rights.allow_listed - gone)

    def reload_flags(self) -> None:
        row = self.row
        self.change(
            public=row.public,
            members_may_invite=row.allow_invites,
            muted_all=row.muted_all,
            disabled=row.disabled,
        )

    def forget_blocks(self, names: Iterable[str]) -> None:
        self.change(blocked=self.rights.blocked - set(names))

    def note(self, act: str, **diff: list[Any]) -> None:
        """Put the change in the audit (console.md 6.1): `act` is a code without its `group.`."""
        word = "room" if self.rights.kind == "chatroom" else self.rights.kind
        audit.note(f"{word}.{act}", self.actor.app, word, self.rights.room_id, diff)

    def note_members(self, act: str, names: Iterable[str], **diff: list[Any]) -> None:
        """The same of what was done to some users; nothing when there are none."""
        listed = list(names)
        if listed:
            self.note(act, usernames=[None, shortened(listed)], **diff)

    def tell(
        self,
        change: RoomChange,
        users: Sequence[str] = (),
        *,
        by: ImUser | None = None,
        also: Iterable[int] = (),
        **detail: Any,
    ) -> Entry:
        """Write the fact in the room's log, for everybody in it and the users `also`.

        `by` is who did it where it is neither the actor nor, for the app, the owner.
        """
        topics = (room_topic(self.row.pk), *(user_topic(user_id) for user_id in also))
        fact = self._fact(change, users, detail)
        if change in DECIDING and self.rights.kind == "group":
            stale_threads(self.row)
        if change in FOR_STAFF:
            ranks = self.rights.affiliations.items()
            fact = replace(fact, staff=tuple(n for n, rank in ranks if rank >= Affiliation.ADMIN))
        telling = self._telling(self.conversation, fact, by, topics)
        return direct.append_all_on_commit(self.app_id, [telling])[0]

    def tell_each(
        self,
        readers: Iterable[ImUser],
        change: RoomChange,
        users: Sequence[str] | None = None,
        *,
        by: ImUser | None = None,
        **detail: Any,
    ) -> None:
        """Write the fact in the personal log of each reader, whom it concerns unless `users`."""
        tellings = []
        for reader in readers:
            concerned = [reader.username] if users is None else users
            log = Conversation.personal(reader.username, reader.pk)
            fact = self._fact(change, concerned, detail)
            telling = self._telling(log, fact, by, (user_topic(reader.pk),))
            tellings.append(replace(telling, about=self.rights.room_id))
        direct.append_all_on_commit(self.app_id, tellings)

    def _fact(
        self, change: RoomChange, users: Sequence[str], detail: dict[str, Any]
    ) -> RoomChanged:
        if (place := self.rights.place) is not None:
            detail = {**detail, "parent": place.group_id}
        return RoomChanged(change, self.rights.kind, self.rights.room_id, tuple(users), detail)

    def _telling(
        self, log: Conversation, fact: RoomChanged, by: ImUser | None, topics: tuple[str, ...]
    ) -> direct.Telling:
        actor = self.actor
        author = by or self.row.owner
        sender, sender_id = (author.username, author.pk) if author else ("admin", 0)
        device = ""
        if not actor.is_app and (by is None or by.pk == actor.user_id):
            sender, sender_id = actor.username, actor.user_id
            device = actor.device or (UNNAMED_DEVICE if actor.via == "rest" else "")
        return direct.Telling(
            log,
            fact,
            sender=sender,
            sender_id=sender_id,
            sender_device=device,
            audience=Audience(topics, skip_device=(sender_id, device) if device else None),
            # A chatroom's events are for who is there.
            flags=EntryFlag.ONLINE_ONLY if self.rights.kind == "chatroom" else EntryFlag.NONE,
        )


def open_room(actor: Actor, target: RoomTarget, act: RoomAct | None) -> OpenRoom:
    """Lock the room and check that the actor may do this to it (None: the caller checks).

    Raises:
        GroupNotFound, ChatroomNotFound.
        NotPermitted, BlockedFromRoom: the rank does not suffice.
        GroupDisabled.
    """
    found = rights_queries.live_room(actor.app.id, target)
    kind, room_id = kind_and_id(target)
    conversation = Conversation.room(kind, room_id, found.pk)
    log = direct.lock_conversation(actor.app.id, conversation, bump_rights=True)
    row = rights_queries.live_room(actor.app.id, target)  # as it is under the lock
    room = _opened(actor, row, conversation, log)
    refusal = acting_refusal(act, room.rights, actor.username) if act else None
    if refusal is not None:
        raise refusal
    return room


def open_new_room(actor: Actor, row: Room) -> OpenRoom:
    """The same for a room that this transaction made."""
    kind = info_of(row).kind
    conversation = Conversation.room(kind, row.room_id, row.pk)
    log = direct.lock_conversation(row.app_id, conversation, bump_rights=True)
    return _opened(actor, row, conversation, log)


def _opened(actor: Actor, row: Room, conversation: Conversation, log: ConversationRow) -> OpenRoom:
    known = rights_queries.remembered(row.pk)
    if known is not None and known.epoch == log.rights_epoch - 1:
        rights = rights_queries.with_super_admins(replace(known, epoch=log.rights_epoch))
    else:
        rights = rights_queries.load_rights(row, log.rights_epoch)
    room = OpenRoom(actor, row, conversation, rights, log.last_seq)
    room.change()
    return room


def shortened(names: list[str]) -> list[str]:
    """What the audit keeps of a long list."""
    more = len(names) - MAX_NOTED
    return names if more <= 0 else [*names[:MAX_NOTED], f"+{more}"]


def names_of(usernames: Iterable[str], *, limit: int = 0, sentence: str = "") -> list[str]:
    """Lower-cased, each once, in the order given.

    Raises:
        IllegalArgument: no name at all.
        BatchTooLarge: more than `limit`; `sentence` is the vendor's, to which it is appended.
    """
    names = list(dict.fromkeys(name.lower() for name in usernames))
    if not names:
        raise IllegalArgument(detail="usernames must be provided")
    if limit and len(names) > limit:
        raise BatchTooLarge(detail=f"{sentence} : {limit}")
    return names


def users_named(app_id: int, names: Iterable[str]) -> dict[str, ImUser]:
    """The users of these names, in the order given.

    Raises:
        PeerNotFound: the first that does not exist.
    """
    wanted = list(names)
    found = {
        user.username: user for user in ImUser.objects.filter(app_id=app_id, username__in=wanted)
    }
    for name in wanted:
        if name not in found:
            raise PeerNotFound(username=name)
    return {name: found[name] for name in wanted}
