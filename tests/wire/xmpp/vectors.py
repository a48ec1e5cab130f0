"""Stanza ⇄ command and event ⇄ stanza, as specs/webim1-xmpp.md prints them."""

from chat.domain.bodies import Body
from chat.domain.commands import (
    AddMembers,
    BlockMembers,
    Command,
    CreateRoom,
    DestroyRoom,
    GetRoom,
    GiveReceipt,
    JoinRoom,
    LeaveRoom,
    ListBlockedMembers,
    ListBlocks,
    ListMembers,
    ListRooms,
    ListRoster,
    RemoveContact,
    RemoveMembers,
    SendMessage,
    SetBlocks,
    UpdateRoom,
)
from chat.domain.commands import AnswerContact as Answer
from chat.domain.events import (
    Fact,
    MessagePosted,
    MessageRecalled,
    ReceiptGiven,
    RoomChange,
    RoomChanged,
    RosterChange,
    RosterChanged,
)
from chat.domain.targets import Conversation, ToChatroom, ToGroup, ToUser
from tests.wire.xmpp.cast import (
    ANN,
    BARE,
    CLIENT,
    FULL,
    GROUP,
    ID,
    IN_GROUP,
    IN_ROOM,
    MUC_USER,
    PAIR,
    PERSONAL,
    ROOM,
    G,
    R,
)

MARK = "<roomtype xmlns='easemob:x:roomtype' type='chatroom'/>"
RECEIPTS = "urn:xmpp:receipts"
PRIVACY = "jabber:iq:privacy"
OWNER, ADMIN = "http://jabber.org/protocol/muc#owner", "http://jabber.org/protocol/muc#admin"
GR, RO = ToGroup(GROUP), ToChatroom(ROOM)


def body(text: str) -> str:
    return "<body>" + text.replace('"', "&quot;") + "</body>"


SAID = '{"from":"Bob","to":"ann","bodies":[{"type":"txt","msg":"hi"}],"ext":{"k":1}}'
TEXT, EXT = Body("txt", {"msg": "hi"}), {"k": 1}


def iq(type_: str, inner: str, to: str = "") -> str:
    address = f" to='{to}'" if to else ""
    return f"<iq type='{type_}' id='q'{address} {CLIENT}>{inner}</iq>"


def query(ns: str, inner: str = "") -> str:
    return f"<query xmlns='{ns}'>{inner}</query>"


# What a client sends, and the command that it is.
COMMANDS: dict[str, tuple[str, Command]] = {
    "message to a user": (
        f"<message type='chat' to='{ANN}' id='c1' {CLIENT}>{body(SAID)}</message>",
        SendMessage(ToUser("ann"), TEXT, EXT, "c1"),
    ),
    "message to a group": (
        f"<message type='groupchat' to='{G}' id='c1' {CLIENT}>{body(SAID)}</message>",
        SendMessage(GR, TEXT, EXT, "c1"),
    ),
    "message to a chatroom": (
        f"<message type='groupchat' to='{R}' id='c1' {CLIENT}>{body(SAID)}{MARK}</message>",
        SendMessage(RO, TEXT, EXT, "c1"),
    ),
    "message to a chatroom as the article sends it": (
        f"<message type='chat' to='{R.replace('conference.', '')}' id='c1' {CLIENT}>"
        f"{body(SAID)}{MARK}</message>",
        SendMessage(RO, TEXT, EXT, "c1"),
    ),
    "delivered": (
        f"<message from='{FULL}' to='{ANN}' id='c2' {CLIENT}><body>{ID}</body>"
        f"<delivery xmlns='{RECEIPTS}' id='{ID}'/></message>",
        GiveReceipt("delivered", "ann", ID),
    ),
    "read": (
        f"<message from='{FULL}' to='{ANN}' id='c2' {CLIENT}><body>{ID}</body>"
        f"<acked xmlns='{RECEIPTS}' id='{ID}'/></message>",
        GiveReceipt("read", "ann", ID),
    ),
    "roster": (iq("get", query("jabber:iq:roster")), ListRoster()),
    "request": (
        f"<presence to='{ANN}' type='subscribe' {CLIENT}><status>hi</status></presence>",
        ListRoster(),  # friends are not asked again
    ),
    "accept": (f"<presence to='{ANN}' type='subscribed' {CLIENT}/>", Answer("ann", accept=True)),
    "refuse": (
        f"<presence to='{ANN}' type='unsubscribed' {CLIENT}><status>no</status></presence>",
        Answer("ann", accept=False, message="no"),
    ),
    "remove": (
        iq("set", query("jabber:iq:roster", f"<item jid='{ANN}' subscription='remove'/>")),
        RemoveContact("ann"),
    ),
    "get blocks": (iq("get", query(PRIVACY, "<list name='special'/>")), ListBlocks()),
    "set blocks": (
        iq(
            "set",
            query(
                PRIVACY,
                "<list name='special'><item action='deny' order='2' type='jid'"
                f" value='{ANN}'><message/></item></list>",
            ),
        ),
        SetBlocks(("ann",)),
    ),
    "join a chatroom": (
        f"<presence from='{FULL}' to='{R}/Bob' {CLIENT} id='x:sendIQ'><x xmlns='{MUC_USER}'>"
        f"<item affiliation='member' role='participant'/></x>{MARK}</presence>",
        JoinRoom(RO, announce=True),
    ),
    "leave a chatroom": (
        f"<presence to='{R}/Bob' type='unavailable' {CLIENT} id='x'><x xmlns='{MUC_USER}'>"
        f"<item affiliation='none' role='none'/></x>{MARK}</presence>",
        LeaveRoom(RO),
    ),
    "create a group": (
        f"<presence to='{G}/bob' {CLIENT}><x xmlns='http://jabber.org/protocol/muc'/>"
        "<create xmlns='http://jabber.org/protocol/muc'/></presence>",
        CreateRoom("group", GROUP, room_id=GROUP, invite_need_confirm=False),
    ),
    "join a group": (
        f"<presence to='{G}/bob' id='x' {CLIENT}>"
        "<x xmlns='http://jabber.org/protocol/muc'/></presence>",
        JoinRoom(GR),
    ),
    "list groups": (
        iq("get", query("http://jabber.org/protocol/disco#items"), "conference.easemob.com"),
        ListRooms("group", limit=1000),
    ),
    "group's details": (
        iq("get", query("http://jabber.org/protocol/disco#info"), G),
        GetRoom(GR),
    ),
    "group's occupants": (
        iq("get", query("http://jabber.org/protocol/disco#items"), G),
        ListMembers(GR, limit=1000),
    ),
    "group's form": (iq("get", query(OWNER), G), GetRoom(GR)),
    "fill the form": (
        iq(
            "set",
            query(
                OWNER,
                "<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_roomname'>"
                "<value>New</value></field><field var='muc#roomconfig_publicroom'>"
                "<value>1</value></field></x>",
            ),
            G,
        ),
        UpdateRoom(GR, {"name": "New", "public": True}),
    ),
    "destroy": (
        iq("set", query(OWNER, "<destroy><reason>x</reason></destroy>"), G),
        DestroyRoom(GR),
    ),
    "list blocked members": (
        iq("get", query(ADMIN, "<item affiliation='outcast'/>"), G),
        ListBlockedMembers(GR),
    ),
    "add a member": (
        iq("set", query(ADMIN, f"<item affiliation='member' jid='{ANN}'/>"), G),
        AddMembers(GR, ("ann",)),
    ),
    "kick": (
        iq(
            "set",
            query(
                ADMIN,
                f"<item affiliation='none' jid='{ANN}'/><item role='none' jid='{ANN}'/>",
            ),
            G,
        ),
        RemoveMembers(GR, ("ann",)),
    ),
    "leave a group": (
        iq("set", query(ADMIN, f"<item affiliation='none' jid='{BARE}'/>"), G),
        LeaveRoom(GR),
    ),
    "block a member": (
        iq("set", query(ADMIN, f"<item affiliation='outcast' jid='{ANN}'/>"), G),
        BlockMembers(GR, ("ann",)),
    ),
}

OUT = '{"from":"ann","to":"bob","bodies":[{"type":"txt","msg":"\\u4f60"}],"ext":{}}'
OUT_GROUP, OUT_ROOM = OUT.replace("bob", GROUP), OUT.replace("bob", ROOM)
POSTED = MessagePosted(Body("txt", {"msg": "你"}))
MEMBER = f"<x xmlns='{MUC_USER}'><item affiliation='member' role='participant'/></x>"
NOBODY = f"<x xmlns='{MUC_USER}'><item affiliation='none' role='none'/></x>"


def group(change: RoomChange, *users: str, **detail: object) -> RoomChanged:
    return RoomChanged(change, "group", GROUP, users, dict(detail))


def room(change: RoomChange, *users: str) -> RoomChanged:
    return RoomChanged(change, "chatroom", ROOM, users)


def push(subscription: str, ask: str = "") -> str:
    more = f" ask='{ask}'" if ask else ""
    return (
        f"<iq {CLIENT} type='set' id='push-ann-{subscription}' from='{BARE}' to='{FULL}'>"
        f"<query xmlns='jabber:iq:roster'><item jid='{ANN}' subscription='{subscription}'{more}/>"
        "</query></iq>"
    )


def contact(type_: str, status: str = "", id_: str = "") -> str:
    head = f"<presence {CLIENT} from='{ANN}' to='{BARE}' type='{type_}'"
    head += f" id='{id_}'" if id_ else ""
    return f"{head}><status>{status}</status></presence>" if status else f"{head}/>"


def notify(from_: str, inner: str, more: str = "") -> str:
    return (
        f"<message {CLIENT} from='{from_}' to='{BARE}' id='{ID}' type='notify'{more}>"
        f"<x xmlns='{MUC_USER}'>{inner}</x><body/></message>"
    )


def occupant(address: str, x: str, mark: str = "", type_: str = "") -> str:
    more = f" type='{type_}'" if type_ else ""
    return f"<presence {CLIENT} from='{address}' to='{FULL}'{more}>{x}{mark}</presence>"


ACTOR = f"<actor nick='ann' jid='{ANN}'/>"
GONE = " presence_type='unavailable'"
INVITATION = (
    f"<message {CLIENT} from='{G}' to='{BARE}' id='{ID}' type='normal'><x xmlns='{MUC_USER}'>"
    f"<invite from='{ANN}'><reason></reason></invite></x>"
    f"<x xmlns='jabber:x:conference' jid='{G}'/>"
    "<body>ann invites you to the room</body></message>"
)

# What ann did, in which log, and what bob is told of it.
EVENTS: dict[str, tuple[Fact, Conversation, list[str]]] = {
    "message in a pair": (
        POSTED,
        PAIR,
        [f"<message {CLIENT} from='{ANN}' to='{BARE}' type='chat' id='{ID}'>{body(OUT)}</message>"],
    ),
    "message in a group": (
        POSTED,
        IN_GROUP,
        [
            f"<message {CLIENT} from='{G}/ann' to='{BARE}' type='groupchat' id='{ID}'>"
            f"{body(OUT_GROUP)}</message>"
        ],
    ),
    "message in a chatroom": (
        POSTED,
        IN_ROOM,
        [
            f"<message {CLIENT} from='{R}/ann' to='{BARE}' type='groupchat' id='{ID}'>"
            f"{body(OUT_ROOM)}{MARK}</message>"
        ],
    ),
    "read receipt": (
        ReceiptGiven("read", 99),
        PAIR,
        [
            f"<message {CLIENT} from='{ANN}' to='{BARE}' id='{ID}'><body>99</body>"
            f"<acked xmlns='{RECEIPTS}' id='99'/></message>"
        ],
    ),
    "delivered receipt": (
        ReceiptGiven("delivered", 99),
        PAIR,
        [
            f"<message {CLIENT} from='{ANN}' to='{BARE}' id='{ID}'><body>99</body>"
            f"<delivery xmlns='{RECEIPTS}' id='99'/></message>"
        ],
    ),
    "recall": (MessageRecalled(99), PAIR, []),
    "request": (
        RosterChanged(RosterChange.REQUEST, "ann", "hello"),
        PERSONAL,
        [contact("subscribe", "hello", "ask-ann")],
    ),
    "own request elsewhere": (
        RosterChanged(RosterChange.REQUEST, "ann", by_me=True),
        PERSONAL,
        [push("none", "subscribe")],
    ),
    "accepted": (
        RosterChanged(RosterChange.ADDED, "ann", answers=True),
        PERSONAL,
        [push("both"), contact("subscribed", "[resp:true]")],
    ),
    "made friends by the backend": (
        RosterChanged(RosterChange.ADDED, "ann"),
        PERSONAL,
        [push("both")],
    ),
    "refused": (
        RosterChanged(RosterChange.DECLINED, "ann", "no"),
        PERSONAL,
        [push("none"), contact("unsubscribed", "no")],
    ),
    "removed": (
        RosterChanged(RosterChange.REMOVED, "ann"),
        PERSONAL,
        [push("remove"), contact("unsubscribe"), contact("unsubscribed")],
    ),
    "added to a group": (
        group(RoomChange.MEMBERS_ADDED, "bob"),
        IN_GROUP,
        [INVITATION, occupant(f"{G}/bob", MEMBER)],
    ),
    "another added": (
        group(RoomChange.MEMBERS_ADDED, "eve"),
        IN_GROUP,
        [occupant(f"{G}/eve", MEMBER)],
    ),
    "application accepted": (
        group(RoomChange.MEMBERS_ADDED, "bob", approved=True, name="QA"),
        IN_GROUP,
        [
            f"<message {CLIENT} from='{G}' to='{BARE}' id='{ID}'><x xmlns='{MUC_USER}'>"
            f"<accept to='{G}' from='{ANN}' fromNick='QA'><reason></reason></accept></x>"
            "<body/></message>",
            occupant(f"{G}/bob", MEMBER),
        ],
    ),
    "application": (
        group(RoomChange.REQUESTED, "eve", name="QA", message="please"),
        PERSONAL,
        [
            notify(
                "demo#app_eve@easemob.com",
                f"<apply from='demo#app_eve@easemob.com' to='{G}' toNick='QA'>"
                "<reason>please</reason></apply>",
            )
        ],
    ),
    "application refused": (
        group(RoomChange.REQUEST_DECLINED, "bob"),
        PERSONAL,
        [
            notify(
                ANN,
                f"<decline from='{ANN}' fromNick='{GROUP}'><reason></reason></decline>",
            )
        ],
    ),
    "another left the group": (
        group(RoomChange.MEMBER_LEFT, "eve"),
        IN_GROUP,
        [occupant(f"{G}/eve", NOBODY, type_="unavailable")],
    ),
    "removed from a group": (
        group(RoomChange.MEMBERS_REMOVED, "bob"),
        IN_GROUP,
        [
            notify(
                f"{G}/bob",
                f"<item affiliation='none' role='none'>{ACTOR}</item><status code='321'/>",
                GONE,
            )
        ],
    ),
    "another removed": (
        group(RoomChange.MEMBERS_REMOVED, "eve"),
        IN_GROUP,
        [
            notify(
                f"{G}/eve",
                "<item affiliation='none' role='none' jid='demo#app_eve@easemob.com' nick='eve'>"
                f"{ACTOR}</item><status code='307'/>",
                f"{GONE} nick='eve'",
            )
        ],
    ),
    "group destroyed": (
        group(RoomChange.DESTROYED, name="QA"),
        IN_GROUP,
        [
            notify(
                f"{G}/bob",
                "<item affiliation='none' role='none'/><destroy><reason>QA</reason></destroy>",
                GONE,
            )
        ],
    ),
    "made an admin": (
        group(RoomChange.ADMIN_ADDED, "bob"),
        IN_GROUP,
        [notify(G, f"<add_admin mucjid='{G}' from='{ANN}' to='{BARE}'/>")],
    ),
    "no admin any more": (
        group(RoomChange.ADMIN_REMOVED, "bob"),
        IN_GROUP,
        [notify(G, f"<remove_admin mucjid='{G}' from='{ANN}' to='{BARE}'/>")],
    ),
    "muted": (
        group(RoomChange.MUTED, "bob"),
        IN_GROUP,
        [notify(G, f"<add_mute mucjid='{G}' from='{ANN}' to='{BARE}'/>")],
    ),
    "free to speak": (
        group(RoomChange.UNMUTED, "bob"),
        IN_GROUP,
        [notify(G, f"<remove_mute mucjid='{G}' from='{ANN}' to='{BARE}'/>")],
    ),
    "another muted": (group(RoomChange.MUTED, "eve"), IN_GROUP, []),
    "another joined the chatroom": (
        room(RoomChange.MEMBER_JOINED, "eve"),
        IN_ROOM,
        [occupant(f"{R}/eve", MEMBER, MARK)],
    ),
    "another left the chatroom": (
        room(RoomChange.MEMBER_LEFT, "eve"),
        IN_ROOM,
        [occupant(f"{R}/eve", NOBODY, MARK, "unavailable")],
    ),
    "removed from a chatroom": (
        room(RoomChange.MEMBERS_REMOVED, "bob"),
        IN_ROOM,
        [
            notify(
                f"{R}/bob",
                f"<item affiliation='none' role='none'>{ACTOR}</item><status code='321'/>",
                GONE,
            )
        ],
    ),
}
