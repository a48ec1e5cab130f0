"""One change of several users at once: a page that names them all, then all of it or nothing."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from accounts.actions.im_users import delete_user, force_offline, set_activated
from accounts.domain.actor import Actor
from accounts.domain.errors import ImError
from chat.actions.room_members import add_members
from chat.domain.commands import AddMembers
from chat.domain.targets import RoomKind, room_target
from chat.queries.tallies import count_owned
from imadmin.console.access import AppRequest, Role, app_actor, app_page
from imadmin.console.actions.batches import portions
from imadmin.console.acts import address
from imadmin.console.forms.im_users import BulkForm
from imadmin.console.htmx import see_other
from imadmin.console.refusals import add_refusal

Json = dict[str, Any]
Names = tuple[str, ...]
ROOM_KINDS: tuple[RoomKind, ...] = ("group", "chatroom")


def _each(run: Callable[[Actor, str], object]) -> Callable[[Actor, Names, Json], None]:
    def all_of(actor: Actor, names: Names, _data: Json) -> None:
        for name in names:
            run(actor, name)

    return all_of


def _add_to(kind: RoomKind) -> Callable[[Actor, Names, Json], None]:
    def add(actor: Actor, names: Names, data: Json) -> None:
        target = room_target(kind, data[kind])
        for few in portions(names, actor.app.settings.max_batch_members):
            add_members(actor, AddMembers(target, tuple(few)))

    return add


def _ban(actor: Actor, names: Names, data: Json) -> None:
    for name in names:
        set_activated(actor.app, name, False, reason=data["reason"])


BULK_FIELDS = {"group": "group", "chatroom": "chatroom", "reason": "ban"}  # field → its act
# Button and what it runs; "send" only fills the composer.
BULK_ACTS: dict[str, tuple[Any, Callable[[Actor, Names, Json], None] | None]] = {
    "send": (gettext_lazy("Send to"), None),
    "group": (gettext_lazy("Add to a group"), _add_to("group")),
    "chatroom": (gettext_lazy("Add to a chatroom"), _add_to("chatroom")),
    "offline": (
        gettext_lazy("Force offline"),
        _each(lambda actor, name: force_offline(actor.app, name)),
    ),
    "ban": (
        gettext_lazy("Ban"),
        _ban,
    ),
    "unban": (
        gettext_lazy("Unban"),
        _each(lambda actor, name: set_activated(actor.app, name, True)),
    ),
    "delete": (gettext_lazy("Delete"), _each(lambda actor, name: delete_user(actor.app, name))),
}


@app_page(see=Role.OPERATOR, do=Role.OPERATOR, action="user.bulk")
@require_POST
def user_bulk(request: AppRequest) -> HttpResponse:
    """POST A users/bulk/ with `users` and `act`: the confirmation; with `confirm` it is done."""
    form = BulkForm(request.POST if "confirm" in request.POST else None, app=request.app)
    names = tuple(dict.fromkeys(request.POST.getlist("users")))
    act = request.POST.get("act", "")
    if act not in BULK_ACTS or not names:
        messages.error(request, _("Tick users first."))
        return see_other(request, address(request.app, "users"))
    label, run = BULK_ACTS[act]
    if run is None:
        query = urlencode({"to_type": "user", "to": ", ".join(names)})
        return see_other(request, f"{address(request.app, 'send')}?{query}")
    for field, its_act in BULK_FIELDS.items():
        if act != its_act:
            del form.fields[field]
    if form.is_valid():
        try:
            with transaction.atomic():
                run(app_actor(request), names, form.cleaned_data)
        except ImError as exc:
            add_refusal(form, exc, {"*": act} if act in ROOM_KINDS else {})
        else:
            count = len(names)
            said = ngettext("Done for %(n)d user.", "Done for %(n)d users.", count) % {"n": count}
            messages.success(request, said)
            return see_other(request, address(request.app, "users"))
    context = {"form": form, "names": names, "act": act, "label": label,
               "owned": count_owned(request.app, names) if act == "delete" else (0, 0),
               "danger": act in {"ban", "delete"},
               "cancel_url": address(request.app, "users")}  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "console/users/bulk.html", context, status=status)
