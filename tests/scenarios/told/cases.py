"""What a row of the table is: the REST call, and what each role's devices are told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from imadmin.testclient.players import Wire
from tests.scenarios.told.readers import Told

Json = dict[str, Any]
Terms = Mapping[str, Sequence[str]]  # role → terms; who is not named is told nothing
NOTHING: Terms = {}


@dataclass(frozen=True)
class Call:
    """`{owner}`, `{g}`, … in path and body are names and ids of the case. `by`: with the token of
    that role, not of the app. `keeps`: the name for the id of what it makes."""

    method: str
    path: str
    body: Any = None
    by: str = ""
    keeps: str = ""
    files: Any = None


@dataclass(frozen=True)
class Case:
    """`needs`: group {g}, room {r}, guest. `told` is on every wire; `msync` and `xmpp` say who is
    told otherwise there, or with `xmpp=NOTHING` that the wire shows nothing at all. `silences`: to
    whom `one` may not write any more, on any wire.

    `by`: who acts, in the eyes of those who are told; a term may name another: "… (by other)".
    """

    row: str
    name: str
    call: Call
    told: Terms = field(default_factory=dict)
    needs: str = ""
    given: Sequence[Call] = ()
    after: Sequence[Call] = ()
    by: str = "owner"
    native: Terms | None = None
    msync: Terms | None = None
    xmpp: Terms | None = None
    destroys: bool = False
    silences: Json | None = None

    @property
    def id(self) -> str:
        return f"{self.row}: {self.name}"

    def told_on(self, wire: Wire, role: str) -> list[Told]:
        other = {"native": self.native, "msync": self.msync, "xmpp": self.xmpp}[wire]
        if other is not None and not other:
            return []
        terms = {**self.told, **(other or {})}.get(role, ())
        return [self._told(term) for term in terms]

    def _told(self, term: str) -> Told:
        what, _, by = term.removesuffix(")").partition(" (by ")
        return Told(what, by or self.by)


def in_chatroom(case: Case, **changes: Any) -> Case:
    """The same of a chatroom as of a group."""

    def moved(value: Any) -> Any:
        match value:
            case str():
                value = value.replace("/chatgroups/", "/chatrooms/").replace("{g}", "{r}")
                return value.replace("group: ", "room: ")
            case dict():
                return {moved(key): moved(item) for key, item in value.items()}
            case list() | tuple():
                return type(value)(moved(item) for item in value)
        return value

    def call(of: Call) -> Call:
        return replace(of, path=moved(of.path), body=moved(of.body))

    made = replace(
        case,
        name=case.name + ", chatroom",
        call=call(case.call),
        given=tuple(call(one) for one in case.given),
        after=tuple(call(one) for one in case.after),
        told=moved(case.told),
        msync=moved(case.msync),
        xmpp=moved(case.xmpp),
        needs=case.needs.replace("group", "room"),
    )
    return replace(made, **changes)
