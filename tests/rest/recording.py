"""What a call of the reference answers, without what differs from run to run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat.rest.reference import book
from chat.rest.reference.call import SAMPLES, Call
from tests.cast import Answer
from tests.rest.living import World

Record = dict[str, Any]
FILE = Path(book.__file__).with_name("record.json")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_AN_ID = "0c1d6f8a-3b5e-4b0e-9a55-0d9e7a1f2b3c"
_TIMES = (
    (re.compile(r"(?<!\d)1[789]\d{11}(?!\d)"), "1735689600123"),
    (re.compile(r"(?<!\d)1[789]\d{8}(?!\d)"), "1735689600"),
)
_LONG = (
    (re.compile(r"(?<!\d)\d{19}(?!\d)"), "1297401234567890135"),
    (re.compile(r"(?<!\d)\d{15}(?!\d)"), "259817360123908"),
    (re.compile(r"YWMt[\w.-]+"), "YWMtQ2h0b2tlbg"),
    (re.compile(r"Expires=\d+&Signature=[\w-]+"), SAMPLES["signed"]),
    (re.compile(r"^[A-Za-z0-9+/=]{60,}$"), "CgcIARIDQUJD"),
    # Python's own words, which its versions change.
    (re.compile(r"(?<=^Unexpected character in the request body): .*$"), ""),
)
_SAID = {"duration": 3, "share-secret": "obLDxYq4Ee6x", "unixtime": 1735689600}


class Scrub:
    """Puts the reference's samples in the place of a world's ids, times and secrets."""

    def __init__(self, world: World) -> None:
        self._known = {real: SAMPLES[name] for name, real in world.names.items()}
        self._kept = {*SAMPLES.values()}

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                self.of(key): _SAID[key] if key in _SAID else self.of(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return int(self._text(str(value)))
        return value

    def _text(self, text: str) -> str:
        for real, sample in self._known.items():
            text = text.replace(real, sample)
        text = _UUID.sub(lambda m: m[0] if m[0] in self._kept else _AN_ID, text)
        for pattern, sample in (*_TIMES, *_LONG):
            text = pattern.sub(lambda m, s=sample: m[0] if m[0] in self._kept else s, text)  # type: ignore[misc]
        return text.replace("http://testserver", "http://im.local:8000")


def record_of(world: World, call: Call) -> Record:
    """What the call answers, what of it is required, and how it is refused."""
    scrub = Scrub(world)
    answer = world.make(call)
    assert answer.status == call.status, (call.key, answer.json)
    record: Record = {"answer": _content(scrub, answer)}
    refused: dict[str, list[str]] = {}
    required: dict[str, list[str]] = {"body": [], "query": []}
    for place, name, changed in spoilt(call):
        answer = world.make(call, **changed)
        if answer.status < 400:
            continue
        if place in required:
            required[place].append(name)
        said = [answer.json["error"], scrub.of(answer.json["error_description"])]
        refused.setdefault(f"{answer.status} {said[0]}", said)
    record |= {f"required_{place}": names for place, names in required.items() if names}
    record["refused"] = [[int(key.split()[0]), *said] for key, said in sorted(refused.items())]
    return record


def _content(scrub: Scrub, answer: Answer) -> Any:
    if answer.json is None:
        return {"bytes": answer.headers["Content-Type"]}
    return scrub.of(answer.json)


def spoilt(call: Call) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The call with one thing wrong each time: (which place, its name, what to change)."""
    if call.by:
        yield "token", "", {"token": None}
    if call.body is not None:
        yield "json", "", {"data": b"{"}
        yield "json", "", {"data": b"3"}
    if isinstance(call.body, dict):
        for name in call.body:
            yield "body", name, {"body": {k: v for k, v in call.body.items() if k != name}}
    for name in call.query:
        yield "query", name, {"path": _without(call, name)}
    for known, unknown in (("demo1", "nobody"), ("demo2", "nobody"), ("{group}", "1"),
                           ("{room}", "1"), ("{closed}", "1"), ("{message}", "1")):  # fmt: skip
        address = [unknown if part == known else part for part in call.address.split("/")]
        if "/".join(address) != call.address:
            yield "path", known, {"path": call.path.replace(call.address, "/".join(address))}


def _without(call: Call, name: str) -> str:
    parts = [part for part in call.path.partition("?")[2].split("&") if part.split("=")[0] != name]
    return f"{call.address}?{'&'.join(parts)}"


def recorded() -> dict[str, Record]:
    found: dict[str, Record] = json.loads(FILE.read_text())
    return found


def write(records: dict[str, Record]) -> None:
    ordered = {call.key: records[call.key] for call in book.CALLS}
    lines = (
        f"{json.dumps(key)}: {json.dumps(record, ensure_ascii=False)}"
        for key, record in ordered.items()
    )
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
