"""What a list says of the page that it shows."""

import re

from django.test import RequestFactory

from accounts.domain.actor import Actor, AppRef
from accounts.models import Operator
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
from imadmin.console.tables import keyset_page
from tests.console.conftest import SignIn
from tests.console.pages import url


def test_line_of_a_list_says_only_what_is_known(
    operator: Operator, browse: SignIn, app: AppRef, demo3: object
):
    client = browse(operator)
    for number in range(30):
        create_room(Actor(app), CreateRoom("chatroom", "c", owner="demo3", room_id=f"c{number}"))

    def line(query: str, language: str = "en") -> tuple[str, str]:
        address = url("rooms") + query
        page = client.get(address, headers={"accept-language": language}).context["page"]
        return page.line, page.next_query

    first, behind = line("?size=25")
    assert first == "1–25, and more"  # rooms are not counted
    assert line(behind) == ("26–30 of 30", "")
    assert line(behind, "zh-CN")[0] == "第 26–30 条，共 30 条"
    bare = re.sub("&(at|back)=[0-9]*", "", behind)
    assert line(bare)[0] == "5 shown"  # by a link that somebody shortened
    assert line(bare + "&at=x")[0] == "5 shown"
    assert line("?q=c7")[0] == "1 of 1"
    assert line("?q=nothing")[0] == "0 shown"


def test_every_page_of_a_long_list_knows_where_it_is(rf: RequestFactory):
    """The trail that links carry has an end; the place of a page has none."""
    query = ""
    for number in range(60):
        page = keyset_page(rf.get("/" + query), list(range(10)), f"c{number}")
        assert page.line == f"{number * 10 + 1}–{number * 10 + 10}, and more"
        query = page.next_query
    assert len(query) < 500
    back = keyset_page(rf.get("/" + page.previous_query), list(range(10)), "c58")
    assert back.line == "581–590, and more"
