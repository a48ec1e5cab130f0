"""What can be done to one group or chatroom: each act with its form, action and audit code."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.actor import Actor
from chat.actions import room_members, room_moderation, room_roles, rooms
from chat.domain import commands as ask
from chat.domain.answers import MemberOutcome, RoomInfo
from chat.domain.commands import RoomTarget
from chat.domain.errors import NotMember
from chat.domain.targets import RoomKind, ToGroup, room_target
from imadmin.console.actions.batches import portions
from imadmin.console.acts import Act, Outcome
from imadmin.console.forms.chatrooms import ChatroomFieldsForm
from imadmin.console.forms.groups import (
    AnnouncementForm,
    GroupFieldsForm,
    MembersForm,
    MuteForm,
    NewOwnerForm,
    OneUserForm,
    ReasonForm,
    SwitchForm,
)
from imadmin.console.forms.im_users import ConfirmForm
from imadmin.console.twins import RoomTwins
from imadmin.console.views.room_own_acts import chatroom_acts, group_acts

Json = dict[str, Any]
Do = Callable[[Actor, RoomTarget, Json], Outcome]


def _in_portions(
    actor: Actor,
    target: RoomTarget,
    names: tuple[str, ...],
    run: Callable[[Actor, Any], Any],
    command: Callable[[RoomTarget, tuple[str, ...]], Any],
) -> None:
    """Actions take as many names as one REST call; the page takes more. One refusal undoes all."""
    for part in portions(names, actor.app.settings.max_batch_members):
        outcomes = run(actor, command(target, tuple(part))) or ()
        failed = [
            one.username for one in outcomes if isinstance(one, MemberOutcome) and not one.done
        ]
        if failed:
            raise NotMember(usernames=failed, names=", ".join(failed))


def _listed(data: Json) -> Json:
    return {"names": ", ".join(data["usernames"])}


def _add(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    _in_portions(actor, target, data["usernames"], room_members.add_members, ask.AddMembers)
    return Outcome(_("Members now: %(names)s") % _listed(data))


def _remove(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    _in_portions(actor, target, data["usernames"], room_members.remove_members, ask.RemoveMembers)
    return Outcome(_("Removed: %(names)s") % _listed(data))


def _admin(on: bool) -> Do:
    def run(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
        room_roles.set_admin(actor, ask.SetAdmin(target, data["user"], on))
        said = _("%(name)s is an admin now.") if on else _("%(name)s is a plain member now.")
        return Outcome(said % {"name": data["user"]})

    return run


def _transfer(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    rooms.transfer_room(actor, ask.TransferRoom(target, data["newowner"]))
    return Outcome(_("%(name)s is the owner now.") % {"name": data["newowner"]})


def _mute(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    duration_ms = data["duration_ms"]

    def command(target: RoomTarget, few: tuple[str, ...]) -> ask.MuteMembers:
        return ask.MuteMembers(target, few, duration_ms)

    _in_portions(actor, target, data["usernames"], room_moderation.mute_members, command)
    return Outcome(_("Muted: %(names)s") % _listed(data))


def _unmute(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    _in_portions(
        actor, target, data["usernames"], room_moderation.unmute_members, ask.UnmuteMembers
    )
    return Outcome(_("No longer muted: %(names)s") % _listed(data))


def _mute_all(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    room_moderation.mute_all(actor, ask.MuteAll(target, data["on"]))
    return Outcome(_("Everybody is muted.") if data["on"] else _("Everybody may speak again."))


def _block(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    _in_portions(actor, target, data["usernames"], room_moderation.block_members, ask.BlockMembers)
    return Outcome(_("Blocked: %(names)s") % _listed(data))


def _unblock(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    _in_portions(
        actor, target, data["usernames"], room_moderation.unblock_members, ask.UnblockMembers
    )
    return Outcome(_("No longer blocked: %(names)s") % _listed(data))


def _allow(on: bool) -> Do:
    def command(target: RoomTarget, few: tuple[str, ...]) -> ask.AllowMembers:
        return ask.AllowMembers(target, few, on)

    def run(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
        _in_portions(actor, target, data["usernames"], room_moderation.allow_members, command)
        said = _("On the allow list: %(names)s") if on else _("Off the allow list: %(names)s")
        return Outcome(said % _listed(data))

    return run


def _announce(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    room_moderation.set_announcement(actor, ask.SetAnnouncement(target, data["announcement"]))
    return Outcome(_("Announcement saved.") if data["announcement"] else _("Announcement removed."))


def _disable(disabled: bool) -> Do:
    def run(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
        assert isinstance(target, ToGroup)
        command = ask.DisableGroup(target, disabled)
        room_moderation.disable_group(actor, command, reason=data.get("reason", ""))
        return Outcome(_("The group is disabled.") if disabled else _("The group is enabled."))

    return run


def _delete(actor: Actor, target: RoomTarget, _data: Json) -> Outcome:
    rooms.destroy_room(actor, ask.DestroyRoom(target))
    return Outcome(_("Deleted."))


def _settings(form: type[GroupFieldsForm] | type[ChatroomFieldsForm]) -> Do:
    def run(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
        rooms.update_room(actor, ask.UpdateRoom(target, form.changes_of(data)))
        return Outcome(_("Settings saved."))

    return run


def room_fields(room: RoomInfo) -> Json:
    """The settings form's values as they are."""
    return {
        "name": room.name,
        "description": room.description,
        "maxusers": room.max_members,
        "custom": room.custom,
        "public": room.public,
        "membersonly": room.members_only,
        "allowinvites": room.allow_invites,
        "invite_need_confirm": room.invite_need_confirm,
    }


def acts_of(kind: RoomKind) -> list[Act]:
    """The acts on one kind. URL names begin with `group_` or `room_`, as do audit codes."""
    is_group = kind == "group"
    word = "group" if is_group else "room"
    twins = RoomTwins(kind)
    form = GroupFieldsForm if is_group else ChatroomFieldsForm

    def run(do: Do) -> Callable[[Actor, str, Json], Outcome]:
        return lambda actor, room_id, data: do(actor, room_target(kind, room_id), data)

    def act(tail: str, path: str, *rest: Any, code: str, back: str, **more: Any) -> Act:
        title, button, form_class, do = rest
        go_to = f"{word}s" if back == "list" else f"{word}_{back}"
        return Act(
            f"{word}_{tail}",
            path,
            title,
            button,
            f"{word}.{code}",
            form_class,
            run(do),
            go_to,
            **more,
        )

    names, user = {"*": "usernames"}, {"*": "user"}
    acts = [
        act("members_add", "members/add/", gettext_lazy("Add members"), gettext_lazy("Add"),
            MembersForm, _add, code="member.add", back="members", fields=names,
            twin=twins.add_to("users"),
            heard="memberPresence, directJoined"),
        act("members_remove", "members/remove/", gettext_lazy("Remove members"),
            gettext_lazy("Remove"), MembersForm, _remove, code="member.remove", back="members",
            danger=True, fields=names, twin=twins.remove_from("users"),
            heard="removeMember, memberAbsence"),
        act("admins_add", "admins/add/", gettext_lazy("Make an admin"), gettext_lazy("Make admin"),
            OneUserForm, _admin(True), code="admin.add", back="admins", fields=user,
            twin=twins.admin_add,
            heard="setAdmin"),
        act("admins_remove", "admins/remove/", gettext_lazy("Take the admin rank"),
            gettext_lazy("Make plain member"), OneUserForm, _admin(False), code="admin.remove",
            back="admins", fields=user, twin=twins.admin_remove,
            heard="removeAdmin"),
        act("owner", "owner/", gettext_lazy("Transfer ownership"), gettext_lazy("Transfer"),
            NewOwnerForm, _transfer, code="transfer", back="members", danger=True,
            fields={"*": "newowner"}, twin=twins.transfer,
            heard="changeOwner"),
        act("mutes_add", "mutes/add/", gettext_lazy("Mute members"), gettext_lazy("Mute"),
            MuteForm, _mute, code="mute.add", back="mutes", fields=names, twin=twins.mute,
            heard="muteMember"),
        act("mutes_remove", "mutes/remove/", gettext_lazy("Unmute members"),
            gettext_lazy("Unmute"), MembersForm, _unmute, code="mute.remove", back="mutes",
            fields=names, twin=twins.unmute,
            heard="unmuteMember"),
        act("mutes_all", "mutes/all/", gettext_lazy("Mute everybody"), gettext_lazy("Save"),
            SwitchForm, _mute_all, code="mute.all", back="mutes", twin=twins.mute_all,
            initial=lambda room: {"on": room.muted_all},
            heard="muteAllMembers, unmuteAllMembers"),
        act("blocks_add", "blocks/add/", gettext_lazy("Block members"), gettext_lazy("Block"),
            MembersForm, _block, code="block.add", back="blocks", danger=True, fields=names,
            twin=twins.add_to("blocks", "users"),
            heard="removeMember, memberAbsence"),
        act("blocks_remove", "blocks/remove/", gettext_lazy("Unblock users"),
            gettext_lazy("Unblock"), MembersForm, _unblock, code="block.remove", back="blocks",
            fields=names, twin=twins.remove_from("blocks", "users")),
        act("allow_add", "allow/add/", gettext_lazy("Put on the allow list"), gettext_lazy("Add"),
            MembersForm, _allow(True), code="allow.add", back="allow", fields=names,
            twin=twins.add_to("white", "users"),
            heard="addUserToAllowlist"),
        act("allow_remove", "allow/remove/", gettext_lazy("Take off the allow list"),
            gettext_lazy("Remove"), MembersForm, _allow(False), code="allow.remove", back="allow",
            fields=names, twin=twins.remove_from("white", "users"),
            heard="removeAllowlistMember"),
        act("announcement_set", "announcement/set/", gettext_lazy("Announcement"),
            gettext_lazy("Save"), AnnouncementForm, _announce, code="announce",
            back="announcement", twin=twins.announce,
            initial=lambda room: {"announcement": room.announcement},
            heard="updateAnnouncement, deleteAnnouncement"),
        act("settings", "settings/", gettext_lazy("Settings"), gettext_lazy("Save"), form,
            _settings(form), code="edit", back="settings", twin=twins.settings,
            initial=room_fields, fields={"room_full": "maxusers"},
            template="console/rooms/settings.html",
            heard="updateInfo"),
        act("delete", "delete/", gettext_lazy("Delete"), gettext_lazy("Delete"), ConfirmForm,
            _delete, code="delete", back="list", back_is_list=True, danger=True,
            twin=twins.delete, effect=_delete_effect,
            heard="destroy"),
    ]  # fmt: skip
    if is_group:
        silent = gettext_lazy("Connected clients hear nothing; their next message is refused.")
        acts += [
            *group_acts(act),
            act("disable", "disable/", gettext_lazy("Disable this group"), gettext_lazy("Disable"),
                ReasonForm, _disable(True), code="disable", back="settings", danger=True,
                twin=twins.disable, note=silent),
            act("enable", "enable/", gettext_lazy("Enable this group"), gettext_lazy("Enable"),
                ConfirmForm, _disable(False), code="enable", back="settings", twin=twins.enable),
        ]  # fmt: skip
    else:
        acts += chatroom_acts(act)
    return acts


def _delete_effect(_app: Any, room: RoomInfo) -> list[Any]:
    return [
        _("Its %(count)d members are told and leave it. This cannot be undone.")
        % {"count": room.member_count}
    ]
