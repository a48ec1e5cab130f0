"""Every refusal has its HTTP answer (rest.md 1.6)."""

import pytest

import chat.rest.message_requests
import chat.rest.urls  # noqa: F401  (all of the API, so that every refusal is known)
from accounts.domain.errors import ImError
from accounts.rest.errors import REST_ERRORS, rest_error
from chat.domain.errors import NotMember
from chat.rest.errors import CHAT_ERRORS


def all_below(base: type[ImError]) -> list[type[ImError]]:
    return [one for sub in base.__subclasses__() for one in (sub, *all_below(sub))]


OURS = ("accounts", "chat", "imadmin")
REFUSALS = [one for one in all_below(ImError) if one.__module__.split(".")[0] in OURS]


def test_every_refusal_has_an_answer():
    assert len(REFUSALS) > 100
    for refusal in REFUSALS:
        for kind in ("group", "chatroom"):
            status, error = rest_error(refusal(kind=kind, detail="x"))
            assert status in (400, 401, 403, 404, 409, 413, 429, 500, 503), refusal
            assert error, refusal


def test_each_chat_refusal_has_a_row_of_its_own():
    of_chat = {one.code for one in REFUSALS if one.__module__.startswith("chat.domain.")}
    assert of_chat - set(CHAT_ERRORS) == set()


def test_no_two_refusals_share_a_code():
    codes = [one.code for one in REFUSALS]
    assert sorted(codes) == sorted(set(codes))


def test_no_row_is_left_of_a_refusal_that_is_gone():
    assert set(CHAT_ERRORS) <= {one.code for one in REFUSALS}
    assert set(CHAT_ERRORS) <= set(REST_ERRORS)


@pytest.mark.parametrize(("kind", "status"), [("group", 403), ("chatroom", 400)])
def test_groups_and_chatrooms_answer_differently_where_the_vendor_does(kind, status):
    made = NotMember(names="bob", room_id="1", kind=kind)
    assert rest_error(made) == (status, "forbidden_op")
