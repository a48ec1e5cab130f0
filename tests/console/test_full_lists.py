"""Lists of more than a page: each is walked to its end, and nothing is missed or shown twice."""

import re
from html import unescape
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Operator
from chat.models import RoomAttribute
from tests.console.conftest import SignIn
from tests.console.full_app import EXT, GROUP, MANY, ME, NAMES, ROOM, TARGETS, FullApp
from tests.console.pages import addresses, text_of
from tests.console.test_full_pages import NEXT, admin, filled, full

__all__ = ["admin", "filled", "full"]

ALL = MANY + 1  # with ME
GROUPS, OF_GROUP, OF_ROOM, OF_ME = MANY + 1, {"rid": GROUP}, {"rid": ROOM}, {"u": ME}
# Page, its arguments, its query, the data-test of its rows, how many there are.
LISTS: tuple[tuple[str, dict[str, Any], dict[str, Any], str, int], ...] = (
    *(("users", {}, {"sort": sort}, "user-row", ALL) for sort in ("-created", "username", "-seen")),
    ("groups", {}, {}, "room-row", GROUPS),
    ("rooms", {}, {}, "room-row", GROUPS),
    *(("messages", {}, {"since": "all", "size": size}, "message-row", 3 * MANY)
      for size in (25, 50)),
    *(("sessions", {}, query, "session-row", MANY + 4) for query in ({}, {"by_user": "on"})),
    ("deliveries", {}, {}, "delivery-row", MANY),
    ("refused_sends", {}, {}, "refused-row", 4 * MANY),
    ("room_superadmins", {}, {}, "superadmin-row", MANY),
    ("members", {}, {}, "operator-member-row", MANY),
    ("group_members", OF_GROUP, {}, "member-row", ALL),
    ("group_admins", OF_GROUP, {}, "admins-row", MANY),
    ("group_mutes", OF_GROUP, {}, "mutes-row", ALL),
    ("group_blocks", OF_GROUP, {}, "blocks-row", MANY),
    ("group_allow", OF_GROUP, {}, "allow-row", MANY),
    ("group_requests", OF_GROUP, {}, "request-row", MANY),
    ("group_files", OF_GROUP, {}, "file-row", MANY),
    ("group_messages", OF_GROUP, {}, "message-row", MANY),
    ("room_attributes", OF_ROOM, {}, "attribute-row", 100),
    ("user_roster", OF_ME, {}, "roster-row", MANY),
    ("user_groups", OF_ME, {}, "room-row", GROUPS),
    ("user_blocks", OF_ME, {}, "blocked-row", MANY),
    ("user_conversations", OF_ME, {}, "conversation-row", MANY + 1),
    ("user_queue", OF_ME, {}, "queue-row", MANY),
    ("send_job", {}, {}, "send-item", TARGETS),
    ("user_import_job", {}, {}, "import-fault", 5 * ALL),
    ("user_batch_job", {}, {}, "batch-row", MANY),
)  # fmt: skip
OF_INSTANCE: tuple[tuple[str, dict[str, Any], str, int], ...] = (
    ("apps", {}, "app-row", ALL),
    ("operators", {}, "operator-row", ALL),
)


def address(full: FullApp, name: str, **kwargs: Any) -> str:
    known = full.arguments
    jobs = {"send_job": "job", "user_import_job": "import job", "user_batch_job": "batch job"}
    if name in jobs:
        kwargs["job"] = known[jobs[name]]
    return reverse(f"console:{name}", kwargs={"org": known["org"], "app": known["app"], **kwargs})


def walked(client: Client, path: str, query: Any, rows: str, cursor: str = "after") -> list[str]:
    """The ids of the rows of all pages, by the links that move this cursor."""
    found: list[str] = []
    while True:
        text = text_of(client.get(path, query))
        found += re.findall(rf'data-id="([^"]*)" data-test="{rows}"', text)
        links = (QueryDict(unescape(link)[1:]) for link in NEXT.findall(text))
        here = dict(query).get(cursor)
        behind = next((link for link in links if link.getlist(cursor) not in (here, [])), None)
        if behind is None:
            return found
        query = {name: behind.getlist(name) for name in behind}


def test_every_list_is_walked_to_its_end(full: FullApp, admin: Operator, browse: SignIn):
    client, wrong = browse(admin), {}
    for name, kwargs, query, rows, count in LISTS:
        found = walked(client, address(full, name, **kwargs), query, rows)
        if not len(found) == len(set(found)) == count:
            wrong[f"{name} {query}"] = (len(found), len(set(found)), count)
    for name, query, rows, count in OF_INSTANCE:
        found = walked(client, reverse(f"console:{name}"), query, rows)
        if not len(found) == len(set(found)) == count:
            wrong[name] = (len(found), len(set(found)), count)
    assert wrong == {}


def test_second_list_of_a_page_is_walked_by_its_own_links(
    full: FullApp, admin: Operator, browse: SignIn
):
    client = browse(admin)
    found = walked(client, address(full, "user_blocks", u=ME), {}, "blocker-row", "blockers")
    assert sorted(set(found)) == sorted(NAMES[1:])
    found = walked(client, reverse("console:operators"), {}, "invitation-row", "invitations")
    assert len(set(found)) == MANY + 1  # with the one that the access tests open


def test_own_sessions_have_pages(full: FullApp, admin: Operator, browse: SignIn):
    client = browse(admin)
    first = client.get(reverse("console:profile"))
    last = client.get(reverse("console:profile"), {"after": 50})
    shown = [text_of(page).count('data-test="own-session"') for page in (first, last)]
    assert shown == [25, MANY + 1 - 50]


def test_apps_are_searched_and_the_switcher_offers_a_few(
    full: FullApp, admin: Operator, browse: SignIn
):
    client, apps = browse(admin), reverse("console:apps")
    assert text_of(client.get(apps, {"q": "ORGANISATION-07"})).count('data-test="app-row"') == 1
    assert "Nothing matches" in text_of(
        client.get(apps, {"q": "nothing-like-it"}, headers={"accept-language": "en"})
    )
    part = text_of(client.get(apps, {"q": "organisation-07"}, headers={"hx-request": "true"}))
    assert part.lstrip().startswith('<div id="app-list">')
    page = text_of(client.get(address(full, "connect")))
    switcher = page.split('data-test="app-switcher"')[1].split("</details>")[0]
    assert switcher.count('class="menu-item"') == 8
    assert switcher.count('aria-current="true"') == 1  # the open one is not among the first


def test_operators_apps_are_shown_on_a_page_of_its_own(
    full: FullApp, admin: Operator, browse: SignIn
):
    client, one = browse(admin), full.arguments["operator"]
    row = f'data-id="{one}"'
    short = text_of(client.get(reverse("console:operators"), headers={"accept-language": "en"}))
    assert f'href="?operator={one}">and 19 more</a>' in short.split(row)[1]
    whole = text_of(client.get(reverse("console:operators"), {"operator": one}))
    assert whole.split(row)[1].split("</tr>")[0].count("<code>") == 21
    assert whole.count('data-test="operator-row"') == 1


def test_long_change_is_cut_in_the_audit_and_whole_alone(
    full: FullApp, admin: Operator, browse: SignIn
):
    client, page = browse(admin), address(full, "audit")
    text = text_of(client.get(page))
    entry = AuditEntry.objects.latest("id").pk
    assert (ME in text, NAMES[9] in text) == (True, False)
    assert f'href="?entry={entry}" data-test="audit-entry">' in text
    alone = text_of(client.get(page, {"entry": entry}))
    assert alone.count('data-test="audit-row"') == 1
    assert all(name in alone for name in NAMES)
    assert "audit-entry" not in alone


@pytest.mark.parametrize("language", ["curl", "python", "java", "php"])
def test_long_copy_as_is_behind_the_page(
    language: str, full: FullApp, admin: Operator, browse: SignIn
):
    client, page = browse(admin), address(full, "send_job")
    assert f'name="copy_as" value="{language}"' in text_of(client.get(page))
    sample = client.get(page, {"copy_as": language})
    assert sample.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert all(name in text_of(sample) for name in NAMES[1:])
    assert next(iter(EXT)) in text_of(sample)
    other = client.get(page, {"copy_as": "cobol"})
    assert other.headers["Content-Type"].startswith("text/html")


def test_send_to_many_groups_counts_and_leads_to_each_message(
    full: FullApp, admin: Operator, browse: SignIn
):
    kwargs = {name: full.arguments[name] for name in ("org", "app")}
    page = reverse("console:send_job", kwargs={**kwargs, "job": full.other_jobs[0]})
    shown = browse(admin).get(page)
    assert text_of(shown).count('data-test="delivery-counts"') == 20
    assert 'data-test="delivery-row"' not in text_of(shown)
    assert address(full, "message_detail", mid=full.message) in addresses(shown)


def test_lines_of_one_failed_case_are_shown_and_lead_to_the_others(
    full: FullApp, admin: Operator, browse: SignIn
):
    client, number = browse(admin), full.arguments["number"]
    page = address(full, "scenario_run_detail", number=number)
    for query, key in (({}, "s1-xmpp"), ({"case": "s4-native"}, "s4-native")):
        text = text_of(client.get(page, query))
        assert text.count('data-test="run-case"') == 12
        assert text.count('data-test="step-lines"') == 1
        case = text.split(f'data-name="{key}"')[1].split("</details>")[0]
        assert ('data-test="step-lines"' in case, case.count("run-step")) == (True, 12)
        assert 'href="?case=s3-msync"' in text


def test_long_attribute_is_shown_whole_where_it_is_edited(
    full: FullApp, admin: Operator, browse: SignIn
):
    client = browse(admin)
    one = RoomAttribute.objects.filter(room=full.room).order_by("key")[0]
    tab = client.get(address(full, "room_attributes", rid=ROOM))
    assert one.value not in text_of(tab)
    edit = next(path for path in addresses(tab) if path.endswith(f"set/?key={one.key}"))
    form = client.get(edit).context["form"]
    assert (form["key"].value(), form["value"].value()) == (one.key, one.value)
