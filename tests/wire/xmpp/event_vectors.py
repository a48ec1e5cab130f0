"""Event → stanzas, as specs/webim1-xmpp.md prints them; commands are in vectors."""

from chat.domain.bodies import Body
from chat.domain.events import (
    Fact,
    GroupMessageRead,
    MessagePosted,
    MessageRecalled,
    ReceiptGiven,
    RoomChange,
    RoomChanged,
    RosterChange,
    RosterChanged,
)
from chat.domain.targets import Conversation
from chat.domain.threads import ThreadChange, ThreadChanged
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
from tests.wire.xmpp.vectors import MARK, RECEIPTS, body

IN_THREAD = Conversation.room("thread", "300000000000003", 44)
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


BLOCKS_PUSH = (
    f"<iq {CLIENT} type='set' id='push-blocks' from='{BARE}' to='{FULL}'>"
    "<query xmlns='jabber:iq:privacy'><list name='special'/></query></iq>"
)
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
    "a group's message was read": (
        GroupMessageRead(GROUP, 99, "ann", 1, asked=False),
        PERSONAL,
        [
            f"<message {CLIENT} from='{ANN}' to='{BARE}' id='{ID}'><body>99</body>"
            f"<acked xmlns='{RECEIPTS}' id='99'/></message>"
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
    "blocked on another device": (
        RosterChanged(RosterChange.BLOCKED, "ann", by_me=True),
        PERSONAL,
        [BLOCKS_PUSH],
    ),
    "unblocked on another device": (
        RosterChanged(RosterChange.UNBLOCKED, "ann", by_me=True),
        PERSONAL,
        [BLOCKS_PUSH],
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
    # These clients know no threads, and would take what is said in one for a group's.
    "message in a thread": (POSTED, IN_THREAD, []),
    "somebody joined a thread": (
        RoomChanged(RoomChange.MEMBER_JOINED, "thread", "300000000000003", ("eve",)),
        IN_THREAD,
        [],
    ),
    "a thread was made in the group": (
        ThreadChanged(ThreadChange.CREATED, "300000000000003", "lunch", 5),
        IN_GROUP,
        [],
    ),
}
