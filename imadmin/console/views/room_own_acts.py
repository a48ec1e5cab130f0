"""What only a group has (requests, shared files), and what only a chatroom has (attributes)."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.actor import Actor, AppRef
from chat.actions import room_attributes, room_members, shared_files
from chat.domain.attributes import RemoveRoomAttributes, SetRoomAttributes
from chat.domain.commands import AnswerInvitation, AnswerJoinRequest, RoomTarget
from chat.domain.errors import IllegalArgument
from chat.domain.targets import ToChatroom
from chat.queries.room_attributes import room_attributes as read_attributes
from chat.queries.rooms import open_requests
from imadmin.console.acts import Act, Outcome
from imadmin.console.apitwin import Call, path
from imadmin.console.forms.chatrooms import AttributeForm, AttributeKeyForm
from imadmin.console.forms.groups import AnswerRequestForm, FileIdForm, SharedFileForm
from imadmin.console.views.im_user_acts import as_user

Json = dict[str, Any]
MakeAct = Callable[..., Act]


def _answer(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    """An invitation is answered as the invited user, an application as the app."""
    name, accept = data["user"], data["accept"]
    waiting = {one.username: one for one in open_requests(actor.app, target)}
    if name in waiting and waiting[name].invited_by:
        room_members.answer_invitation(as_user(actor, name), AnswerInvitation(target, accept))
    else:
        room_members.answer_join_request(actor, AnswerJoinRequest(target, name, accept))
    said = _("%(name)s is a member now.") if accept else _("Declined: %(name)s")
    return Outcome(said % {"name": name})


def _share(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    upload = data["file"]
    assert isinstance(upload, UploadedFile)
    assert upload.file is not None
    shared = shared_files.share_file(
        actor,
        target,
        filename=upload.name or "",
        content_type=upload.content_type or "",
        content=upload.file,
    )
    return Outcome(_("Shared: %(name)s") % {"name": shared.name})


def _unshare(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    shared_files.remove_shared_file(actor, target, data["file_id"])
    return Outcome(_("The file is no longer shared."))


def _set_attribute(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    assert isinstance(target, ToChatroom)
    key = data["key"]
    outcome = room_attributes.set_room_attributes(
        actor,
        SetRoomAttributes(
            target, room_attributes.THE_APP, {key: data["value"]}, auto_delete=False, forced=True
        ),
    )
    if key in outcome.failed:
        raise IllegalArgument(detail=outcome.failed[key])
    return Outcome(_("Attribute saved."))


def _value_of(app: AppRef, room_id: str, asked: Json) -> Json:
    """What an attribute is now: the tab shows only how a long one begins."""
    values = read_attributes(app, ToChatroom(room_id), [asked.get("key", "")])
    return {"value": next(iter(values.values()), "")}


def _remove_attribute(actor: Actor, target: RoomTarget, data: Json) -> Outcome:
    assert isinstance(target, ToChatroom)
    room_attributes.remove_room_attributes(
        actor, RemoveRoomAttributes(target, room_attributes.THE_APP, (data["key"],), forced=True)
    )
    return Outcome(_("Attribute removed."))


def _share_twin(_app: AppRef, room_id: str, _data: Json) -> list[Call]:
    note = _("as multipart/form-data, with the file in the field file")
    return [Call("POST", path("chatgroups", room_id, "share_files"), note=note)]


def _unshare_twin(_app: AppRef, room_id: str, data: Json) -> list[Call]:
    return [Call("DELETE", path("chatgroups", room_id, "share_files", data["file_id"]))]


def _attribute_path(room_id: str) -> str:
    return path("metadata", "chatroom", room_id, "user", room_attributes.THE_APP, "forced")


def _set_twin(_app: AppRef, room_id: str, data: Json) -> list[Call]:
    body = {"metaData": {data["key"]: data["value"]}, "autoDelete": "NO_DELETE"}
    return [Call("PUT", _attribute_path(room_id), body)]


def _remove_twin(_app: AppRef, room_id: str, data: Json) -> list[Call]:
    return [Call("DELETE", _attribute_path(room_id), {"keys": [data["key"]]})]


def group_acts(act: MakeAct) -> list[Act]:
    return [
        act("requests_answer", "requests/answer/", gettext_lazy("Answer a request"),
            gettext_lazy("Answer"), AnswerRequestForm, _answer, code="request.answer",
            back="requests", fields={"*": "user"},
            heard="acceptRequest, joinPublicGroupDeclined, acceptInvite, rejectInvite,"
                  " memberPresence"),
        act("files_add", "files/add/", gettext_lazy("Share a file"), gettext_lazy("Upload"),
            SharedFileForm, _share, code="file.add", back="files", fields={"*": "file"},
            twin=_share_twin, heard="uploadFile"),
        act("files_remove", "files/remove/", gettext_lazy("Take a file away"),
            gettext_lazy("Remove"), FileIdForm, _unshare, code="file.remove", back="files",
            danger=True, fields={"*": "file_id"}, twin=_unshare_twin, heard="deleteFile"),
    ]  # fmt: skip


def chatroom_acts(act: MakeAct) -> list[Act]:
    return [
        act("attributes_set", "attributes/set/", gettext_lazy("Set an attribute"),
            gettext_lazy("Save"), AttributeForm, _set_attribute, code="attributes.set",
            back="attributes", fields={"*": "key"}, twin=_set_twin,
            look_up=_value_of, heard="updateChatRoomAttributes"),
        act("attributes_remove", "attributes/remove/", gettext_lazy("Remove an attribute"),
            gettext_lazy("Remove"), AttributeKeyForm, _remove_attribute, code="attributes.remove",
            back="attributes", fields={"*": "key"}, twin=_remove_twin,
            heard="removeChatRoomAttributes"),
    ]  # fmt: skip
