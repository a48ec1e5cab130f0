"""The first generation's stanzas in the words of `readers` (specs/webim1-xmpp.md 6 to 9).

It reads the stanzas themselves: what the SDK makes of one depends on attributes that the test
client leaves out.
"""

import json
from xml.etree import ElementTree as ET

from imadmin.testclient.xmpp_stanzas import MARK, ROOMS, USER, local, name_in
from tests.e2e.people import APPKEY
from tests.scenarios.told.readers import Ears, Told, in_short

_CLIENT = "{jabber:client}"
_SUBSCRIPTIONS = {"both": "friend {}", "remove": "no friend {}"}
_ROLES = {
    "add_admin": "{} is admin",
    "remove_admin": "{} is no admin",
    "add_mute": "{} is muted",
    "remove_mute": "{} may speak",
}


def xmpp(frame: str, ears: Ears) -> list[Told]:
    stanza = ET.fromstring(frame)  # our own server's
    match local(stanza):
        case "iq" if stanza.get("type") == "set":
            return _push(stanza, ears)
        case "message":
            return _message(stanza, ears)
        case "presence":
            return _presence(stanza, ears)
        case "error":
            said = next(one.text for one in stanza if local(one) == "text")
            return [Told(f"closed: {said}")]
    return []  # answers, and what frames the stream


def _name(jid: str | None, ears: Ears) -> str:
    return ears.say(name_in(jid or "", APPKEY))


def _push(iq: ET.Element, ears: Ears) -> list[Told]:
    if iq.find("{jabber:iq:privacy}query") is not None:
        return [Told("blocks")]
    [item] = iq.iter("{jabber:iq:roster}item")
    said = _SUBSCRIPTIONS[item.get("subscription", "")]
    return [Told(said.format(_name(item.get("jid"), ears)))]


def _message(message: ET.Element, ears: Ears) -> list[Told]:
    body = message.find(f"{_CLIENT}body")
    assert body is not None, "without one clients go deaf (rule 8)"
    notice = message.find(f"{USER}x")
    if notice is not None:
        return _notice(message, notice, ears)
    if message.get("type") == "error" or not (body.text or "").startswith("{"):
        return []  # a refusal, a receipt
    said = json.loads(body.text or "")
    to_room = message.get("type") == "groupchat"
    place = _name(message.get("from"), ears) if to_room else "chat"
    assert to_room == (ROOMS in message.get("from", ""))
    assert (message.find(MARK) is not None) == (place == "room")
    return [ears.told(f"{place}: message {in_short(said['bodies'][0])}", said["from"])]


def _notice(message: ET.Element, notice: ET.Element, ears: Ears) -> list[Told]:
    room, first = _name(message.get("from"), ears), notice[0]
    kind = local(first)
    if kind == "invite":
        by = name_in(first.get("from", ""), APPKEY)
        return [ears.told(f"{room}: you are in", by)]
    if kind in _ROLES:
        by = name_in(first.get("from", ""), APPKEY)
        said = _ROLES[kind].format(_name(first.get("to"), ears))
        return [ears.told(f"{_name(first.get('mucjid'), ears)}: {said}", by)]
    assert message.get("type") == "notify"
    assert message.get("presence_type") == "unavailable"
    if notice.find(f"{USER}destroy") is not None:
        return [Told(f"{room}: destroyed")]
    actor, status = first.find(f"{USER}actor"), notice.find(f"{USER}status")
    assert actor is not None
    assert status is not None
    nick = ears.say(message.get("from", "").partition("/")[2])
    out = {"321": "you are out", "307": f"{nick} left"}
    assert (nick == ears.me) == (status.get("code") == "321")
    return [ears.told(f"{room}: {out[status.get('code', '')]}", actor.get("nick"))]


def _presence(presence: ET.Element, ears: Ears) -> list[Told]:
    from_, kind = presence.get("from", ""), presence.get("type", "")
    if ROOMS not in from_:
        return [Told(f"{kind} by {_name(from_, ears)}")]
    room, nick = _name(from_, ears), ears.say(from_.partition("/")[2])
    item = presence.find(f"{USER}x/{USER}item")
    assert (presence.find(MARK) is not None) == (room == "room")
    if item is None:  # rule 15: the joiner's own
        return [Told(f"{room}: you are in")]
    return [Told(f"{room}: {nick} {'left' if kind == 'unavailable' else 'came'}")]
