"""Small display helpers of the console's templates."""

import json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext, pgettext

from imadmin.console.access import Role
from imadmin.console.acts import ACTS
from imadmin.console.forms.fields import SecretInput
from imadmin.console.forms.operators import ZONES
from imadmin.console.nearness import near
from imadmin.console.tables import many

register = template.Library()
register.filter(many)

CHIP_KINDS = frozenset({"ok", "warn", "err", "info", "mute"})


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; without a label it is decoration."""
    href = f"{static('console/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def chip(text: Any, kind: str = "mute", test: str = "") -> SafeString:
    """A state chip: colour never alone, so the word is required."""
    if kind not in CHIP_KINDS:
        raise ValueError(f"no such chip: {kind}")
    if test:
        return format_html('<span class="chip chip-{}" data-test="{}">{}</span>', kind, test, text)
    return format_html('<span class="chip chip-{}">{}</span>', kind, text)


@register.simple_tag
def copy(value: Any, label: str = "", test: str = "") -> SafeString:
    """An identifier in monospace that copies on click; without script it is plain text.

    console.js puts the button behind it, as behind any element with data-copy: in a list a button
    a row would be sent. What is copied is data-copy or, where that is empty, the text.
    """
    return format_html(
        '<span class="copyable"><code class="copy-text" data-copy{}{}>{}</code></span>',
        format_html('="{}"', value) if label else "",
        format_html(' data-test="{}"', test) if test else "",
        label or value,
    )


@register.filter
def role_word(role: str) -> str:
    """A role in the operator's language."""
    return {
        "viewer": pgettext("role", "viewer"),
        "operator": pgettext("role", "operator"),
        "owner": pgettext("role", "owner"),
        "admin": pgettext("role", "instance admin"),
    }.get(role, role)


@register.simple_tag
def ts(value: datetime | int | None, empty: str = "—") -> SafeString:
    """A time in the operator's zone with ms; console.js tells and switches to UTC and epoch.

    `value` is an aware datetime or milliseconds since 1970.
    """
    if value is None or value == 0:
        return format_html('<span class="text-secondary">{}</span>', empty)
    if isinstance(value, int):
        value = datetime.fromtimestamp(value / 1000, UTC)
    return format_html(
        '<time datetime="{}">{}</time>',
        f"{value.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z",
        _stamp(timezone.localtime(value)),
    )


def _stamp(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"


@register.simple_tag
def countdown(until_ms: int) -> SafeString:
    """What is left until then, as 1:52; with script it runs down."""
    left_s = max(0, (until_ms - now_ms()) // 1000)
    return format_html(
        '<span class="countdown" data-countdown="{}">{}</span>', until_ms, clock(left_s)
    )


@register.filter
def clock(seconds: int) -> str:
    """112 → 1:52, 7384 → 2:03:04"""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def duration(seconds: int) -> str:
    """Seconds in their largest whole unit: 86400 → 1 day."""
    if seconds and seconds % 86_400 == 0:
        days = seconds // 86_400
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if seconds and seconds % 3600 == 0:
        hours = seconds // 3600
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    if seconds and seconds % 60 == 0:
        minutes = seconds // 60
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


@register.filter
def can(role: Role | None, needed: str) -> bool:
    """`{% if shell.role|can:"operator" %}`: buttons one may not use are not rendered."""
    return role is not None and role >= Role[needed.upper()]


@register.filter
def pretty_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def code(text: Any) -> SafeString:
    """What stands inside an element, never in an attribute: quotes, of which code is full, need no
    escape there."""
    escaped = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return mark_safe(escaped)  # noqa: S308 (escaped above)


@register.simple_tag(takes_context=True)
def app_url(context: template.Context, name: str, **kwargs: Any) -> str:
    """The address of a page of the current app: `{% app_url "users" %}`."""
    appkey = context["request"].app.appkey
    return reverse(f"console:{name}", kwargs={"org": appkey.org, "app": appkey.app, **kwargs})


@register.simple_tag(takes_context=True)
def near_url(context: template.Context, name: str, **kwargs: Any) -> str:
    """The same address as it is called on this page: `../../users/u/demo1/`. For rows, of which a
    list has many: whole addresses are a tenth of its bytes."""
    return near(context["request"].path, app_url(context, name, **kwargs))


@register.simple_tag(takes_context=True)
def room_url(context: template.Context, tail: str) -> str:
    """The address of a tab or act of the page's group or chatroom: `{% room_url "members" %}`, as
    it is called on this page."""
    return near_url(context, f"{context['words'].prefix}_{tail}", rid=context["room"].room_id)


@register.inclusion_tag("console/data/_note.html")
def act_note(name: str) -> dict[str, Any]:
    """What clients see of an act, for a form that posts to it from another page."""
    return {"act": ACTS[name]}


@register.inclusion_tag("console/data/_note.html", takes_context=True)
def room_note(context: template.Context, tail: str) -> dict[str, Any]:
    """The same of an act on the page's group or chatroom."""
    return act_note(f"{context['words'].prefix}_{tail}")


@register.simple_tag(takes_context=True)
def room_heard(context: template.Context, tail: str) -> str:
    """The events alone that connected clients hear of such an act."""
    return ACTS[f"{context['words'].prefix}_{tail}"].heard


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The current query string with some parameters replaced; None removes one."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    if "after" in changes:
        for name in ("back", "at"):  # another order has other pages
            query.pop(name, None)
    return f"?{query.urlencode()}" if query else "?"


@register.inclusion_tag("console/parts/_field.html")
def field(bound: BoundField, **options: Any) -> dict[str, Any]:
    """A form field: label, control, help and errors tied together.

    Options: `suffix` (text after the control), `test` (data-test of the control).
    """
    described = []
    if bound.help_text:
        described.append(f"{bound.auto_id}_help")
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    widget = bound.field.widget
    if isinstance(widget, SecretInput) and bound.form.errors:
        widget.render_value = False
    kind = getattr(widget, "input_type", "textarea")
    attrs: dict[str, Any] = {"class": _css_class(kind, bool(bound.errors))}
    if bound.use_fieldset:
        widget.attrs.setdefault("class", attrs["class"])  # each choice is drawn by itself
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if options.get("test"):
        attrs["data-test"] = options["test"]
    return {
        "field": bound,
        "kind": kind,
        "control": bound.as_widget(attrs=attrs),
        "suffix": options.get("suffix", ""),
    }


def _css_class(kind: str, is_invalid: bool) -> str:
    base = {"checkbox": "form-check-input", "select": "form-select", "radio": "form-check-input"}
    return base.get(kind, "form-control") + (" is-invalid" if is_invalid else "")


@register.simple_tag
def hidden_inputs(query: QueryDict, *skip: str) -> SafeString:
    """Hidden fields that keep the other parameters of a GET form."""
    return format_html_join(
        "",
        '<input type="hidden" name="{}" value="{}">',
        ((name, value) for name, values in query.lists() for value in values if name not in skip),
    )


@register.simple_tag
def now_ms() -> int:
    return round(timezone.now().timestamp() * 1000)


@register.inclusion_tag("console/parts/_zones.html")
def zones() -> dict[str, Any]:
    """The datalist behind a time zone field."""
    return {"zones": ZONES}
