"""Forms about groups, and those that chatrooms share with them."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.domain.targets import RoomKind
from imadmin.console.forms.fields import (
    AppForm,
    DurationForm,
    LinesField,
    NamesField,
    PlainField,
    RoomField,
    UserField,
    search_field,
    size_field,
    without,
)


class RoomFilterForm(AppForm):
    q = search_field(gettext_lazy("Id, or the name's beginning"), max_length=128)
    member = UserField(
        label=gettext_lazy("Member"),
        required=False,
        is_filter=True,
        attrs={"placeholder": gettext_lazy("Username")},
    )
    size = size_field()


class RoomFieldsForm(AppForm):
    """What a group and a chatroom both have; how long and how many is the app's to say."""

    name = forms.CharField(label=gettext_lazy("Name"))
    description = LinesField(label=gettext_lazy("Description"), required=False, rows=2)
    maxusers = forms.IntegerField(label=gettext_lazy("Most members"), min_value=1)
    custom = LinesField(
        label=gettext_lazy("Custom data"),
        required=False,
        help_text=gettext_lazy("Kept as it is and given to clients; often JSON."),
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono"}),
    )

    kind = "group"  # whose settings these are

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most: dict[str, int] = {
            of: getattr(self.app.settings, f"{self.kind}_max_{of}")
            for of in ("members", "name", "description", "custom")
        }
        self.fields["maxusers"] = forms.IntegerField(
            label=gettext_lazy("Most members"),
            min_value=1,
            max_value=most.pop("members"),
            initial=getattr(self.app.settings, f"{self.kind}_default_members"),
        )
        self.limit(**most)


class GroupFieldsForm(RoomFieldsForm):
    public = forms.BooleanField(
        label=gettext_lazy("Public: anyone can find it"), required=False, initial=True
    )
    membersonly = forms.BooleanField(
        label=gettext_lazy("Joining needs approval"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-needs": "public=on"}),
        help_text=gettext_lazy("For public groups."),
    )
    allowinvites = forms.BooleanField(
        label=gettext_lazy("Members may invite"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-needs": "public=off"}),
        help_text=gettext_lazy("For private groups: in a public one anyone can ask to join."),
    )
    invite_need_confirm = forms.BooleanField(
        label=gettext_lazy("The invited must confirm"), required=False, initial=True
    )

    @staticmethod
    def changes_of(data: dict[str, Any]) -> dict[str, Any]:
        """Clean data under the names of UpdateRoom's fields."""
        return {
            "name": data["name"],
            "description": data["description"],
            "max_members": data["maxusers"],
            "custom": data["custom"],
            "public": data["public"],
            "members_only": data["membersonly"],
            "allow_invites": data["allowinvites"],
            "invite_need_confirm": data["invite_need_confirm"],
        }


class OwnedRoomMixin(AppForm):
    """Creation: an owner and first members, all of whom exist."""

    def clean_owner(self) -> str:
        return self.known_user("owner")

    def clean_members(self) -> tuple[str, ...]:
        return without(self.known_users("members"), self.cleaned_data.get("owner", ""))

    def check_size(self, data: dict[str, Any], people: set[str]) -> None:
        """The owner and the first members fit in."""
        limit = data.get("maxusers")
        if limit is not None and len(people | {data.get("owner", "")}) > limit:
            self.add_error("maxusers", _("Fewer than the owner and the members of this form."))


class GroupForm(OwnedRoomMixin, GroupFieldsForm):
    owner = UserField(label=gettext_lazy("Owner"))
    members = NamesField(
        label=gettext_lazy("Members"), required=False, limits=("group_max_members",)
    )
    field_order = ["name", "owner", "members", "description", "maxusers"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.check_size(data, set(data.get("members", ())))
        return data


class MembersForm(AppForm):
    usernames = NamesField(
        label=gettext_lazy("Users"), limits=("group_max_members", "room_max_members")
    )

    def clean_usernames(self) -> tuple[str, ...]:
        return self.known_users("usernames")


class MuteForm(DurationForm, MembersForm):
    field_order = ["usernames", "duration", "hours"]


class OneUserForm(AppForm):
    user = UserField()

    def clean_user(self) -> str:
        return self.known_user("user")


class NewOwnerForm(AppForm):
    newowner = UserField(
        label=gettext_lazy("New owner"),
        help_text=gettext_lazy("A member; the old owner becomes a plain member."),
    )

    def clean_newowner(self) -> str:
        return self.known_user("newowner")


class GroupIdForm(AppForm):
    """A group that somebody is put into."""

    room = RoomField("group", label=gettext_lazy("Id"))


class ChatroomIdForm(AppForm):
    room = RoomField("chatroom", label=gettext_lazy("Id"))


ROOM_ID_FORMS: dict[RoomKind, type[AppForm]] = {"group": GroupIdForm, "chatroom": ChatroomIdForm}


class SwitchForm(AppForm):
    on = forms.BooleanField(label=gettext_lazy("On"), required=False)


class AnnouncementForm(AppForm):
    announcement = LinesField(
        label=gettext_lazy("Announcement"),
        required=False,
        help_text=gettext_lazy("Empty takes it away."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit(announcement=self.app.settings.max_announcement)


class ReasonForm(AppForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Kept in the audit."),
    )


class AnswerRequestForm(AppForm):
    """An application or invitation, and what becomes of it."""

    user = UserField()
    accept = forms.TypedChoiceField(
        label=gettext_lazy("Answer"),
        choices=[("1", gettext_lazy("Accept")), ("0", gettext_lazy("Decline"))],
        coerce=lambda text: text == "1",
    )

    def clean_user(self) -> str:
        return str(self.cleaned_data["user"]).strip().lower()


class SharedFileForm(AppForm):
    file = forms.FileField(label=gettext_lazy("File"))

    def clean_file(self) -> Any:
        found, limit = self.cleaned_data["file"], self.app.settings.max_file_bytes
        if found.size > limit:
            raise forms.ValidationError(
                _("A file of this app has at most %(limit)d bytes.") % {"limit": limit}
            )
        return found


class FileIdForm(AppForm):
    file_id = PlainField(label=gettext_lazy("File id"))
