"""JIDs of this dialect: `org#app_user@easemob.com/webim`, `org#app_room@conference.easemob.com`.

Source: specs/webim1-xmpp.md §3.1. Nothing is escaped; the appkey's prefix is known, so names may
hold underscores.
"""

import re
from dataclasses import dataclass

DOMAIN = "easemob.com"
ROOMS_DOMAIN = "conference.easemob.com"

_LOCAL_PART = re.compile(r"(?P<appkey>[^_@/#\s]+#[^_@/#\s]+)_(?P<username>[^@/]+)")


def split_jid(jid: str) -> tuple[str, str, str]:
    """(local part, domain, resource); what is missing is empty."""
    bare, _, resource = jid.partition("/")
    local, at, domain = bare.rpartition("@")
    return (local, domain, resource) if at else ("", bare, resource)


def user_of(local: str) -> tuple[str, str]:
    """(appkey, username) of a user's local part, ("", "") if it is none."""
    found = _LOCAL_PART.fullmatch(local)
    return (found["appkey"], found["username"].lower()) if found else ("", "")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses as one bound connection writes and reads them."""

    appkey: str
    username: str
    resource: str = ""

    @property
    def bare(self) -> str:
        return self.user(self.username)

    @property
    def full(self) -> str:
        return f"{self.bare}/{self.resource}" if self.resource else self.bare

    def user(self, username: str) -> str:
        return f"{self.appkey}_{username}@{DOMAIN}"

    def room(self, room_id: str, nick: str = "") -> str:
        bare = f"{self.appkey}_{room_id}@{ROOMS_DOMAIN}"
        return f"{bare}/{nick}" if nick else bare

    def name_in(self, jid: str) -> str:
        """The user's or room's name in a JID of this app, as written; empty if it is none."""
        local, _, _ = split_jid(jid)
        prefix = f"{self.appkey}_"
        return local[len(prefix) :] if local.lower().startswith(prefix.lower()) else ""

    def is_room(self, jid: str) -> bool:
        return split_jid(jid)[1].lower() == ROOMS_DOMAIN
