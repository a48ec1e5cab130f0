"""Reading fields as lenient clients write them (rest.md 1.2)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.errors import IllegalArgument
from chat.rest.fields import Fields, NotAnObject, ids_in, integer, names_in, unwrap
from chat.rest.paging import page_size

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        *((true, True) for true in (True, "true", "TRUE", " true ", 1, "1")),
        *((false, False) for false in (False, "false", "False", 0, "0")),
        (None, None),
    ],
)
def test_booleans_come_in_many_spellings(value, read):
    assert Fields({"public": value}).flag("public") is read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (300, 300),
        ("300", 300),
        (" 300", 300),
        (300.0, 300),
        (-1, -1),
        (True, None),
        (2.5, None),
        ("x", None),
        ("", None),
        ("3.5", None),
        ("３", None),
        (None, None),
        ([], None),
        ("9" * 30, None),
    ],
)
def test_integers_may_be_text(value, read):
    assert integer(value) == read


def test_the_first_spelling_wins():
    assert Fields({"name": "n", "groupname": "g"}).text("groupname", "name") == "g"
    assert Fields({"name": "n", "groupname": None}).text("groupname", "name") == "n"


def test_names_are_lower_cased_and_come_once_each():
    assert Fields({"usernames": ["Tom", 13800, " tom "]}).names("usernames") == ("tom", "13800")
    assert names_in("Tom,, zoe ,tom,") == ("tom", "zoe")
    assert ids_in("b,a,b") == ("b", "a")


@pytest.mark.parametrize(
    ("raw", "size"), [(None, 10), ("", 10), ("0", 10), ("-5", 10), ("x", 10), ("7", 7), ("99", 50)]
)
def test_a_page_size_is_clamped_or_falls_back(raw, size):
    assert page_size(raw, 10, 50) == size


@given(ANY_JSON)
def test_any_value_is_read_or_refused(value):
    fields = Fields({"x": value}, IllegalArgument)
    readers = (
        lambda: fields.text("x"),
        lambda: fields.flag("x"),
        lambda: fields.number("x", least=0, most=9),
        lambda: fields.names("x"),
    )
    for read in readers:
        with suppress(IllegalArgument):
            read()


@given(ANY_JSON)
def test_any_body_is_an_object_or_refused(body):
    try:
        assert isinstance(unwrap(body), dict)
    except NotAnObject:
        assert not isinstance(body, dict) or isinstance(body.get("body"), str)
