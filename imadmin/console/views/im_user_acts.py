"""What can be done to one user: each act with its form, its action and its audit code."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions.audit import note
from accounts.actions.im_users import (
    change_password,
    change_user,
    delete_user,
    force_offline,
    set_activated,
)
from accounts.actions.profiles import set_profile
from accounts.domain.actor import Actor, AppRef
from accounts.queries.im_users import UserInfo, get_user
from chat.actions.blocks import block_users, unblock_user
from chat.actions.conversations import remove_conversation
from chat.actions.own_history import drop_from_queue
from chat.actions.receipts import mark_read
from chat.actions.room_members import add_members
from chat.actions.roster import add_contact, answer_contact, remove_contact, request_contact
from chat.actions.sessions import admit_again, deliver_queue, kick_session
from chat.actions.user_mutes import mute_user
from chat.actions.watching import stop_watching, watch_user
from chat.domain.commands import (
    AddContact,
    AddMembers,
    AnswerContact,
    BlockUsers,
    MarkRead,
    MuteUser,
    RemoveContact,
    RequestContact,
    UnblockUser,
)
from chat.domain.targets import RoomKind, room_target
from chat.live.online import devices_of
from chat.queries.roster import blocks_between, friends_among
from chat.queries.tallies import owned_by
from imadmin.console import twins
from imadmin.console.acts import Act, Outcome, Text
from imadmin.console.forms.groups import ROOM_ID_FORMS
from imadmin.console.forms.im_users import (
    BanForm,
    ConfirmForm,
    ConversationForm,
    ForceOfflineForm,
    MuteForm,
    NicknameForm,
    PasswordForm,
    ProfileForm,
    QueueForm,
)
from imadmin.console.forms.roster import (
    AddFriendsForm,
    AnswerForm,
    BlockForm,
    FriendForm,
    UnblockForm,
)

Json = dict[str, Any]


def as_user(actor: Actor, username: str) -> Actor:
    """The user acts, the operator stands behind it."""
    user = get_user(actor.app, username)
    return Actor(actor.app, user.username, user.id, via="console", operator=actor.operator)


def _nickname(actor: Actor, username: str, data: Json) -> Outcome:
    change_user(actor.app, username, nickname=data["nickname"])
    return Outcome(_("Nickname saved."))


def _password(actor: Actor, username: str, data: Json) -> Outcome:
    change_password(actor.app, username, data["password"], end_sessions=data["end_sessions"])
    secret = data["password"] if data["generate"] else ""
    return Outcome(_("%(name)s has a new password.") % {"name": username}, secret)


def _ban(actor: Actor, username: str, data: Json) -> Outcome:
    set_activated(actor.app, username, False, reason=data["reason"], until=data["until"])
    return Outcome(_("%(name)s is banned.") % {"name": username})


def _unban(actor: Actor, username: str, _data: Json) -> Outcome:
    set_activated(actor.app, username, True)
    return Outcome(_("%(name)s is no longer banned.") % {"name": username})


def _queue_delete(actor: Actor, username: str, data: Json) -> Outcome:
    gone = drop_from_queue(actor.app, username, None if data["all"] else data["ids"])
    said = ngettext("%(n)d message taken out of the queue.",
                    "%(n)d messages taken out of the queue.", gone)  # fmt: skip
    return Outcome(said % {"n": gone})


def _queue_deliver(actor: Actor, username: str, _data: Json) -> Outcome:
    count = deliver_queue(actor.app, username)
    if not count:
        return Outcome(_("No client of %(name)s is connected.") % {"name": username})
    said = ngettext("%(n)d client reconnects and reads the queue.",
                    "%(n)d clients reconnect and read the queue.", count)  # fmt: skip
    return Outcome(said % {"n": count})


def _admit(actor: Actor, username: str, _data: Json) -> Outcome:
    admit_again(actor.app, username)
    return Outcome(_("Log-ins of %(name)s are let in again.") % {"name": username})


def _mute(actor: Actor, username: str, data: Json) -> Outcome:
    mute_user(actor, MuteUser(username, data["seconds"]))
    return Outcome(_("Mutes of %(name)s saved.") % {"name": username})


def _profile(actor: Actor, username: str, data: Json) -> Outcome:
    set_profile(actor.app, username, {data["attribute"]: data["value"]})
    return Outcome(_("Attribute saved."))


def _mark_read(actor: Actor, username: str, data: Json) -> Outcome:
    mark_read(as_user(actor, username), MarkRead(data["place"], data["up_to"], whole=True))
    note("conv.read", actor.app, "user", username, {"conversation": [None, data["name"]]})
    return Outcome(_("Marked as read: %(name)s") % {"name": data["name"]})


def _remove_conversation(actor: Actor, username: str, data: Json) -> Outcome:
    remove_conversation(as_user(actor, username), data["place"], history_too=False)
    note("conv.delete", actor.app, "user", username, {"conversation": [data["name"], None]})
    return Outcome(_("Off the list: %(name)s") % {"name": data["name"]})


def _force_offline(actor: Actor, username: str, data: Json) -> Outcome:
    if data["kind"] in {"", "admin"}:
        force_offline(actor.app, username, data["device"])
    else:
        user = get_user(actor.app, username)
        here = [one for one in devices_of(actor.app.id, user.id)
                if data["device"] in {"", one.device}]  # fmt: skip
        if not here:
            return Outcome(_("No client of %(name)s is connected.") % {"name": username})
        for session in here:
            kick_session(actor.app, session, data["kind"])
    return Outcome(_("%(name)s was forced offline.") % {"name": username})


def _delete(actor: Actor, username: str, _data: Json) -> Outcome:
    delete_user(actor.app, username)
    return Outcome(_("User %(name)s deleted.") % {"name": username})


def _delete_effect(_app: AppRef, user: UserInfo) -> list[Text]:
    """What goes with the user, in numbers and by name."""
    owned = owned_by(user.id)
    lines: list[Text] = [
        _("The user, its friends, its block list and its sessions go. This cannot be undone.")
    ]
    for rooms, one_or_more in (
        (owned.groups, ngettext("%(n)d group that it owns goes too: %(names)s",
                                "%(n)d groups that it owns go too: %(names)s", len(owned.groups))),
        (owned.chatrooms, ngettext("%(n)d chatroom that it owns goes too: %(names)s",
                                   "%(n)d chatrooms that it owns go too: %(names)s",
                                   len(owned.chatrooms))),
    ):  # fmt: skip
        if rooms:
            names = ", ".join(f"{name or '—'} ({room_id})" for room_id, name in rooms[:20])
            lines.append(one_or_more % {"n": len(rooms), "names": names})
    return lines


def _check_friends(app: AppRef, username: str, data: Json) -> None:
    """What only the owner's page can know of the names in its form."""
    names = data["friends"]
    if already := friends_among(app, username, names):
        raise ValidationError(
            {"friends": _("Friends already: %(names)s") % {"names": ", ".join(already)}}
        )
    if data["force"] or data["mode"] == "request":
        return  # the other's block refuses a request by itself
    if blocks := blocks_between(app, username, names):
        said = _("%(who)s has blocked %(whom)s.")
        lines = [said % {"who": who, "whom": whom} for who, whom in blocks]
        raise ValidationError({"friends": [*lines, _("Tick below to go on.")]})


def _add_friends(actor: Actor, username: str, data: Json) -> Outcome:
    _check_friends(actor.app, username, data)
    for friend in data["friends"]:
        if data["mode"] == "direct":
            add_contact(actor, AddContact(username, friend))
        else:
            request_contact(as_user(actor, username), RequestContact(friend))
    names = ", ".join(data["friends"])
    if data["mode"] == "direct":
        return Outcome(_("Friends now: %(names)s") % {"names": names})
    return Outcome(_("Requests sent to: %(names)s") % {"names": names})


def _remove_friend(actor: Actor, username: str, data: Json) -> Outcome:
    remove_contact(actor, RemoveContact(data["friend"], owner=username))
    return Outcome(_("%(name)s is no longer a friend.") % {"name": data["friend"]})


def _answer(actor: Actor, username: str, data: Json) -> Outcome:
    answer_contact(as_user(actor, username), AnswerContact(data["friend"], data["accept"]))
    return Outcome(_("Request accepted.") if data["accept"] else _("Request declined."))


def _block(actor: Actor, username: str, data: Json) -> Outcome:
    block_users(actor, BlockUsers(data["users"], owner=username))
    return Outcome(_("Blocked: %(names)s") % {"names": ", ".join(data["users"])})


def _unblock(actor: Actor, username: str, data: Json) -> Outcome:
    unblock_user(actor, UnblockUser(data["user"], owner=username))
    return Outcome(_("No longer blocked: %(names)s") % {"names": data["user"]})


def _join(kind: RoomKind) -> Callable[[Actor, str, Json], Outcome]:
    def run(actor: Actor, username: str, data: Json) -> Outcome:
        add_members(actor, AddMembers(room_target(kind, data["room"]), (username,)))
        return Outcome(_("Added to: %(name)s") % {"name": data["room"]})

    return run


def _watch(actor: Actor, username: str, _data: Json) -> Outcome:
    watch_user(actor, username)
    return Outcome(_("For ten minutes the times of this user's messages are kept."))


def _unwatch(actor: Actor, username: str, _data: Json) -> Outcome:
    stop_watching(actor, username)
    return Outcome(_("No longer watched. What was kept stays."))


JOINS: tuple[tuple[str, RoomKind, Text], ...] = (
    ("group", "group", gettext_lazy("Add to a group")),
    ("room", "chatroom", gettext_lazy("Add to a chatroom")),
)
USER_ACTS = (
    Act("user_nickname", "do/nickname/", gettext_lazy("Change the nickname"),
        gettext_lazy("Save"), "user.edit", NicknameForm, _nickname, "user_detail",
        twin=twins.nickname,
        initial=lambda user: {"nickname": user.nickname}),
    Act("user_password", "do/password/", gettext_lazy("Reset the password"),
        gettext_lazy("Reset password"), "user.password", PasswordForm, _password, "user_detail",
        twin=twins.password),
    Act("user_ban", "do/ban/", gettext_lazy("Ban this user"), gettext_lazy("Ban"), "user.ban",
        BanForm, _ban, "user_detail", danger=True, twin=twins.ban,
        effect=lambda _app, _user: [
            gettext_lazy("Its clients are disconnected and its tokens stop working."),
            gettext_lazy("It cannot sign in until the ban is lifted, or its time is over.")]),
    Act("user_unban", "do/unban/", gettext_lazy("Lift the ban"), gettext_lazy("Unban"),
        "user.unban", ConfirmForm, _unban, "user_detail", twin=twins.unban),
    Act("user_admit", "do/admit/", gettext_lazy("Let log-ins in again"),
        gettext_lazy("Let in again"), "session.admit", ConfirmForm, _admit, "user_sessions"),
    Act("user_force_offline", "do/force-offline/", gettext_lazy("Force offline"),
        gettext_lazy("Force offline"), "user.kick", ForceOfflineForm, _force_offline,
        "user_detail", twin=twins.force_offline),
    Act("user_mute", "do/mute/", gettext_lazy("Mute in the whole app"), gettext_lazy("Save"),
        "user.mute", MuteForm, _mute, "user_detail", twin=twins.mute,
        note=gettext_lazy("The user stays connected and receives; what it sends is refused.")),
    Act("user_watch", "do/watch/", gettext_lazy("Watch this user's messages"),
        gettext_lazy("Watch for 10 minutes"), "user.watch", ConfirmForm, _watch, "user_detail",
        note=gettext_lazy("Of each message from this user, and one-to-one to them, it is kept when"
                          " which device had it and read it.")),
    Act("user_unwatch", "do/unwatch/", gettext_lazy("Stop watching"),
        gettext_lazy("Stop watching"), "user.unwatch", ConfirmForm, _unwatch, "user_detail"),
    Act("user_profile", "do/profile/", gettext_lazy("Set a profile attribute"),
        gettext_lazy("Save"), "user.profile", ProfileForm, _profile, "user_detail",
        fields={"*": "value"}, twin=twins.profile),
    Act("user_conversations_read", "conversations/read/", gettext_lazy("Mark as read"),
        gettext_lazy("Mark as read"), "conv.read", ConversationForm, _mark_read,
        "user_conversations",
        note=gettext_lazy("In a one-to-one conversation the peer gets a read receipt."),
        fields={"*": "name"}),
    Act("user_conversations_delete", "conversations/delete/",
        gettext_lazy("Take a conversation off the list"), gettext_lazy("Take off the list"),
        "conv.delete", ConversationForm, _remove_conversation, "user_conversations",
        note=gettext_lazy("Its history stays; the next message brings it back."),
        fields={"*": "name"}, twin=twins.conversation_delete),
    Act("user_queue_delete", "queue/delete/", gettext_lazy("Take messages out of the queue"),
        gettext_lazy("Take out"), "queue.delete", QueueForm, _queue_delete, "user_queue",
        danger=True,
        note=gettext_lazy(
            "The user never gets them, and does not find them in the history; others keep them.")),
    Act("user_queue_deliver", "queue/deliver/", gettext_lazy("Deliver the queue now"),
        gettext_lazy("Deliver now"), "queue.deliver", ConfirmForm, _queue_deliver, "user_queue",
        note=gettext_lazy("Connected clients are sent away for a second; they come back and read"
                          " what waits.")),
    Act("user_delete", "do/delete/", gettext_lazy("Delete this user"), gettext_lazy("Delete user"),
        "user.delete", ConfirmForm, _delete, "users", back_is_list=True, danger=True,
        effect=_delete_effect, twin=twins.user_delete),
    Act("user_roster_add", "roster/add/", gettext_lazy("Add friends"), gettext_lazy("Add"),
        "roster.add", AddFriendsForm, _add_friends, "user_roster", twin=twins.friends_add,
        note=gettext_lazy("Both clients get a contact event."),
        fields={"*": "friends"}),
    Act("user_roster_remove", "roster/remove/", gettext_lazy("Remove a friend"),
        gettext_lazy("Remove"), "roster.remove", FriendForm, _remove_friend, "user_roster",
        twin=twins.friend_remove, fields={"*": "friend"}),
    Act("user_roster_answer", "roster/answer/", gettext_lazy("Answer a friend request"),
        gettext_lazy("Answer"), "roster.answer", AnswerForm, _answer, "user_roster",
        fields={"*": "friend"}),
    *(Act(f"user_{name}s_add", f"{name}s/add/", title, gettext_lazy("Add"), f"{name}.member.add",
          ROOM_ID_FORMS[kind], _join(kind), f"user_{name}s", fields={"*": "room"},
          twin=twins.join(kind), heard="memberPresence, directJoined")
      for name, kind, title in JOINS),
    Act("user_blocks_add", "blocks/add/", gettext_lazy("Block users"), gettext_lazy("Block"),
        "block.add", BlockForm, _block, "user_blocks", twin=twins.block_add,
        fields={"*": "users"}),
    Act("user_blocks_remove", "blocks/remove/", gettext_lazy("Unblock a user"),
        gettext_lazy("Unblock"), "block.remove", UnblockForm, _unblock, "user_blocks",
        twin=twins.block_remove, fields={"*": "user"}),
)  # fmt: skip
