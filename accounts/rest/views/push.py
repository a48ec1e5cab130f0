"""Push and silent settings (rest.md 3.12): kept and returned, nothing is pushed."""

import time
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.actions.im_users import MAX_NICKNAME, change_user
from accounts.actions.push import (
    bind_device,
    change_template,
    create_template,
    delete_template,
    set_nicknames,
    set_silent,
)
from accounts.domain.errors import IllegalArgument, PushNameMissing, PushSettingRefused
from accounts.domain.push import Silent, SilentChange, SilentKind, Template
from accounts.queries.im_users import get_user
from accounts.queries.push import get_template, list_types, silent_of, silents_of
from accounts.rest.base import AppView
from accounts.rest.envelope import Json
from accounts.rest.pagination import cursor_of, limit_of
from accounts.rest.requests import given, whole_number

MAX_NICKNAMES = 50
MAX_KEYS = 100
PAGE = 50


class OwnView(AppView):
    """Settings of one user, for the app and that user."""

    own_user: ClassVar[str] = "username"


class SilentView(OwnView):
    """GET, PUT /{org}/{app}/users/{username}/notification/{kind}/{key}

    `kind` is user or chatgroup.
    """

    def get(
        self, request: Request, org: str, app: str, username: str, kind: str, key: str
    ) -> HttpResponse:
        user = get_user(self.app, username)
        silent = silent_of(user.id, *_place(username, kind, key))
        return self.envelope(data=silent_json(silent))

    def put(
        self, request: Request, org: str, app: str, username: str, kind: str, key: str
    ) -> HttpResponse:
        fields = self.json_object()
        change = SilentChange(
            _text(fields, "type"), _text(fields, "ignoreInterval"), _milliseconds(fields)
        )
        place = _place(username, kind, key)
        device = self.actor.device
        silent = set_silent(self.app, username, *place, change, device)
        return self.envelope(data=silent_json(silent))


def _place(username: str, kind: str, key: str) -> tuple[SilentKind, str]:
    """A user's own name stands for the whole app. Raises PushSettingRefused."""
    if len(key) > 64:
        raise PushSettingRefused(detail="key")
    match kind:
        case "user":
            return ("app", "") if key.lower() == username.lower() else ("user", key.lower())
        case "chatgroup":
            return "chatgroup", key
    raise PushSettingRefused(detail="type")


class SilentsView(OwnView):
    """GET /{org}/{app}/users/{username}/notification?user=a,b&group=1,2"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = get_user(self.app, username)
        kinds: dict[str, SilentKind] = {"user": "user", "group": "chatgroup"}
        data = {}
        for name, kind in kinds.items():
            keys = [key.strip() for key in given(request.GET, name).split(",") if key.strip()]
            if len(keys) > MAX_KEYS:
                raise PushSettingRefused(detail=name)
            if kind == "user":
                keys = [key.lower() for key in keys]
            found = silents_of(user.id, kind, list(dict.fromkeys(keys)))
            data[name] = {key: silent_json(silent) for key, silent in found.items()}
        return self.envelope(data=data)


class SilentTypesView(OwnView):
    """GET /{org}/{app}/users/{username}/notification/mute/type"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        user = get_user(self.app, username)
        after = whole_number(cursor_of(request.GET) or "0")
        if after is None or after < 0:
            raise IllegalArgument(detail="cursor is not legal")
        found, after = list_types(user.id, after=after, limit=limit_of(request.GET, PAGE, PAGE))
        names = {"user": "user", "chatgroup": "group"}
        data = [{names[kind]: key, "value": type_} for kind, key, type_ in found]
        return self.envelope(data=data, cursor=str(after) if after else "")


class PushLanguageView(OwnView):
    """GET, PUT /{org}/{app}/users/{username}/notification/language"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        language = get_user(self.app, username).push.get("language", "")
        return self.envelope(data={"language": language})

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        language = _text(self.json_object(), "translationLanguage")
        if not language or len(language) > 32:
            raise PushSettingRefused(detail="translationLanguage")
        change_user(self.app, username, push={"language": language})
        return self.envelope(data={"language": language})


class OwnTemplateView(OwnView):
    """GET, PUT /{org}/{app}/users/{username}/notification/template"""

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        name = get_user(self.app, username).push.get("template", "")
        return self.envelope(data={"templateName": name})

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        name = _text(self.json_object(), "templateName") or ""
        get_user(self.app, username)
        name = get_template(self.app, name).name
        change_user(self.app, username, push={"template": name})
        return self.envelope(data={"templateName": name})


class PushBindingView(OwnView):
    """GET, PUT /{org}/{app}/users/{username}/push/binding"""

    token: ClassVar = {"GET": "app", "PUT": "user"}

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        devices = get_user(self.app, username).push.get("devices", [])
        return self.envelope([_binding(one) for one in devices])

    def put(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        fields = self.json_object()
        sent = [_text(fields, name) for name in ("device_id", "notifier_name", "device_token")]
        if None in sent:
            raise PushSettingRefused(detail="device_id, notifier_name and device_token are needed")
        device, notifier, token = (text or "" for text in sent)
        bound = bind_device(self.app, username, device, notifier, token)
        return self.envelope([_binding(one) for one in bound])


class PushNicknamesView(AppView):
    """PUT /{org}/{app}/push/nickname"""

    token = "app"  # noqa: S105 (a kind, not a secret)

    def put(self, request: Request, org: str, app: str) -> HttpResponse:
        body = self.body()
        if not isinstance(body, list) or not body:
            raise IllegalArgument(detail="put user push nicknames illegal empty request body")
        if len(body) > MAX_NICKNAMES:
            raise IllegalArgument(detail="put user push nicknames exceeds the limit")
        changed = set_nicknames(self.app, dict(_nickname(element) for element in body))
        return self.envelope([{"username": n, "push_nickname": nick} for n, nick in changed])


class PushTemplatesView(AppView):
    """POST /{org}/{app}/notification/template"""

    rate = "push_templates"
    token = "app"  # noqa: S105 (a kind, not a secret)

    def post(self, request: Request, org: str, app: str) -> HttpResponse:
        fields = self.json_object()
        name, title, content = (
            _text(fields, key) or "" for key in ("name", "title_pattern", "content_pattern")
        )
        return self.envelope(data=_template(create_template(self.app, name, title, content)))


class PushTemplateView(AppView):
    """GET, PUT, DELETE /{org}/{app}/notification/template/{name}"""

    rate = "push_templates"
    token = "app"  # noqa: S105 (a kind, not a secret)

    def get(self, request: Request, org: str, app: str, name: str) -> HttpResponse:
        return self.envelope(data=_template(get_template(self.app, name)))

    def put(self, request: Request, org: str, app: str, name: str) -> HttpResponse:
        fields = self.json_object()
        title, content = _text(fields, "title_pattern"), _text(fields, "content_pattern")
        return self.envelope(data=_template(change_template(self.app, name, title, content)))

    def delete(self, request: Request, org: str, app: str, name: str) -> HttpResponse:
        return self.envelope(data=_template(delete_template(self.app, name)))


def silent_json(silent: Silent) -> Json:
    """`ignoreDuration` is the end of the silence, while it lasts; what is not set is left out."""
    made: Json = {"type": silent.type}
    if silent.interval:
        made["ignoreInterval"] = silent.interval
    if silent.until_ms * 1_000_000 > time.time_ns():
        made["ignoreDuration"] = silent.until_ms
    return made


def _binding(device: Json) -> Json:
    return {
        "device_id": device["device_Id"],
        "device_token": device["device_token"],
        "notifier_name": device["notifier_name"],
    }


def _template(template: Template) -> Json:
    return {
        "name": template.name,
        "createAt": template.created_ms,
        "updateAt": template.modified_ms,
        "title_pattern": template.title,
        "content_pattern": template.content,
    }


def _nickname(element: Any) -> tuple[str, str]:
    fields = element if isinstance(element, dict) else {}
    name, nickname = fields.get("username"), fields.get("push_nickname")
    if not isinstance(name, str) or not name:
        raise PushNameMissing
    nickname = "" if nickname is None else str(nickname)
    if len(nickname) > MAX_NICKNAME:
        raise IllegalArgument(detail=f"{name} push nickname length exceeds the limit")
    return name.lower(), nickname


def _text(fields: Json, name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise PushSettingRefused(detail=name)
    return value


def _milliseconds(fields: Json) -> int | None:
    value = fields.get("ignoreDuration")
    if value is None:
        return None
    number = whole_number(value)
    if number is None:
        raise PushSettingRefused(detail="ignoreDuration")
    return number
