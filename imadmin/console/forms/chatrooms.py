"""Forms about chatrooms."""

from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

from imadmin.console.forms.fields import (
    AppForm,
    LinesField,
    NamesField,
    PlainField,
    UserField,
    without,
)
from imadmin.console.forms.groups import OwnedRoomMixin, RoomFieldsForm


class ChatroomFieldsForm(RoomFieldsForm):
    kind = "room"

    @staticmethod
    def changes_of(data: dict[str, Any]) -> dict[str, Any]:
        """Clean data under the names of UpdateRoom's fields."""
        return {
            "name": data["name"],
            "description": data["description"],
            "max_members": data["maxusers"],
            "custom": data["custom"],
        }


class ChatroomForm(OwnedRoomMixin, ChatroomFieldsForm):
    owner = UserField(
        label=gettext_lazy("Super admin (owner)"),
        help_text=gettext_lazy("Owns this chatroom. Other consoles call this the super admin."),
    )
    admins = NamesField(
        label=gettext_lazy("Admins"),
        required=False,
        limits=("group_max_admins",),
        help_text=gettext_lazy("They become members first."),
    )
    members = NamesField(
        label=gettext_lazy("Members"), required=False, limits=("room_max_members",)
    )
    field_order = ["name", "owner", "admins", "members", "description", "maxusers"]

    def clean_admins(self) -> tuple[str, ...]:
        return without(self.known_users("admins"), self.cleaned_data.get("owner", ""))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.check_size(data, {*data.get("members", ()), *data.get("admins", ())})
        return data


class AttributeForm(AppForm):
    key = PlainField(
        label=gettext_lazy("Key"),
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9_.-]+\Z", gettext_lazy("Use letters, digits and _ . - only.")
            )
        ],
        help_text=gettext_lazy("Letters, digits and _ . -; an existing key is overwritten."),
        max_length=None,
    )
    value = LinesField(label=gettext_lazy("Value"), rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = self.app.settings
        self.limit(key=allowed.max_room_key, value=allowed.max_room_value)


class AttributeKeyForm(AppForm):
    # However long: one made when the app allowed more can be removed.
    key = PlainField(label=gettext_lazy("Key"), max_length=None)
