"""The XMPP wire of the vendor's first generation: one stanza per text frame.

    NEW --<open>--> OPENED --<auth> proven--> PROVEN --<open>, bind answered--> BOUND
    BOUND --first <presence>--> LOADING --everything missed was sent--> AVAILABLE
    any --stream error, <close/>, failure--> ENDING (nothing is read or told; closed within 2 s)

In BOUND nothing but answers is told: the log-in's first presence starts delivery. While it loads,
what happens is held and told after what was missed, each entry once.

Source: specs/webim1-xmpp.md §3, §4, §13.
"""

from collections.abc import Callable
from enum import Enum

from chat.domain.answers import LoggedIn
from chat.domain.commands import CheckLogIn, ClientInfo, Command, LogIn
from chat.domain.errors import ImError
from chat.domain.events import Closing, Event, Kicked, Logged
from chat.wire.base import Close, FrameCache, Output, Run, Send, Told
from chat.wire.xmpp import errors, messages, muc, sasl
from chat.wire.xmpp.addresses import DOMAIN, Addresses
from chat.wire.xmpp.asks import Ask, Step, refused
from chat.wire.xmpp.contacts import contact_steps
from chat.wire.xmpp.delivery import Delivery
from chat.wire.xmpp.framing import (
    NS_BIND,
    NS_CLIENT,
    NS_FRAMING,
    NS_SASL,
    NS_SESSION,
    NS_STREAM,
    NS_VERSION,
    BadXml,
    Element,
    parse,
    tag,
)
from chat.wire.xmpp.iq import steps_for

MAX_FRAME_BEFORE_LOGIN = 64 * 1024
MAX_FRAME = 1024 * 1024
NOT_UTF8 = 1007  # the close code of RFC 6455
LOG_IN_DEADLINE_S = 30.0
MAX_RESOURCE = 200
ENDING_TICKS = 2  # the second tick comes 1–2 s after the first frame of the end

# The namespaces that a frame's element may have; clients that leave a stanza's out are understood.
_STANZA = (NS_CLIENT, "")
_SPACES = {
    "open": (NS_FRAMING,),
    "close": (NS_FRAMING,),
    "auth": (NS_SASL,),
    **dict.fromkeys(("iq", "presence", "message"), _STANZA),
}
_CLOSE = tag("close", NS_FRAMING)
_BOUND_FEATURES = (
    f"<stream:features xmlns:stream='{NS_STREAM}'>"
    f"{tag('bind', NS_BIND)}{tag('session', NS_SESSION)}</stream:features>"
)


class State(Enum):
    NEW = 1
    OPENED = 2
    PROVEN = 3
    BOUND = 4
    LOADING = 5
    AVAILABLE = 6
    ENDING = 7
    CLOSED = 8


_TOLD = frozenset({State.BOUND, State.LOADING, State.AVAILABLE})


class XmppSession:
    """One connection's state. `wall_ms` tells the time of day in ms."""

    name = "xmpp"

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.wall_ms = wall_ms
        self.state = State.NEW
        self._proof = sasl.Proof("", "")
        self._busy = False  # a log-in is being checked
        self._addresses = Addresses("", "")
        self._delivery = Delivery(self._addresses)
        self._writer = messages.Writer(self._addresses, wall_ms)
        self._entered: set[str] = set()  # chatrooms that this connection came into
        self._next = 0
        self._asked: dict[str, Callable[[object | ImError], list[Step]]] = {}
        self._opened_at = 0.0
        self._ticks_left = ENDING_TICKS

    @property
    def unacked(self) -> int:
        return self._delivery.acks.waiting

    def opened(self, now: float) -> list[Output]:
        self._opened_at = now
        return []

    def receive(self, frame: str | bytes, now: float) -> list[Output]:
        if self.state is State.CLOSED:
            return []
        if isinstance(frame, bytes):
            return self._end(errors.stream_error("unsupported-encoding"))
        logged_in = self.state in _TOLD
        limit = MAX_FRAME if logged_in else MAX_FRAME_BEFORE_LOGIN
        if len(frame) > limit or len(frame.encode(errors="replace")) > limit:
            return self._end(errors.stream_error("policy-violation"))
        if not frame.strip():  # a keep-alive
            return []
        try:
            element = parse(frame)
        except BadXml as exc:
            return self._end(errors.stream_error(str(exc)))
        if element.ns == NS_FRAMING and element.name == "close":
            return self._closed_by_client()
        if self.state is State.ENDING:
            return []
        if element.ns not in _SPACES.get(element.name, (element.ns,)):
            return self._end(errors.stream_error("invalid-namespace"))
        return self._outputs(self._steps_for(element))

    def _steps_for(self, element: Element) -> list[Step]:
        match self.state, element.name:
            case ((State.NEW | State.OPENED | State.PROVEN), "open"):
                return self._open(element)
            case State.OPENED, "auth" if not self._busy:
                return self._authenticate(element)
            case State.PROVEN, "iq":
                return self._bind(element)
            case ((State.BOUND | State.LOADING | State.AVAILABLE), "iq"):
                return self._iq(element)
            case ((State.BOUND | State.LOADING | State.AVAILABLE), "presence"):
                return self._presence(element)
            case ((State.BOUND | State.LOADING | State.AVAILABLE), "message"):
                return self._message(element)
            case ((State.OPENED | State.PROVEN), "auth" | "presence" | "message" | "response"):
                return self._ending(errors.stream_error("not-authorized"))
            case _:
                return self._ending(errors.stream_error("unsupported-stanza-type"))

    # The stream

    def _open(self, element: Element) -> list[Step]:
        to = element.attrs.get("to", DOMAIN).lower()
        attrs = f"from='{DOMAIN}' id='{self.wall_ms():x}' version='1.0' xml:lang='en'"
        opened = f"<open xmlns='{NS_FRAMING}' {attrs}/>"
        if to != DOMAIN:
            return [opened, *self._ending(errors.stream_error("host-unknown"))]
        if self.state is State.PROVEN:
            return [opened, _BOUND_FEATURES]
        self.state = State.OPENED
        return [opened, sasl.MECHANISMS]

    def _authenticate(self, auth: Element) -> list[Step]:
        if auth.attrs.get("mechanism", "").upper() != "PLAIN":
            return self._ending(sasl.failure("invalid-mechanism"))
        proof = sasl.proof_of(auth)
        if proof is None:
            return self._ending(sasl.failure("not-authorized"))
        self._proof, self._busy = proof, True
        check = CheckLogIn(proof.appkey, proof.username, proof.token, proof.password)
        return [Ask(check, self._proven)]

    def _proven(self, outcome: object | ImError) -> list[Step]:
        self._busy = False
        if isinstance(outcome, ImError):
            return self._ending(sasl.failure(errors.row_of(outcome).sasl))
        self.state = State.PROVEN
        return [sasl.SUCCESS]

    def _bind(self, iq: Element) -> list[Step]:
        bind = iq.find("bind", NS_BIND)
        if bind is None or iq.attrs.get("type") != "set" or self._busy:
            return self._ending(errors.stream_error("not-authorized"))
        resource = bind.text_of("resource").strip()[:MAX_RESOURCE] or f"r{self.wall_ms():x}"
        uuid = bind.text_of("device_uuid").strip()
        if uuid.isascii() and uuid.isdigit():
            # COMPAT 1.4.15 with isMultiLoginSessions: every tab says `webim`, and its own number.
            resource = f"{resource}_{uuid[:32]}"
        self._writer.knows_errors = bind.find("device_uuid") is not None
        proof = self._proof
        client = ClientInfo("web" if resource.startswith("webim") else "", "xmpp", "")
        command = LogIn(proof.appkey, proof.username, proof.token, proof.password, resource, client)
        self._busy = True
        return [Ask(command, lambda outcome: self._bound(iq, resource, outcome))]

    def _bound(self, iq: Element, resource: str, outcome: object | ImError) -> list[Step]:
        self._busy = False
        if isinstance(outcome, ImError):
            self._addresses = Addresses(self._proof.appkey, self._proof.username, resource)
            return self._ending(refused(iq, self._addresses, outcome))
        assert isinstance(outcome, LoggedIn)
        self._addresses = Addresses(self._proof.appkey, outcome.username, resource)
        self._delivery = Delivery(self._addresses)
        self._writer.addresses = self._addresses
        self.state = State.BOUND
        jid = tag("bind", NS_BIND, f"<jid>{self._addresses.full}</jid>")
        attrs = {"type": "result", "id": iq.attrs.get("id", "")}
        return [tag("iq", NS_CLIENT, jid, **attrs)]

    # Stanzas

    def _iq(self, iq: Element) -> list[Step]:
        if iq.attrs.get("type") == "result":
            query = iq.find("query", NS_VERSION)
            if query is not None:
                self._writer.heard_version(query.text_of("version"))
            return []
        if iq.find("session", NS_SESSION) is not None and "to" not in iq.attrs:
            attrs = {"type": "result", "id": iq.attrs.get("id", "")}
            return [tag("iq", NS_CLIENT, "", **attrs)]
        return steps_for(iq, self._addresses)

    def _presence(self, stanza: Element) -> list[Step]:
        to, type_ = stanza.attrs.get("to", ""), stanza.attrs.get("type", "")
        if to and self._addresses.is_room(to):
            return muc.presence_steps(stanza, self._addresses, self._entered)
        if to and type_:
            return contact_steps(stanza, type_, self._addresses)
        if not to and not type_ and self.state is State.BOUND:
            self.state = State.LOADING
            return self._delivery.start(self._loaded)
        return []

    def _loaded(self) -> None:
        if self.state is State.LOADING:
            self.state = State.AVAILABLE

    def _message(self, stanza: Element) -> list[Step]:
        if stanza.attrs.get("type") == "error":
            return []
        receipt = messages.receipt_steps(stanza, self._addresses, self._delivery.acks)
        if receipt is not None:
            return receipt
        return self._writer.steps(stanza)

    # What comes from inside

    def answer(self, ref: str, outcome: object | ImError) -> list[Output]:
        then = self._asked.pop(ref, None)
        if then is None or self.state in (State.ENDING, State.CLOSED):
            return []
        return self._outputs(then(outcome))

    def deliver(self, event: Event, cache: FrameCache) -> list[Output]:
        if self.state not in _TOLD:
            return []
        match event:
            case Kicked(reason):
                return self._end(errors.kicked(reason))
            case Closing():
                self.state = State.CLOSED
                return [Send(_CLOSE)]
            case Logged() if self.state is State.LOADING:
                self._delivery.hold(event)
                return []
            case Logged() if self.state is State.AVAILABLE:
                return self._outputs(self._delivery.live(event, cache))
            case _:
                return []

    def gathered(self) -> list[Output]:
        return []  # every event has a frame of its own

    def tick(self, now: float) -> list[Output]:
        if self.state in (State.NEW, State.OPENED, State.PROVEN):
            if now - self._opened_at > LOG_IN_DEADLINE_S:
                return self._end(errors.stream_error("connection-timeout"))
        elif self.state is State.ENDING:
            self._ticks_left -= 1
            if self._ticks_left <= 0:
                self.state = State.CLOSED
                return [Close(1000)]
        return []

    # Outputs

    def _outputs(self, steps: list[Step]) -> list[Output]:
        made: list[Output] = []
        for step in steps:
            match step:
                case str():
                    made.append(Send(step))
                case Ask(command, then):
                    made.append(self._run(command, then))
                case Command():
                    made.append(Run(step, ""))
                case Close() | Told():
                    made.append(step)
        return made

    def _run(self, command: Command, then: Callable[[object | ImError], list[Step]]) -> Run:
        self._next += 1
        ref = str(self._next)
        self._asked[ref] = then
        return Run(command, ref)

    def _ending(self, last: str) -> list[Step]:
        """Say the last word and let the client close: a socket that is closed at once takes the
        word with it, with some clients (4.2)."""
        self.state = State.ENDING
        return [last]

    def last_word(self, code: int) -> str:
        """RFC 6120, 4.9.3: text that breaks the rules of UTF-8, or more than we take."""
        self.state = State.CLOSED
        is_text = code == NOT_UTF8
        return errors.stream_error("unsupported-encoding" if is_text else "policy-violation")

    def _end(self, last: str) -> list[Output]:
        if self.state is State.ENDING:
            self.state = State.CLOSED
            return [Close(1000)]
        return self._outputs(self._ending(last))

    def _closed_by_client(self) -> list[Output]:
        said = [] if self.state is State.ENDING else [Send(_CLOSE)]
        self.state = State.CLOSED
        return [*said, Close(1000)]
