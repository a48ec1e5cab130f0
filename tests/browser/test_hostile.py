"""Strangers' files, addresses and names: nothing runs and nothing is loaded in the console."""

import json

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, Site

pytestmark = pytest.mark.browser

MARKUP = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'"{{7*7}}'
FILES = {
    "page.html": ("text/html", "<script>parent.pwned = opener.pwned = 1</script>"),
    "page.xhtml": ("application/xhtml+xml", "<script>pwned = 1</script>"),
    "drawing.svg": ("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='pwned=1'/>"),
    "program.js": ("text/javascript", "window.pwned = 1"),
    "style.css": ("text/css", "body { display: none !important }"),
}
ADDRESSES = (
    "javascript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "http://evil.example/picture.png",
    "//evil.example/picture.png",
    'http://evil.example/"><script>window.pwned=1</script>',
)
MAKE = """
import io, json
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.actions.files import store_file
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, SendMessage
from chat.domain.targets import ToUser
from django.conf import settings
markup, files, addresses = json.loads(%r)
app = get_app(Appkey("acme", "demo"))
for name in ("hostile", "victim"):
    register_user(app, username=name, password="123456", nickname=markup[:100])
actor, ids, uuids = Actor(app), [], {}
create_room(actor, CreateRoom("group", markup[:128], markup, owner="hostile", room_id="hostile-g"))
def send(type, **body):
    body = Body(type, body)
    message = SendMessage(ToUser("victim"), body, {markup: markup}, sender="hostile")
    ids.append(str(post_message_now(actor, message).message_id))
send("txt", msg=markup)
send("custom", customEvent="e", customExts={markup: markup})
for name, (kind, text) in files.items():
    stored = store_file(app, uploaded_by="hostile", filename=name, content_type=kind,
                        content=io.BytesIO(text.encode()))
    uuids[name] = str(stored.uuid)
    url = f"http://127.0.0.1:{settings.PORT}/acme/demo/chatfiles/{stored.uuid}"
    for type in ("file", "img"):
        send(type, url=url, filename=markup, file_length=len(text), secret=stored.share_secret)
for address in addresses:
    for type in ("img", "audio", "video", "file"):
        send(type, url=address, filename=markup, length=1, thumb=address)
print("MADE", json.dumps([ids, uuids]))
"""


def is_untouched(page: Page) -> None:
    assert page.evaluate("window.pwned") is None, page.url
    assert page.locator("main").is_visible(), page.url
    assert page.locator("main script, main [onerror], main [onload]").count() == 0, page.url
    links = page.locator("main a[href]").evaluate_all("all => all.map((a) => a.href)")
    assert [link for link in links if not link.startswith("http")] == [], page.url


def test_nothing_of_strangers_runs_or_is_loaded(site: Site, visit: OpenPage):
    said = json.dumps([MARKUP, FILES, ADDRESSES])
    told = site.server.manage("shell", "-c", MAKE % said).stdout
    ids, uuids = json.loads(told.split("MADE ")[1].splitlines()[0])
    with visit() as page:  # it checks for policy violations and requests to other hosts, too
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for path in ("A ", "A users/?q=hostile", "A users/u/hostile/", "A users/u/victim/queue/",
                     "A users/u/victim/conversations/", "A users/u/victim/messages/", "A groups/",
                     "A groups/hostile-g/", "A groups/hostile-g/settings/",
                     "A messages/?since=all&sender=hostile",
                     *(f"A messages/{one}/" for one in ids)):  # fmt: skip
            page.goto(site.url(path))
            is_untouched(page)
        for name, uuid in uuids.items():
            answer = page.request.get(site.url(f"A files/{uuid}/"))
            headers = answer.headers
            assert answer.status == 200
            assert headers["x-content-type-options"] == "nosniff", name
            assert headers["content-disposition"].startswith("attachment"), name
            assert headers["content-security-policy"] == "default-src 'none'; sandbox", name
            assert headers["cross-origin-resource-policy"] == "same-origin", name
            kind = headers["content-type"].split(";")[0]
            # SVG keeps its type: in a sandbox without script, and as an attachment.
            assert kind in {"application/octet-stream", "image/svg+xml"}, name
            page.goto(site.url("A groups/"))
            outcome = page.evaluate(LOAD, site.url(f"A files/{uuid}/"))
            assert outcome == "refused", name
            is_untouched(page)
        assert dialogs == []


# As a page would that could be made to: script-src and style-src allow the console's own origin.
LOAD = """
(url) => new Promise((done) => {
  const script = document.createElement("script");
  script.src = url;
  script.onload = () => done("ran");
  script.onerror = () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = url;
    sheet.onload = () => done(sheet.sheet?.cssRules.length ? "styled" : "refused");
    sheet.onerror = () => done("refused");
    document.head.append(sheet);
  };
  document.head.append(script);
})
"""
