"""Signing in and out, the operator's password, preferences, language and theme."""

from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import JavaScriptCatalog

from accounts.actions.operators import change_own_password, change_preferences, check_sign_in
from accounts.domain.errors import ImError, TooManyFailures, WrongLogin
from accounts.rest.addresses import address_of
from imadmin.console.access import ConsoleRequest, is_signed_in, open_page, signed_in
from imadmin.console.actions.sessions import end_sign_in, sign_ins_of
from imadmin.console.forms.operators import PasswordForm, ProfileForm, SignInForm
from imadmin.console.htmx import see_other, with_language
from imadmin.console.refusals import add_refusal
from imadmin.console.tables import RICH_SIZE, numbered_page, page_size

REMEMBER_S = 14 * 24 * 3600


@open_page
@sensitive_post_parameters("password")
def login(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/login/"""
    target = safe_next(request)
    if is_signed_in(request):
        return see_other(request, target)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            name, password = form.cleaned_data["name"], form.cleaned_data["password"]
            try:
                operator = check_sign_in(name, password, address=address_of(request))
            except TooManyFailures as exc:
                status = 429
                form.add_error(None, _wait(exc))
            except WrongLogin as exc:
                add_refusal(form, exc)
            else:
                start_session(request, operator)
                request.session.set_expiry(REMEMBER_S if form.cleaned_data["remember"] else 0)
                return see_other(request, target)
    context = {"form": form, "next": target}
    return render(request, "console/auth/login.html", context, status=status)


@open_page
@require_POST
def logout(request: ConsoleRequest) -> HttpResponse:
    """POST /console/logout/"""
    end_session(request)
    return see_other(request, reverse("console:login"))


@signed_in
@sensitive_post_parameters()
def password(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/password/: the change ends the operator's other sessions."""
    form = PasswordForm(request.POST or None, operator=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            change_own_password(
                request.user, form.cleaned_data["current"], form.cleaned_data["password"]
            )
        except ImError as exc:
            add_refusal(form, exc, {"wrong_password": "current", "*": "password"})
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Password changed. Other sessions have ended."))
            return see_other(request, reverse("console:profile"))
    status = 422 if form.is_bound else 200
    return render(request, "console/auth/password.html", {"form": form}, status=status)


@signed_in
def profile(request: ConsoleRequest) -> HttpResponse:
    """GET, POST /console/profile/"""
    operator = request.user
    initial = {name: getattr(operator, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_preferences(operator, **form.cleaned_data)
        with translation.override(operator.language or translation.get_language()):
            messages.success(request, _("Profile saved."))
        return with_language(see_other(request, reverse("console:profile")), operator.language)
    status = 422 if form.is_bound else 200
    sign_ins = sign_ins_of(operator, request.session.session_key or "")
    page = numbered_page(request, sign_ins, page_size(request, RICH_SIZE))
    context = {"form": form, "page": page}
    return render(request, "console/auth/profile.html", context, status=status)


@signed_in
@require_POST
def end_own_session(request: ConsoleRequest) -> HttpResponse:
    """POST /console/profile/sessions/end/ with `session`, a handle of the profile's list."""
    if end_sign_in(request.user, request.POST.get("session", "")):
        messages.success(request, _("The session has ended."))
    return see_other(request, reverse("console:profile"))


@open_page
@require_POST
def set_language(request: ConsoleRequest) -> HttpResponse:
    """POST /console/lang/: kept in the profile and, for the sign-in page, in a cookie."""
    language = request.POST.get("language", "")
    response = see_other(request, safe_next(request))
    if language not in dict(settings.LANGUAGES):
        return response
    if is_signed_in(request):
        change_preferences(request.user, language=language)
    return with_language(response, language)


@signed_in
@require_POST
def set_theme(request: ConsoleRequest) -> HttpResponse:
    """POST /console/theme/"""
    theme = request.POST.get("theme", "")
    if theme in {"system", "light", "dark"}:
        change_preferences(request.user, theme=theme)
    return see_other(request, safe_next(request))


@open_page
@require_safe
@cache_control(max_age=3600, private=True)
def jsi18n(request: HttpRequest) -> HttpResponse:
    """GET /console/jsi18n/?lang=…&v=…: the address carries the language, so it can be cached."""
    language = request.GET.get("lang", "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    with translation.override(language):
        return cast("HttpResponse", JavaScriptCatalog.as_view()(request))


def safe_next(request: HttpRequest) -> str:
    """`next` of the form or the address if it is a console page of this host, else home."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("console:home")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    if is_ours and urlsplit(target).path.startswith(home):
        return target
    return home


def _wait(refusal: TooManyFailures) -> str:
    minutes = max(1, -(-int(refusal.params["wait_s"]) // 60))
    return ngettext(
        "Too many failed attempts. Try again in %(minutes)d minute.",
        "Too many failed attempts. Try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
