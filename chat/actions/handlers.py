"""Command type → action: the only such table. Sends have a path of their own, `start_send`."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import InterfaceError, OperationalError

from accounts.domain.actor import Actor
from accounts.queries.im_apps import settings_of
from chat.actions import (
    blocks,
    edits,
    group_receipts,
    imports,
    own_history,
    presence,
    recalls,
    receipts,
    room_members,
    room_moderation,
    room_roles,
    rooms,
    roster,
    threads,
    typing,
    user_mutes,
)
from chat.actions.freshness import keep_fresh
from chat.actions.messages import Then, post_message, post_message_looking_up
from chat.domain import commands as c
from chat.domain import threads as t
from chat.domain.answers import MemberPage, RoomInfo, RoomPage, RosterItem
from chat.domain.errors import ImError, StoreUnavailable
from chat.queries import conversations as conversation_queries
from chat.queries import history as history_queries
from chat.queries import room_members as member_queries
from chat.queries import rooms as room_queries
from chat.queries import roster as roster_queries

logger = logging.getLogger(__name__)

Handler = Callable[[Actor, Any], object]
RunElsewhere = Callable[[Callable[[], None]], None]


def start_send(
    actor: Actor,
    command: c.SendMessage,
    then: Then,
    run_elsewhere: Callable[[Callable[[], None]], None],
) -> bool:
    """Hand a message to the writer; `then` is called once, from another thread.

    False: something must be looked up first; it is on its way through `run_elsewhere`, and what
    the same sender sends next must wait for `then`.
    """
    if post_message(actor, command, then):
        keep_fresh(actor.app.id, run_elsewhere)
        return True

    def look_up() -> None:
        try:
            post_message_looking_up(actor, command, then)
        except (OperationalError, InterfaceError) as exc:
            logger.warning("the database was away while a message was looked up: %s", exc)
            then(StoreUnavailable())  # the sender may try again
        except Exception:
            logger.exception("a message could not be looked up")
            then(ImError())

    run_elsewhere(look_up)
    return False


def get_room(actor: Actor, command: c.GetRoom) -> RoomInfo:
    return room_queries.get_room(actor.app, command.target, viewer=actor.username)


def list_rooms(actor: Actor, command: c.ListRooms) -> RoomPage:
    if command.scope == "public":
        return room_queries.list_public_rooms(
            actor.app, command.kind, after=command.after, limit=command.limit
        )
    return room_queries.list_joined_rooms(
        actor.app, actor.username, command.kind, after=command.after, limit=command.limit
    )


def list_members(actor: Actor, command: c.ListMembers) -> MemberPage:
    return member_queries.list_members(
        actor.app,
        command.target,
        after=command.after,
        limit=command.limit,
        viewer=actor.username,
    )


def list_roster(actor: Actor, _command: c.ListRoster) -> list[RosterItem]:
    return roster_queries.list_roster(actor.app, actor.username)


def list_blocks(actor: Actor, _command: c.ListBlocks) -> list[str]:
    return roster_queries.list_blocks(actor.app, actor.username)


def list_blocked_members(actor: Actor, command: c.ListBlockedMembers) -> list[str]:
    return member_queries.blocked_in(actor.app, command.target, viewer=actor.username)


def handle(handler: Handler, actor: Actor, command: c.Command) -> object:
    """Run it by the app's settings of now: a connection's actor has those of its log-in."""
    settings = settings_of(actor.app.id)
    if settings is not actor.app.settings:
        actor = replace(actor, app=replace(actor.app, settings=settings))
    return handler(actor, command)


HANDLERS: dict[type[c.Command], Handler] = {
    c.SendTyping: typing.send_typing,
    c.MarkDelivered: receipts.mark_delivered,
    c.MarkRead: receipts.mark_read,
    c.GiveReceipt: receipts.give_receipt,
    c.GiveGroupReceipt: group_receipts.give_group_receipt,
    c.RecallMessage: recalls.recall_message,
    c.EditMessage: edits.edit_message,
    c.ImportMessage: imports.import_message,
    c.HideMessages: own_history.hide_messages,
    c.MuteUser: user_mutes.mute_user,
    c.Sync: history_queries.sync,
    c.ReadHistory: history_queries.read_history,
    c.ListConversations: conversation_queries.list_conversations,
    c.ListRoster: list_roster,
    c.RequestContact: roster.request_contact,
    c.AddContact: roster.add_contact,
    c.AnswerContact: roster.answer_contact,
    c.RemoveContact: roster.remove_contact,
    c.SetRemark: roster.set_remark,
    c.BlockUsers: blocks.block_users,
    c.ListBlocks: list_blocks,
    c.SetBlocks: blocks.set_blocks,
    c.UnblockUser: blocks.unblock_user,
    c.CreateRoom: rooms.create_room,
    c.UpdateRoom: rooms.update_room,
    c.GetRoom: get_room,
    c.ListRooms: list_rooms,
    c.ListMembers: list_members,
    c.ListBlockedMembers: list_blocked_members,
    c.JoinRoom: room_members.join_room,
    c.LeaveRoom: room_members.leave_room,
    c.InviteMembers: room_members.invite_members,
    c.AnswerInvitation: room_members.answer_invitation,
    c.AnswerJoinRequest: room_members.answer_join_request,
    c.AddMembers: room_members.add_members,
    c.RemoveMembers: room_members.remove_members,
    c.SetAdmin: room_roles.set_admin,
    c.TransferRoom: rooms.transfer_room,
    c.DestroyRoom: rooms.destroy_room,
    c.MuteMembers: room_moderation.mute_members,
    c.UnmuteMembers: room_moderation.unmute_members,
    c.MuteAll: room_moderation.mute_all,
    c.BlockMembers: room_moderation.block_members,
    c.UnblockMembers: room_moderation.unblock_members,
    c.AllowMembers: room_moderation.allow_members,
    c.SetAnnouncement: room_moderation.set_announcement,
    c.DisableGroup: room_moderation.disable_group,
    c.SetSuperAdmin: rooms.set_super_admin,
    t.CreateThread: threads.create_thread,
    t.RenameThread: threads.rename_thread,
    t.DestroyThread: threads.destroy_thread,
    t.JoinThread: threads.join_thread,
    t.LeaveThread: threads.leave_thread,
    t.AddToThread: threads.add_to_thread,
    t.RemoveFromThread: threads.remove_from_thread,
    c.SetPresence: presence.set_presence,
    c.SubscribePresence: presence.subscribe_presence,
    c.UnsubscribePresence: presence.unsubscribe_presence,
}
