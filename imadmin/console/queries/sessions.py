"""Live connections as the console lists them: filtered, with their silence in seconds."""

from dataclasses import dataclass

from accounts.domain.actor import AppRef
from chat.domain.errors import SessionNotFound
from chat.live.online import DeviceOnline, connections, devices_of
from chat.queries.observed import PastConnection, ended_connections
from chat.store.clock import now_ms

SILENT_S, LOST_S = 45, 75


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A connection, for how many seconds nothing came from its client, and since when it is."""

    session: DeviceOnline
    silent_s: int
    open_s: int = 0

    @property
    def place(self) -> str:
        """Where it stands in the list, as a cursor: fixed width, so that texts order as it does."""
        return f"{self.session.since_ms:013d}-{self.session.connection}"

    @property
    def chip(self) -> str:
        return "err" if self.silent_s > LOST_S else "warn" if self.silent_s > SILENT_S else "ok"


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Empty values filter nothing; texts match anywhere, `wire` as a whole."""

    user: str = ""
    client: str = ""
    wire: str = ""
    address: str = ""
    idle_s: int = 0


def list_sessions(app: AppRef, wanted: SessionFilter | None = None) -> list[SessionRow]:
    """The live connections of an app, over all processes, the oldest first."""
    wanted = wanted or SessionFilter()
    return [row for one in connections(app.id) if _passes(row := row_of(one), wanted)]


def page_sessions(
    app: AppRef, wanted: SessionFilter, *, by_user: bool, after: str, limit: int
) -> tuple[list[SessionRow], str, int]:
    """A page of them, the next page's `after` (empty: the last) and how many there are. By user or
    the oldest first; what connects or goes meanwhile moves nothing from one page to another."""

    def place(row: SessionRow) -> str:
        return f"{row.session.username}/{row.place}" if by_user else row.place

    rows = sorted(list_sessions(app, wanted), key=place)
    behind = [row for row in rows if place(row) > after][: limit + 1]
    more = place(behind[limit - 1]) if len(behind) > limit else ""
    return behind[:limit], more, len(rows)


def sessions_of(app: AppRef, user_id: int) -> list[SessionRow]:
    """The live connections of one user, the oldest first."""
    return [row_of(one) for one in connections(app.id) if one.user_id == user_id]


def last_connections(app: AppRef, user_id: int, most: int) -> list[DeviceOnline | PastConnection]:
    """A user's newest connections, the live ones first."""
    found: list[DeviceOnline | PastConnection] = [*reversed(devices_of(app.id, user_id))]
    found += ended_connections(app, most, user_id)
    return found[:most]


def get_session(app: AppRef, connection: str) -> DeviceOnline:
    """Raises SessionNotFound: it has ended, or never was."""
    for one in connections(app.id):
        if one.connection == connection:
            return one
    raise SessionNotFound()


def row_of(one: DeviceOnline) -> SessionRow:
    heard_ms = max(one.heard_ms, one.since_ms)
    now = now_ms()
    return SessionRow(one, max(0, (now - heard_ms) // 1000), max(0, (now - one.since_ms) // 1000))


def _passes(row: SessionRow, wanted: SessionFilter) -> bool:
    one = row.session
    client = f"{one.client} {one.sdk} {one.version}".lower()
    return (
        wanted.user.lower() in one.username
        and wanted.client.lower() in client
        and wanted.wire in {"", one.wire}
        and wanted.address in one.address
        and row.silent_s >= wanted.idle_s
    )
