"""Stanza → command, as specs/webim1-xmpp.md prints them; events are in event_vectors."""

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
from chat.domain.targets import ToChatroom, ToGroup, ToUser
from tests.wire.xmpp.cast import (
    ANN,
    BARE,
    CLIENT,
    FULL,
    GROUP,
    ID,
    MUC_USER,
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
        GiveReceipt("delivered", "ann", ID, in_groups=True),
    ),
    "read": (
        f"<message from='{FULL}' to='{ANN}' id='c2' {CLIENT}><body>{ID}</body>"
        f"<acked xmlns='{RECEIPTS}' id='{ID}'/></message>",
        GiveReceipt("read", "ann", ID, in_groups=True),
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
