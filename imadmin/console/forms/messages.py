"""The composer's form, with the fields of every message type."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.domain.actor import AppRef
from imadmin.console.actions.client_sends import MAX_TARGETS as MAX_TARGETS_OF_CLIENT
from imadmin.console.forms.fields import (
    SEPARATORS,
    TO_TYPE,
    AppForm,
    JsonObjectField,
    LinesField,
    NamesField,
    PlainField,
    UserField,
)
from imadmin.console.forms.pairs import PairsField

Json = dict[str, Any]
MAX_TARGETS = 2000  # of one press of Send; a REST call takes fewer, and there are several then
MEDIA = ("img", "audio", "video", "file")
TYPE_WORDS = {
    "txt": gettext_lazy("Text"),
    "img": gettext_lazy("Picture"),
    "audio": gettext_lazy("Audio"),
    "video": gettext_lazy("Video"),
    "file": gettext_lazy("File"),
    "loc": gettext_lazy("Location"),
    "cmd": gettext_lazy("Command (cmd)"),
    "custom": gettext_lazy("Custom"),
}
TO_TYPES = [
    ("user", gettext_lazy("Users")),
    ("group", gettext_lazy("Groups")),
    ("chatroom", gettext_lazy("Chatrooms")),
]


EXT_PRESETS: list[tuple[Any, Json]] = [
    (gettext_lazy("Order card"), {"type": "order", "orderId": "10086", "title": "…", "price": 9.9}),
    (gettext_lazy("Push title"), {"em_apns_ext": {"em_push_title": "…", "em_push_content": "…"}}),
    (gettext_lazy("At all"), {"em_at_list": "ALL"}),
    (gettext_lazy("Emoji"), {"em_is_big_expression": True, "em_expression_id": "em_1"}),
]


PATHS = [
    ("rest", gettext_lazy("As a REST call: as your backend sends")),
    ("client", gettext_lazy("As the sender's client: signed in as the sender, over the gateway")),
]


class SendForm(AppForm):
    path = forms.ChoiceField(
        label=gettext_lazy("Path"),
        choices=PATHS,
        initial="rest",
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "A REST call asks no block list, mute or membership of the sender, and no hook before"
            " sending. A client is asked all of them."
        ),
    )
    sender = UserField(
        label=pgettext_lazy("message", "From"),
        required=False,
        help_text=gettext_lazy("By REST: empty is admin, and the sender need not exist."),
    )
    to_type = forms.ChoiceField(
        label=gettext_lazy("To"), choices=TO_TYPES, initial="user", widget=forms.RadioSelect
    )
    to = NamesField(
        label=gettext_lazy("Names or ids"),
        max_names=MAX_TARGETS,
        suggests=TO_TYPE,
        help_text=gettext_lazy(
            "Usernames, group ids or chatroom ids, separated by commas, spaces or lines."
        ),
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        choices=list(TYPE_WORDS.items()),
        initial="txt",
        widget=forms.RadioSelect,
    )
    text = LinesField(label=gettext_lazy("Text"), required=False, strip=False)
    upload = forms.FileField(label=gettext_lazy("Upload a file"), required=False)
    url = PlainField(
        label=gettext_lazy("or the address of one"),
        max_length=1024,
        required=False,
        attrs={"inputmode": "url"},
    )
    secret = PlainField(
        label=gettext_lazy("Its share-secret"),
        max_length=128,
        required=False,
    )
    filename = forms.CharField(label=gettext_lazy("File name"), max_length=255, required=False)
    width = forms.IntegerField(label=gettext_lazy("Width"), min_value=0, required=False)
    height = forms.IntegerField(label=gettext_lazy("Height"), min_value=0, required=False)
    length = forms.IntegerField(
        label=gettext_lazy("Length in seconds"), min_value=1, max_value=86_400, required=False
    )
    file_length = forms.IntegerField(
        label=gettext_lazy("File size in bytes"),
        min_value=0,
        required=False,
        help_text=gettext_lazy("Of an address; an upload is measured."),
    )
    thumb_upload = forms.FileField(label=gettext_lazy("Upload a thumbnail"), required=False)
    thumb = PlainField(
        label=gettext_lazy("or the address of one"),
        max_length=1024,
        required=False,
        attrs={"inputmode": "url"},
    )
    thumb_secret = PlainField(
        label=gettext_lazy("The thumbnail's share-secret"),
        max_length=128,
        required=False,
    )
    lat = forms.FloatField(
        label=gettext_lazy("Latitude"), min_value=-90, max_value=90, required=False
    )
    lng = forms.FloatField(
        label=gettext_lazy("Longitude"), min_value=-180, max_value=180, required=False
    )
    addr = forms.CharField(label=gettext_lazy("Address"), max_length=512, required=False)
    action = forms.CharField(
        label=gettext_lazy("Action"),
        max_length=128,
        required=False,
        help_text=gettext_lazy("Delivered later to who is offline, but not counted as unread."),
    )
    custom_event = forms.RegexField(
        r"\A[A-Za-z0-9\-_/.]{1,32}\Z",
        label=gettext_lazy("Event"),
        required=False,
        strip=True,
        error_messages={"invalid": gettext_lazy("1 to 32 letters, digits or - _ / .")},
    )
    custom_exts = PairsField(
        label=gettext_lazy("Fields"), help_text=gettext_lazy("customExts: pairs of strings.")
    )
    ext = JsonObjectField(
        label="ext",
        help_text=gettext_lazy('A JSON object, for example {"type": "order", "id": "10086"}'),
    )
    copy_to_sender = forms.BooleanField(
        label=gettext_lazy("Also to the sender's own devices"), required=False
    )
    online_only = forms.BooleanField(
        label=gettext_lazy("Only to who is online now (ROUTE_ONLINE)"), required=False
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Chatroom priority"),
        required=False,
        choices=[
            ("", pgettext_lazy("priority", "normal")),
            ("high", pgettext_lazy("priority", "high")),
            ("low", pgettext_lazy("priority", "low")),
        ],
    )
    need_group_ack = forms.BooleanField(
        label=gettext_lazy("Ask group members for read receipts"), required=False
    )

    _FILE = ("upload", "url", "secret", "filename", "file_length")
    # The fields of each type, in the order of the page.
    FIELDS = {
        "txt": ("text",),
        "img": (*_FILE, "width", "height"),
        "audio": (*_FILE, "length"),
        "video": (*_FILE, "length", "thumb_upload", "thumb", "thumb_secret"),
        "file": _FILE,
        "loc": ("lat", "lng", "addr"),
        "cmd": ("action",),
        "custom": ("custom_event", "custom_exts"),
    }
    _NEEDED = {
        "loc": ("lat", "lng", "addr"),
        "cmd": ("action",),
        "custom": ("custom_event",),
        "audio": ("length",),
        "video": ("length",),
    }

    def __init__(self, *args: Any, app: AppRef, **kwargs: Any) -> None:
        super().__init__(*args, app=app, **kwargs)
        self.fields["text"].widget.attrs["data-limit"] = app.settings.max_message_bytes
        exts = self.fields["custom_exts"]
        assert isinstance(exts, PairsField)
        exts.most = app.settings.max_custom_exts

    def clean_path(self) -> str:
        return self.cleaned_data["path"] or "rest"

    def clean_to(self) -> tuple[str, ...]:
        # Room ids keep their case: only names are lower-case by nature.
        if self.cleaned_data.get("to_type") == "user":
            return tuple(self.cleaned_data["to"])
        return split_ids(self.data.get("to", ""))

    def clean(self) -> Json:
        data = super().clean() or self.cleaned_data
        kind = data.get("type", "")
        for name in self._NEEDED.get(kind, ()):
            if data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, _("This field is required."))
        if kind in MEDIA and not data.get("upload") and not data.get("url"):
            self.add_error("upload", _("Upload a file, or give the address of one."))
        limit = self.app.settings.console_upload_bytes
        for name in ("upload", "thumb_upload"):
            if name in self.FIELDS.get(kind, ()) and (file := data.get(name)) and file.size > limit:
                self.add_error(name, _("The file is over %(limit)d bytes.") % {"limit": limit})
        if kind == "txt" and not data.get("text") and not data.get("ext"):
            self.add_error("text", _("Write a text; it may be empty only with an ext."))
        self._drop_errors_of_other_types(kind)
        if data.get("path") == "client":
            self._check_client(data)
        return data

    def check_is_call(self) -> None:
        """Errors where it could not be copied as a call of a backend's."""
        data = self.cleaned_data if self.is_valid() else {}
        if data.get("path") == "client":
            self.add_error("path", _("A client sends by no call."))
        for name in ("upload", "thumb_upload"):
            if name in self.FIELDS.get(data.get("type", ""), ()) and data.get(name):
                self.add_error(name, _("It gets its address when it is sent: give an address."))

    def _check_client(self, data: Json) -> None:
        """What a client cannot do."""
        if not (data.get("sender") or "").strip():
            self.add_error("sender", _("A client signs in as somebody: name the sender."))
        if len(data.get("to", ())) > MAX_TARGETS_OF_CLIENT:
            limit = {"limit": MAX_TARGETS_OF_CLIENT}
            self.add_error("to", _("A client sends one by one: at most %(limit)d here.") % limit)
        for name in ("need_group_ack", "level"):
            if data.get(name):
                self.add_error(name, _("Only a REST call has this option here."))

    def _drop_errors_of_other_types(self, kind: str) -> None:
        """What stands in a field that the page hides must not stop the message."""
        used = set(self.FIELDS.get(kind, ()))
        for names in self.FIELDS.values():
            for name in set(names) - used:
                self.errors.pop(name, None)


def split_ids(text: str) -> tuple[str, ...]:
    """Room ids of a pasted list, as they are."""
    return tuple(dict.fromkeys(one for one in SEPARATORS.split(text) if one))
