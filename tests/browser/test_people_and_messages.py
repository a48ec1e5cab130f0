"""Users, their friends, and messages, by page and without script; the criteria of console.md."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from imadmin.testclient.native import Refused
from tests.browser.conftest import OpenPage, Site
from tests.browser.live_clients import LiveClients, LiveUser
from tests.browser.test_rooms import act

pytestmark = pytest.mark.browser

PASSWORD = "123456"
PEOPLE = ("pm1", "pm2", "pm3", "pm4")
MAKE = f"""
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
app = get_app(Appkey("acme", "demo"))
for name in {PEOPLE!r}:
    register_user(app, name, {PASSWORD!r})
for n in range(30):
    body = Body("txt", {{"msg": f"n{{n}}"}})
    post_message_now(Actor(app), SendMessage(ToUser("pm4"), body, sender="pm3"))
"""

# Hundreds of password hashes, on a machine that is busy with other tests.
HASHED_MS = 240_000


@pytest.fixture(scope="module")
def clients(site: Site) -> Iterator[LiveClients]:
    site.server.manage("shell", "-v0", "-c", MAKE)
    with LiveClients(site.server.ws_url, "acme#demo") as made:
        yield made


def field(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"main [name={name}]", value)


def rows(page: Page, kind: str) -> list[str]:
    return [str(row.get_attribute("data-id")) for row in page.locator(f"[data-test={kind}]").all()]


def new_user(page: Page, site: Site, username: str) -> None:
    page.goto(site.url("A users/new/"))
    page.fill("[data-test=user-username]", username)
    page.fill("[data-test=user-password]", PASSWORD)
    page.click("[data-test=user-create-submit]")


def compose(page: Page, site: Site, sender: str, to: str, text: str, ext: str = "") -> None:
    page.goto(site.url("A send/"))
    page.fill("[data-test=send-from]", sender)
    page.fill("[data-test=send-to]", to)
    page.fill("[data-test=send-text]", text)
    page.fill("[data-test=send-ext]", ext)
    page.click("[data-test=send-submit]")


def sent(page: Page, site: Site, sender: str, to: str, text: str) -> str:
    compose(page, site, sender, to, text)
    return page.locator("[data-test=message-id]").first.inner_text()


@contextmanager
def setting(page: Page, site: Site, **values: str | bool) -> Iterator[None]:
    """Settings of the app by their page, and afterwards what they were."""
    before = _set(page, site, values)
    try:
        yield
    finally:
        _set(page, site, before)


def _set(page: Page, site: Site, values: dict[str, str | bool]) -> dict[str, str | bool]:
    page.goto(site.url("A settings/"))
    before: dict[str, str | bool] = {}
    for name, value in values.items():
        control = page.locator(f"main [name={name}]")
        if isinstance(value, bool):
            before[name] = control.is_checked()
            control.set_checked(value)
        else:
            before[name] = control.input_value()
            control.fill(value)
    page.locator("[data-test=app-settings-submit]").first.click()
    return before


def test_USR_1_username_is_stored_and_shown_in_lower_case(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        new_user(page, site, "Pm-Upper")
        page.goto(site.url("A users/?q=pm-upper"))
        assert rows(page, "user-row") == ["pm-upper"]


def test_USR_2_username_of_65_characters_is_refused_at_its_field(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        page.goto(site.url("A users/new/"))
        # The field itself takes no more than 64: what a script without that could send.
        page.locator("[data-test=user-username]").evaluate("e => e.removeAttribute('maxlength')")
        page.fill("[data-test=user-username]", "x" * 65)
        page.fill("[data-test=user-password]", PASSWORD)
        page.click("[data-test=user-create-submit]")
        assert page.locator("#id_username_error").is_visible()


def make_batch(page: Page, site: Site, **values: str) -> None:
    """A batch by its form, waited for on its page."""
    page.goto(site.url("A users/batch/"))
    if "password" not in values:
        page.select_option("main [name=password_mode]", "generate")
    field(page, **values)
    page.click("[data-test=batch-preview-submit]")
    page.click("[data-test=batch-submit]")
    expect(page.locator("[data-test=batch-done]")).to_be_visible(timeout=HASHED_MS)


def test_USR_3_batch_makes_padded_names_and_shows_passwords_once(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        made = [f"pmt{n:02d}" for n in range(1, 11)]
        make_batch(page, site, prefix="pmt", start="1", end="10", pad="2")
        assert rows(page, "batch-row") == made
        job = page.url
        page.click("[data-test=batch-passwords-show]")
        assert rows(page, "batch-password") == made
        passwords = page.locator("[data-test=batch-password] td").all_inner_texts()
        assert len(set(passwords)) == 10
        page.goto(site.url("A users/?q=pmt"))
        assert len(rows(page, "user-row")) == 10
        assert passwords[0] not in page.content()
        page.goto(job)
        assert passwords[0] not in page.content()
        assert page.locator("[data-test=batch-passwords-show]").count() == 0


def test_batch_moves_by_itself_and_can_be_stopped(site: Site, visit: OpenPage):
    """Some five hundred hashes: long enough to be looked at."""
    with visit() as page:
        page.goto(site.url("A users/batch/"))
        page.select_option("main [name=password_mode]", "generate")
        field(page, prefix="many", start="1", end="500")
        page.click("[data-test=batch-preview-submit]")
        page.click("[data-test=batch-submit]")
        state = page.locator("[data-test=batch-state]")
        expect(state).to_have_attribute("data-state", "running")
        page.evaluate("() => { window.stayed = true; }")
        created = page.locator("[data-test=batch-created]")
        expect(created).not_to_have_text("0", timeout=HASHED_MS)
        assert page.evaluate("() => window.stayed")
        page.click("[data-test=batch-stop]")
        page.mouse.move(0, 0)
        expect(state).to_have_attribute("data-state", "stopped")
        assert int(created.inner_text()) < 500
        page.click("[data-test=batch-resume]")
        page.mouse.move(0, 0)
        expect(state).to_have_attribute("data-state", "done", timeout=HASHED_MS)
        expect(created).to_have_text("500")


def test_USR_7_list_filters_pages_and_creates_without_script(site: Site, visit: OpenPage):
    with visit(script=False) as page:
        make_batch(page, site, prefix="pg", start="1", end="30", pad="2", password="1")
        page.goto(site.url("A users/?size=25"))
        page.fill("main [name=q]", "pg")
        page.click("[data-test=filter-apply]")
        seen = rows(page, "user-row")
        page.click("[data-test=pager-next]")
        seen += rows(page, "user-row")
        assert sorted(seen) == [f"pg{n:02d}" for n in range(1, 31)]


def test_ROS_1_direct_friend_shows_on_both_pages(site: Site, clients: LiveClients, visit: OpenPage):
    with visit(script=False) as page:
        befriend(page, site, "pm1", "pm2")
        for one, other in (("pm1", "pm2"), ("pm2", "pm1")):
            page.goto(site.url(f"A users/u/{one}/roster/"))
            assert rows(page, "roster-row") == [other]


def befriend(page: Page, site: Site, one: str, other: str) -> None:
    page.goto(site.url(f"A users/u/{one}/roster/"))
    if other not in rows(page, "roster-row"):
        page.fill("[data-test=roster-friends]", other)
        page.click("[data-test=roster-add-submit]")


def test_ROS_3_removing_clears_both_sides(site: Site, clients: LiveClients, visit: OpenPage):
    with visit(script=False) as page:
        befriend(page, site, "pm1", "pm2")
        page.goto(site.url("A users/u/pm1/roster/"))
        page.click("[data-test=roster-row][data-id=pm2] [data-test=roster-remove]")
        if page.locator("[data-test=act-submit]").count():
            page.click("[data-test=act-submit]")
        for one in ("pm1", "pm2"):
            page.goto(site.url(f"A users/u/{one}/roster/"))
            assert rows(page, "roster-row") == []


def test_UD_3_messages_page_by_ten_and_say_which_is_the_last(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        page.goto(site.url("A users/u/pm4/messages/"))
        shown = []
        for number in range(3):
            is_last = page.locator("[data-test=last-page]").count() == 1
            shown.append((len(rows(page, "message-row")), is_last))
            if number < 2:
                page.click("[data-test=pager-next]")
        assert shown == [(10, False), (10, False), (10, True)]
        assert page.locator("[data-test=pager-next]").count() == 0


def test_SND_6_bad_ext_blocks_sending_and_keeps_the_form(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        compose(page, site, "pm1", "pm2", "kept", '{"a": 1,\n "b": }')
        told = page.locator("#id_ext_error").inner_text()
        assert "line 2" in told
        assert "column 7" in told
        assert page.input_value("[data-test=send-text]") == "kept"
        page.goto(site.url("A messages/?from=pm1&text=kept"))
        assert rows(page, "message-row") == []


def test_SND_9_text_is_sent_without_script_and_the_result_survives_a_reload(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        message = sent(page, site, "pm1", "pm2", "你好")
        page.reload()
        assert page.locator("[data-test=message-id]").first.inner_text() == message


def test_MSG_1_message_is_found_by_its_id(site: Site, clients: LiveClients, visit: OpenPage):
    with visit(script=False) as page:
        wanted = sent(page, site, "pm1", "pm2", "find me")
        sent(page, site, "pm1", "pm2", "not me")
        page.goto(site.url(f"A messages/?id={wanted}"))
        assert rows(page, "message-row") == [wanted]
        page.locator("[data-test=message-row] a").first.click()
        assert "find me" in page.locator("[data-test=message-body]").inner_text()


def test_MSG_2_message_is_recalled_within_its_time(
    site: Site, clients: LiveClients, visit: OpenPage
):
    pm2 = clients.log_in("pm2", PASSWORD)
    with visit(script=False) as page:
        message = sent(page, site, "pm1", "pm2", "oops")
        pm2.hears(message)
        page.goto(site.url(f"A messages/{message}/"))
        page.click("[data-test=recall-submit]")
        pm2.is_told("recalled", {"message_id": message})
        assert page.locator("[data-test=message-state]").inner_text() == "recalled"


def test_MSG_3_and_CFG_1_recall_is_refused_after_the_apps_time(
    site: Site, clients: LiveClients, visit: OpenPage
):
    """The window of 1 s counts at once, without a restart."""
    with visit(script=False) as page:
        message = sent(page, site, "pm1", "pm2", "too late")
        with setting(page, site, rest_recall_window_s="1"):
            page.goto(site.url(f"A messages/{message}/"))
            page.wait_for_timeout(1100)  # the window itself is what is waited for
            page.click("[data-test=recall-submit]")
            assert "time for recalling" in page.locator("main").inner_text()
            assert page.locator("[data-test=message-state]").inner_text() == "stored"


def test_CFG_2_friend_check_refuses_a_strangers_client(
    site: Site, clients: LiveClients, visit: OpenPage
):
    pm3 = clients.log_in("pm3", PASSWORD)
    to = {"type": "user", "id": "pm1"}
    with visit(script=False) as page, setting(page, site, friends_only=True):
        with pytest.raises(Refused) as refusal:
            pm3.say(to, "stranger")
        assert refusal.value.code == "friends_only"
        befriend(page, site, "pm3", "pm1")
        assert pm3.say(to, "friend")


def test_AUD_1_ban_and_send_leave_one_entry_each_with_its_diff(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit(script=False) as page:
        new_user(page, site, "pm-banned")
        act(page, site, "A users/u/pm-banned/do/ban/", reason="spam")
        message = sent(page, site, "pm1", "pm2", "noted")
        page.goto(site.url("A audit/?action=user.ban&target=pm-banned"))
        [entry] = page.locator("[data-test=audit-row]").all()
        assert "activated on → off" in " ".join(entry.inner_text().split())
        page.goto(site.url("A audit/?action=message.send"))
        told = page.locator("[data-test=audit-row]").first.inner_text()
        assert "pm1" in told
        assert "noted" not in told, message


def test_AUD_2_no_password_is_in_any_entry(site: Site, visit: OpenPage):
    secret = "zebra-crossing-77"
    with visit(script=False) as page:
        new_user(page, site, "pm-secret")
        act(page, site, "A users/u/pm-secret/do/password/", password=secret)
        page.goto(site.url("A audit/?target=pm-secret"))
        assert len(page.locator("[data-test=audit-row]").all()) == 2
        exported = page.context.request.get(site.url("A audit/export.jsonl")).text()
        entries = [json.loads(line) for line in exported.splitlines()]
        assert any(entry["action"] == "user.password" for entry in entries)
        assert secret not in exported
        assert secret not in site.server.log()


def test_live_users_hear_what_pages_send(site: Site, clients: LiveClients, visit: OpenPage):
    pm1: LiveUser = clients.log_in("pm1", PASSWORD)
    with visit(script=False) as page:
        message = sent(page, site, "pm2", "pm1", "from a page")
    assert pm1.hears(message)["body"]["msg"] == "from a page"


def test_pickers_suggest_and_flag_names_on_the_data_pages(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit() as page:
        page.goto(site.url("A groups/new/"))
        page.locator("[data-test=owner]").press_sequentially("pm")
        page.click("#id_owner_names [data-test=pick] >> text=pm1")
        expect(page.locator("[data-test=owner]")).to_have_value("pm1")
        page.locator("[data-test=members]").fill("pm2, ghost7，pm")
        page.click("#id_members_names [data-test=pick] >> text=pm3")
        expect(page.locator("[data-test=members]")).to_have_value("pm2, ghost7，pm3, ")
        expect(page.locator("#id_members_names [data-test=pick-unknown]")).to_contain_text("ghost7")


def test_names_and_passwords_of_a_batch_are_downloaded_without_script(
    site: Site, clients: LiveClients, visit: OpenPage
):
    with visit(script=False, accept_downloads=True) as page:
        found = {}
        for prefix, button in (("load", "batch-passwords-file"), ("show", "batch-csv-file")):
            make_batch(page, site, prefix=prefix, start="1", end="2")
            if prefix == "show":
                page.click("[data-test=batch-passwords-show]")
            with page.expect_download() as coming:
                page.click(f"[data-test={button}]")
            lines = coming.value.path().read_text(encoding="utf-8-sig").splitlines()
            found[prefix] = [line.split(",") for line in lines]
    for prefix, (head, *made) in found.items():
        assert head == ["username", "password"]
        assert [name for name, _ in made] == [f"{prefix}1", f"{prefix}2"]
        assert all(len(password) == 12 for _, password in made)


def test_what_is_typed_shows_as_it_will_be_kept(site: Site, clients: LiveClients, visit: OpenPage):
    with visit() as page:
        page.goto(site.url("A users/new/"))
        page.locator("[data-test=user-username]").press_sequentially("MixedCase")
        expect(page.locator("[data-test=user-username]")).to_have_value("mixedcase")
        page.goto(site.url("/console/apps/new/"))
        page.locator("[data-test=app-org]").press_sequentially("Acme")
        page.locator("[data-test=app-name]").press_sequentially("shop")
        expect(page.locator("[data-test=appkey-as-typed]")).to_have_text("Acme#shop")
