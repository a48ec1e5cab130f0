"""Question, outcome and the stanzas that answer, as specs/webim1-xmpp.md prints them."""

from dataclasses import replace

from chat.domain.affiliations import Affiliation
from chat.domain.answers import Joined, MemberInfo, MemberPage, RoomInfo, RoomPage
from chat.domain.errors import (
    AlreadyMember,
    ApprovalNeeded,
    ChatroomNotFound,
    GroupNotFound,
    NotPermitted,
    RoomFull,
)
from tests.wire.xmpp.cast import ANN, BARE, CLIENT, FULL, GROUP, MUC_USER, ROOM, G, K, R
from tests.wire.xmpp.vectors import ADMIN, COMMANDS, MARK, OWNER, PRIVACY, iq, query

ITEMS, INFO = (f"http://jabber.org/protocol/disco#{name}" for name in ("items", "info"))
SERVICE = "conference.easemob.com"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"

QA = RoomInfo(
    kind="group", room_id=GROUP, row_id=1, name="QA", description="all of it", owner="ann",
    public=True, members_only=False, allow_invites=True, invite_need_confirm=False,
    max_members=200, member_count=2, muted_all=False, disabled=False, custom="", avatar="",
    announcement="", created_ms=0, modified_ms=0,
)  # fmt: skip
HIDDEN = replace(QA, public=False, members_only=True, allow_invites=False)
MEMBERS = MemberPage(
    (MemberInfo("ann", Affiliation.OWNER, 0), MemberInfo("bob", Affiliation.MEMBER, 0)), ""
)


def result(inner: str = "", from_: str = BARE, id_: str = "q") -> str:
    head = f"<iq {CLIENT} type='result' id='{id_}' from='{from_}' to='{FULL}'"
    return f"{head}>{inner}</iq>" if inner else f"{head}/>"


def error(code: str, type_: str, condition: str, from_: str = BARE, id_: str = "q") -> str:
    return (
        f"<iq {CLIENT} type='error' id='{id_}' from='{from_}' to='{FULL}'>"
        f"<error code='{code}' type='{type_}'><{condition} xmlns='{STANZAS}'/></error></iq>"
    )


def field(name: str, value: str, type_: str = "") -> str:
    inner = f"<value>{value}</value>" if value else "<value></value>"
    return f"<field{type_} var='{name}'>{inner}</field>"


def form(type_: str, kind: str, **values: str) -> str:
    hidden = field("FORM_TYPE", f"http://jabber.org/protocol/{kind}", " type='hidden'")
    prefix = f"{kind}_"
    listed = (
        field(name if name.startswith("allow_private") else prefix + name, value)
        for name, value in values.items()
    )
    return f"<x xmlns='jabber:x:data' type='{type_}'>{hidden}{''.join(listed)}</x>"


def features(*names: str) -> str:
    always = ("muc_unmoderated", "muc_unsecured")
    listed = ("http://jabber.org/protocol/muc", *names, *always)
    return "".join(f"<feature var='{name}'/>" for name in listed)


def details(*names: str) -> str:
    identity = "<identity category='conference' type='text' name='QA'/>"
    values = {
        "description": "all of it",
        "maxusers": "200",
        "affiliations": "2",
        "owner": f"{K}_ann",
        "occupants": "2",
    }
    return query(INFO, identity + features(*names) + form("result", "muc#roominfo", **values))


CONFIG = query(
    OWNER,
    form(
        "form",
        "muc#roomconfig",
        roomname="QA",
        roomdesc="all of it",
        persistentroom="1",
        publicroom="1",
        maxusers="200",
        membersonly="0",
        moderatedroom="0",
        allowinvites="1",
        allowvisitornickchange="0",
        allowvisitorstatus="0",
        allow_private_messages="0",
        allow_private_messages_from_visitors="nobody",
    ),
)
DONE = f"<query xmlns='{OWNER}'/>"
EMPTY = "<list name='special'/>"
BLOCKS = (
    f"<list name='special'><item type='jid' value='{ANN}' action='deny' order='1'>"
    "<message/></item></list>"
)


def asked(name: str) -> str:
    return COMMANDS[name][0]


def item(jid: str, affiliation: str, nick: str) -> str:
    return f"<item jid='{jid}' affiliation='{affiliation}' nick='{nick}'/>"


# What bob asks, what came of it, what he is told.
ANSWERS: dict[str, tuple[str, object, list[str]]] = {
    "no blocks": (
        asked("get blocks"),
        [],
        [result(query(PRIVACY, EMPTY))],
    ),
    "blocks": (asked("get blocks"), ["ann"], [result(query(PRIVACY, BLOCKS))]),
    "blocks were set": (
        asked("set blocks"),
        None,
        [
            f"<iq {CLIENT} type='set' id='push-blocks' from='{BARE}' to='{FULL}'>"
            f"{query(PRIVACY, EMPTY)}</iq>",
            result(),
        ],
    ),
    "groups": (
        asked("list groups"),
        RoomPage((QA,), ""),
        [result(query(ITEMS, f"<item jid='{G}' name='QA'/>"), SERVICE)],
    ),
    "public group's details": (
        asked("group's details"),
        QA,
        [result(details("muc_public", "muc_persistent", "muc_open", "muc_allowinvites"), G)],
    ),
    "hidden group's details": (
        asked("group's details"),
        HIDDEN,
        [
            result(
                details("muc_hidden", "muc_persistent", "muc_membersonly", "muc_notallowinvites"), G
            )
        ],
    ),
    "unknown group's details": (
        asked("group's details"),
        GroupNotFound(room_id=GROUP),
        [error("404", "cancel", "item-not-found", G)],
    ),
    "occupants": (
        asked("group's occupants"),
        MEMBERS,
        [
            result(
                query(ITEMS, f"<item jid='{G}/ann' name='ann'/><item jid='{G}/bob' name='bob'/>"), G
            )
        ],
    ),
    "form": (asked("group's form"), QA, [result(CONFIG, G)]),
    "form is stored": (asked("fill the form"), None, [result(DONE, G)]),
    "form is not the caller's": (
        asked("fill the form"),
        NotPermitted(detail="not the owner"),
        [error("403", "auth", "forbidden", G)],
    ),
    "destroyed": (asked("destroy"), None, [result(DONE, G)]),
    "members": (
        iq("get", query(ADMIN, "<item affiliation='member'/>"), G),
        MEMBERS,
        [result(query(ADMIN, item(ANN, "owner", "ann") + item(BARE, "member", "bob")), G)],
    ),
    "blocked members": (
        asked("list blocked members"),
        ["ann"],
        [result(query(ADMIN, item(ANN, "outcast", "ann")), G)],
    ),
    "member added": (asked("add a member"), Joined(pending=False), [result("", G)]),
    "member was there": (asked("add a member"), AlreadyMember(), [result("", G)]),
    "member kicked": (asked("kick"), None, [result("", G)]),
    "member blocked": (asked("block a member"), None, [result("", G)]),
    "left the group": (asked("leave a group"), None, [result("", G)]),
    "open group joined": (
        asked("join a group"),
        Joined(pending=False),
        [result("", f"{G}/bob", "x")],
    ),
    "group wants approval": (
        asked("join a group"),
        ApprovalNeeded(),
        [
            f"<presence {CLIENT} type='error' from='{G}/bob' to='{FULL}' id='x'>"
            "<error code='407' type='auth'>"
            f"<registration-required xmlns='{STANZAS}'/></error></presence>"
        ],
    ),
    "unknown chatroom": (
        asked("join a chatroom"),
        ChatroomNotFound(room_id=ROOM),
        [error("404", "cancel", "item-not-found", f"{R}/Bob", "x:sendIQ")],
    ),
    "full chatroom": (
        asked("join a chatroom"),
        RoomFull(room_id=ROOM, kind="chatroom"),
        [
            f"<presence {CLIENT} from='{R}/Bob' to='{FULL}' type='unavailable'>{MARK}"
            "<status>full</status><error code='406' type='modify'>"
            f"<not-acceptable xmlns='{STANZAS}'/></error></presence>",
            error("406", "modify", "not-acceptable", f"{R}/Bob", "x:sendIQ"),
        ],
    ),
}

# What is answered at once, and changes nothing.
AT_ONCE: dict[str, tuple[str, list[str]]] = {
    "ping": (
        f"<iq from='{FULL}' to='easemob.com' type='get' id='q' {CLIENT}>"
        "<ping xmlns='urn:xmpp:ping'/></iq>",
        [result("", "easemob.com")],
    ),
    "block lists there are": (
        iq("get", query(PRIVACY)),
        [
            result(
                query(
                    PRIVACY,
                    "<active name='special'/><default name='special'/><list name='special'/>",
                )
            )
        ],
    ),
    "another default block list": (iq("set", query(PRIVACY, "<default name='x'/>")), [result()]),
    "another active block list": (iq("set", query(PRIVACY, "<active/>")), [result()]),
    "deprecated addRoster": (
        iq("set", query("jabber:iq:roster", f"<item jid='{ANN}' name='Annie'/>")),
        [result()],
    ),
    "form without fields": (
        iq("set", query(OWNER, "<x xmlns='jabber:x:data' type='cancel'/>"), G),
        [result(DONE, G)],
    ),
    "call signalling": (
        iq("set", "<conference xmlns='urn:xmpp:media-conference'/>", "easemob.com"),
        [error("501", "cancel", "feature-not-implemented", "easemob.com")],
    ),
    "what is no iq of ours": (
        iq("get", query("x:unknown")),
        [error("501", "cancel", "feature-not-implemented")],
    ),
    "answer to a push": (f"<iq type='result' id='push-ann-both' from='{FULL}' {CLIENT}/>", []),
    "error to a push": (f"<iq type='error' id='push-ann-both' from='{FULL}' {CLIENT}/>", []),
    "version": (
        f"<iq from='{FULL}' to='easemob.com' type='result' {CLIENT} id='1:sendIQ'>"
        "<query xmlns='jabber:iq:version'><name>easemob</name><version>1.4.13</version>"
        "<os>webim</os></query></iq>",
        [],
    ),
    "another status of oneself": (f"<presence {CLIENT}><show>away</show></presence>", []),
    "going off line": (f"<presence type='unavailable' {CLIENT}/>", []),
    "what follows leaving a group": (
        f"<presence to='{G}/bob' type='unavailable' {CLIENT}/>",
        [],
    ),
    "what follows a removal": (f"<presence to='{ANN}' type='unsubscribe' {CLIENT}/>", []),
    "invitation before its iq": (
        f"<message to='{G}' {CLIENT}><x xmlns='{MUC_USER}'><invite to='{ANN}'>"
        "<reason>come</reason></invite></x></message>",
        [],
    ),
    "error message": (f"<message to='{ANN}' type='error' {CLIENT}><body>{{}}</body></message>", []),
}
