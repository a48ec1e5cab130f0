"""One change of one thing (a user, a group, a chatroom): its form, what it runs, who may do it.

Every act has a URL of its own: GET shows its form (so it works without a dialog or script), POST
does it and goes back to the tab where its effect shows. Pages post their inline forms to the same
address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import ImError, NotFound
from accounts.queries.audit import AuditFilter, list_audit
from imadmin.console.access import AppRequest, Role, View, app_actor, app_page
from imadmin.console.apitwin import Call, Twin, twin
from imadmin.console.forms.fields import AppForm, NamesField, split_names
from imadmin.console.htmx import no_store, see_other
from imadmin.console.refusals import add_refusal

Json = dict[str, Any]
Text = str | Promise


@dataclass(frozen=True)
class Outcome:
    """What an act says when it is done. `secret` is shown once, on a page that is not stored."""

    message: Text
    secret: str = ""


@dataclass(frozen=True)
class Family:
    """The things that acts of one kind are done to.

    `find` answers what the templates show, or raises NotFound. `argument` is the name in the URL;
    `context` what a template of the family's own needs.
    """

    kind: str  # user, group, room
    argument: str
    find: Callable[[AppRef, str], Any]
    context: Callable[[Any], Json] = lambda _subject: {}


@dataclass(frozen=True)
class Act:
    """`run(actor, subject id, clean data)` makes the change and may raise any refusal, or a
    ValidationError about the form's fields that only the subject shows to be wrong.

    `name` is the URL name, `back` the URL name of the tab to go to; `back_is_list` for those after
    which the subject is gone. `effect` answers sentences for the page of a dangerous act, `twin`
    the REST calls that do the same, `initial` values of the form that come from the subject;
    `look_up` adds what those in the address lead to.
    `audit` is the code of a denied attempt; what is done the action beneath notes itself.
    """

    name: str
    path: str
    title: Text
    button: Text
    audit: str
    form: type[AppForm]
    run: Callable[[Actor, str, Json], Outcome]
    back: str
    back_is_list: bool = False
    note: Text = ""  # what clients see
    heard: str = ""  # events of connected clients, as web SDK 4.x names them (specs/msync.md)
    danger: bool = False
    effect: Callable[[AppRef, Any], list[Text]] | None = None
    twin: Callable[[AppRef, str, Json], list[Call]] | None = None
    initial: Callable[[Any], Json] | None = None
    look_up: Callable[[AppRef, str, Json], Json] | None = None
    template: str = "console/data/act.html"
    fields: Mapping[str, str] = field(default_factory=dict)  # refusal code → form field
    needs: Role = Role.OPERATOR  # the least role that may do it


ACTS: dict[str, Act] = {}  # by URL name, for forms that post to them from other pages


def act_view(family: Family, act: Act) -> View:
    """The view of one act."""
    ACTS[act.name] = act

    @app_page(see=act.needs, do=act.needs, action=act.audit)
    @require_http_methods(["GET", "POST"])
    def view(request: AppRequest, **kwargs: Any) -> HttpResponse:
        subject_id = str(kwargs[family.argument])
        subject = find_or_404(family, request.app, subject_id)
        if request.method != "POST":
            form = act.form(initial=_initial(request, act, subject, subject_id), app=request.app)
            return _page(request, family, act, subject, subject_id, form)
        form = act.form(request.POST, request.FILES, app=request.app)
        if form.is_valid():
            outcome = carry_out(request, act, subject_id, form)
            if outcome is not None:
                return _done(request, family, act, subject_id, outcome)
        return _page(request, family, act, subject, subject_id, form)

    return view


def carry_out(request: AppRequest, act: Act, subject_id: str, form: AppForm) -> Outcome | None:
    """Do it, all or nothing; None when it was refused, which the form then says."""
    try:
        with transaction.atomic():
            outcome = act.run(app_actor(request), subject_id, form.cleaned_data)
    except ImError as exc:
        add_refusal(form, exc, act.fields)
        return None
    except ValidationError as exc:
        form.add_error(None, exc)
        return None
    return outcome


class Deleted(Http404):
    """It was there; the audit, at `audit_url`, knows what became of it."""

    def __init__(self, sentence: str, audit_url: str) -> None:
        super().__init__(sentence)
        self.audit_url = audit_url


def find_or_404(family: Family, app: AppRef, subject_id: str) -> Any:
    try:
        return family.find(app, subject_id)
    except NotFound as exc:
        wanted = AuditFilter(action=f"{family.kind}.delete", target=subject_id)
        for entry in list_audit(app, wanted, limit=20):  # of all whose names begin so
            if entry.target_id != subject_id:
                continue
            said = _("%(name)s is no longer there: %(actor)s deleted it.")
            where = urlencode({"action": wanted.action, "target": subject_id})
            raise Deleted(
                said % {"name": subject_id, "actor": entry.actor},
                f"{address(app, 'audit')}?{where}",
            ) from exc
        raise Http404(str(exc)) from exc


def address(app: AppRef, name: str, **kwargs: Any) -> str:
    """The URL of a page of the app."""
    return reverse(
        f"console:{name}", kwargs={"org": app.appkey.org, "app": app.appkey.app, **kwargs}
    )


def sample_of(form: Form) -> Json:
    """Values for a twin: what the form holds, or words that say what belongs there."""
    if form.is_bound and form.is_valid():
        return dict(form.cleaned_data)
    found: Json = {}
    for name, control in form.fields.items():
        given = form[name].value()
        match control:
            case NamesField():
                found[name] = split_names(given or "") or (f"<{name}>",)
            case forms.BooleanField():
                found[name] = bool(given)
            case forms.IntegerField():
                found[name] = int(given) if str(given).isdigit() else 1
            case _:
                found[name] = given or f"<{name}>"
    return found


def _initial(request: AppRequest, act: Act, subject: Any, subject_id: str) -> Json:
    known = act.initial(subject) if act.initial else {}
    # Ticked rows come as one parameter each: a list field takes them all.
    asked = {
        name: ", ".join(request.GET.getlist(name))
        for name in request.GET
        if name in act.form.base_fields
    }
    found = act.look_up(request.app, subject_id, asked) if act.look_up and asked else {}
    return {**known, **found, **asked}


def _done(
    request: AppRequest, family: Family, act: Act, subject_id: str, outcome: Outcome
) -> HttpResponse:
    kwargs = {} if act.back_is_list else {family.argument: subject_id}
    url = address(request.app, act.back, **kwargs)
    if outcome.secret:
        context = {"title": act.title, "message": outcome.message, "secret": outcome.secret,
                   "next_url": url}  # fmt: skip
        return no_store(render(request, "console/data/secret.html", context))
    messages.success(request, str(outcome.message))
    return see_other(request, url)


def _page(
    request: AppRequest, family: Family, act: Act, subject: Any, subject_id: str, form: AppForm
) -> HttpResponse:
    context = {
        **family.context(subject),
        "act": act,
        "form": form,
        "subject": subject_id,
        "effect": act.effect(request.app, subject) if act.effect else [],
        "cancel_url": address(
            request.app,
            act.back if not act.back_is_list else _home(family),
            **{family.argument: subject_id},
        ),
        "twin": twin_of(request, act, subject_id, form),
    }
    status = 422 if form.errors else 200
    return render(request, act.template, context, status=status)


def _home(family: Family) -> str:
    return f"{family.kind}_detail"


def twin_of(request: AppRequest, act: Act, subject_id: str, form: Form) -> Twin | None:
    """The REST calls of a form as it stands, if there are any."""
    if act.twin is None:
        return None
    return twin(request, request.app.appkey, act.twin(request.app, subject_id, sample_of(form)))
