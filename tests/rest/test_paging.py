"""Cursors lose and repeat nothing while the list changes between two pages (rest.md 1.7)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.actions.im_users import NewUser, register_users
from tests.rest.api import Api, Json
from tests.rest.test_groups import make_group
from tests.rest.test_threads import make_thread
from tests.rest.walks import PEOPLE, Changes, Page, walk, walking
from tests.shared_world import put_back

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]


@dataclass(frozen=True)
class PagedList:
    """One paged list of people, and how somebody gets on and off it."""

    address: str  # up to the cursor's value
    limit: str  # name of the parameter
    names: Callable[[Any], list[str]]
    add: Callable[[Api, str], object]
    remove: Callable[[Api, str], object]
    cursor: Callable[[Json], str] = lambda answer: str(answer.get("cursor", ""))


def contacts_of(prefix: str) -> PagedList:
    return PagedList(
        f"/{prefix}/demo1/contacts?cursor=",
        "limit",
        lambda data: [contact["username"] for contact in data["contacts"]],
        lambda api, name: api.post(f"/users/demo1/contacts/users/{name}"),
        lambda api, name: api.delete(f"/users/demo1/contacts/users/{name}"),
    )


def blocks() -> PagedList:
    path = "/users/demo1/blocks/users"
    return PagedList(
        f"{path}?cursor=",
        "pageSize",
        list,
        lambda api, name: api.post(path, {"usernames": [name]}),
        lambda api, name: api.delete(f"{path}/{name}"),
    )


def members_of(group_id: str) -> PagedList:
    path = f"/chatgroups/{group_id}/users"
    return PagedList(
        f"{path}?version=v3&cursor=",
        "limit",
        list,
        lambda api, name: api.post(f"{path}/{name}"),
        lambda api, name: api.delete(f"{path}/{name}"),
    )


def members_of_thread(api: Api) -> PagedList:
    """Everybody is in the group, and comes and goes in its thread."""
    group_id = make_group(api, members=PEOPLE)
    path = f"/thread/{make_thread(api, group_id)}/users"
    return PagedList(
        f"{path}?cursor=",
        "limit",
        lambda data: list(data["affiliations"]),
        lambda api, name: api.post(path, {"usernames": [name]}),
        lambda api, name: api.delete(path, {"usernames": [name]}),
        lambda answer: str(answer["properties"].get("cursor", "")),
    )


def walk_through(
    api: Api, paged: PagedList, limit: int, changes: Changes
) -> tuple[list[str], set[str]]:
    def page(cursor: str) -> Page:
        answer = api.get(f"{paged.address}{cursor}&{paged.limit}={limit}")
        names = paged.names(answer.data)
        assert answer.json["count"] == len(names) <= limit
        following = paged.cursor(answer.json)
        assert len(names) == limit or not following
        return names, following

    def change(is_added: bool, name: str) -> None:
        (paged.add if is_added else paged.remove)(api, name)

    return walk(page, change, changes)


@pytest.fixture
def people(api):
    register_users(api.app, [NewUser(name, "1") for name in PEOPLE])


@pytest.mark.parametrize("kind", ["contacts", "own contacts", "blocks", "members", "thread"])
@walking(max_examples=12)
def test_a_walk_loses_and_repeats_nothing(api, people, kind, limit, there, changes):
    with put_back():
        lists = {"contacts": contacts_of("users"), "own contacts": contacts_of("user")}
        paged = lists.get(kind) or (blocks() if kind == "blocks" else members_of(make_group(api)))
        if kind == "thread":
            paged = members_of_thread(api)
        for name in there:
            paged.add(api, name)
        seen, left = walk_through(api, paged, limit, changes)
    # Whoever left and came back is a new item, which a later page may show.
    stayed = [name for name in seen if name not in left]
    assert len(stayed) == len(set(stayed))
    assert set(there) - left <= set(seen)
