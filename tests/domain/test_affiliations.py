"""Who may do what, over the whole table of ranks and acts."""

from dataclasses import replace
from itertools import product

import pytest

from chat.domain.affiliations import (
    FOREVER_MS,
    Affiliation,
    RoomAct,
    RoomRights,
    acting_refusal,
    may,
    may_act_on,
    speaking_refusal,
    subject_refusal,
)
from chat.domain.errors import (
    BlockedFromRoom,
    GroupDisabled,
    Muted,
    MutedAll,
    NotMember,
    NotPermitted,
    OwnerProtected,
    SenderNotMember,
)

GROUP = RoomRights(
    app_id=1,
    row_id=1,
    room_id="g",
    kind="group",
    epoch=1,
    public=False,
    affiliations={
        "owner": Affiliation.OWNER,
        "admin": Affiliation.ADMIN,
        "admin2": Affiliation.ADMIN,
        "member": Affiliation.MEMBER,
    },
    blocked=frozenset({"outcast"}),
)
CHATROOM = replace(GROUP, kind="chatroom", public=True, super_admins=frozenset({"super"}))

ANYBODY, MEMBERS, ADMINS, OWNERS, APP = "anybody", "members", "admins", "owners", "app"
WHO_MAY = {
    RoomAct.READ: MEMBERS,
    RoomAct.READ_DETAILS: MEMBERS,
    RoomAct.SHARE_FILES: MEMBERS,
    RoomAct.JOIN: ANYBODY,
    RoomAct.LEAVE: MEMBERS,
    RoomAct.INVITE: ADMINS,
    RoomAct.ADD_MEMBERS: ADMINS,
    RoomAct.REMOVE_MEMBERS: ADMINS,
    RoomAct.EDIT: ADMINS,
    RoomAct.ANNOUNCE: ADMINS,
    RoomAct.MUTE: ADMINS,
    RoomAct.BLOCK: ADMINS,
    RoomAct.ALLOW: ADMINS,
    RoomAct.SET_ADMIN: OWNERS,
    RoomAct.SET_ATTRIBUTES: MEMBERS,
    RoomAct.TRANSFER: OWNERS,
    RoomAct.DESTROY: OWNERS,
    RoomAct.DISABLE: APP,
}
LEAST = {
    ANYBODY: Affiliation.NONE,
    MEMBERS: Affiliation.MEMBER,
    ADMINS: Affiliation.ADMIN,
    OWNERS: Affiliation.OWNER,
    APP: Affiliation.APP,
}


def test_the_table_names_every_act() -> None:
    assert WHO_MAY.keys() == set(RoomAct)


def test_each_rank_may_what_the_table_says_in_a_private_group() -> None:
    wrong = [
        (act, rank)
        for act, rank in product(RoomAct, Affiliation)
        if may(act, rank, GROUP) != (rank >= LEAST[WHO_MAY[act]])
    ]
    assert wrong == []


@pytest.mark.parametrize("rank", Affiliation)
def test_chatrooms_and_public_groups_are_open_to_look_at_but_not_for_outcasts(
    rank: Affiliation,
) -> None:
    for room in (CHATROOM, replace(GROUP, public=True)):
        assert may(RoomAct.READ_DETAILS, rank, room) == (rank >= Affiliation.NONE)
    assert may(RoomAct.READ, rank, CHATROOM) == (rank >= Affiliation.NONE)
    assert may(RoomAct.READ, rank, replace(GROUP, public=True)) == (rank >= Affiliation.MEMBER)


@pytest.mark.parametrize("rank", Affiliation)
def test_members_invite_where_the_group_says_so(rank: Affiliation) -> None:
    open_group = replace(GROUP, members_may_invite=True)
    assert may(RoomAct.INVITE, rank, open_group) == (rank >= Affiliation.MEMBER)


def test_acts_reach_only_those_who_rank_below() -> None:
    wrong = [
        (actor, subject)
        for actor, subject in product(Affiliation, Affiliation)
        if may_act_on(actor, subject) != (actor >= Affiliation.ADMIN and actor > subject)
    ]
    assert wrong == []


def test_ranks_of_outcasts_strangers_and_super_admins() -> None:
    assert CHATROOM.rank_of("outcast") is Affiliation.OUTCAST
    assert CHATROOM.rank_of("stranger") is Affiliation.NONE
    assert CHATROOM.rank_of("super") is Affiliation.SUPER
    assert replace(GROUP, super_admins=frozenset({"super"})).rank_of("super") is Affiliation.NONE


def test_the_app_may_everything() -> None:
    assert [act for act in RoomAct if acting_refusal(act, GROUP, "") is not None] == []


def test_a_disabled_group_is_only_read_enabled_and_destroyed() -> None:
    refusals = {act: acting_refusal(act, replace(GROUP, disabled=True), "") for act in RoomAct}
    allowed = {RoomAct.READ, RoomAct.READ_DETAILS, RoomAct.DISABLE, RoomAct.DESTROY}
    assert {act for act, refusal in refusals.items() if refusal is None} == allowed
    assert {type(refusal) for refusal in refusals.values() if refusal} == {GroupDisabled}


def test_an_outcast_cannot_join_and_a_member_cannot_edit() -> None:
    assert isinstance(acting_refusal(RoomAct.JOIN, GROUP, "outcast"), BlockedFromRoom)
    assert acting_refusal(RoomAct.JOIN, GROUP, "stranger") is None
    refusal = acting_refusal(RoomAct.EDIT, GROUP, "member")
    assert isinstance(refusal, NotPermitted)
    assert str(refusal) == "user: member may not edit in group: g"


@pytest.mark.parametrize(
    ("actor", "name", "refusal"),
    [
        (Affiliation.ADMIN, "member", None),
        (Affiliation.OWNER, "admin", None),
        (Affiliation.ADMIN, "admin2", NotPermitted),
        (Affiliation.APP, "owner", OwnerProtected),
        (Affiliation.SUPER, "owner", OwnerProtected),
        (Affiliation.APP, "stranger", NotMember),
    ],
)
def test_whom_an_act_may_reach(
    actor: Affiliation, name: str, refusal: type[Exception] | None
) -> None:
    found = subject_refusal(GROUP, actor, name)
    assert found is None if refusal is None else isinstance(found, refusal)


NOW = 1_000_000


SPEAKERS = ("owner", "admin", "member", "stranger", "outcast")
UNTIL = (0, NOW - 1, NOW, NOW + 1, FOREVER_MS)
YES_NO = (False, True)


def test_who_may_speak() -> None:
    wrong = {}
    for case in product(SPEAKERS, UNTIL, YES_NO, YES_NO, YES_NO):
        name, until, muted_all, allow_listed, disabled = case
        rights = replace(
            GROUP,
            mutes={name: until},
            muted_all=muted_all,
            allow_listed=frozenset({name} if allow_listed else ()),
            disabled=disabled,
        )
        refusal = speaking_refusal(rights, name, NOW)
        expected: type[Exception] | None = None
        if name in ("stranger", "outcast"):
            expected = SenderNotMember
        elif disabled:
            expected = GroupDisabled
        elif name == "member" and until > NOW:
            expected = Muted
        elif name == "member" and muted_all and not allow_listed:
            expected = MutedAll
        if type(refusal) is not (expected or type(None)):
            wrong[case] = refusal
    assert wrong == {}
