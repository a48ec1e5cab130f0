"""Which wires a scenario is played on: (that of the first device, that of all others)."""

import pytest

from tests.scenarios.devices import WIRES, Wire

Pair = tuple[Wire, Wire]
PAIRS: list[Pair] = [(one, other) for one in WIRES for other in WIRES]
# Here each wire is the first device's once, and the others' once.
COVERING: list[Pair] = [("native", "xmpp"), ("xmpp", "msync"), ("msync", "native")]
# All of them over one kind of server, those that cover the wires over each.
ALL_PAIRS = [
    pytest.param(pair, id="-".join(pair), marks=() if pair in COVERING else pytest.mark.one_server)
    for pair in PAIRS
]


def _case(pair: Pair) -> object:
    marks = () if pair in COVERING else (pytest.mark.soak,)
    return pytest.param(pair, id="-".join(pair), marks=marks)


# For long ones: all nine pairs by `pytest -m "soak or not soak" tests/scenarios`.
on_covering_pairs = pytest.mark.parametrize("wires", [_case(pair) for pair in PAIRS], indirect=True)
# For what one device sees of its own user.
on_each_wire = pytest.mark.parametrize(
    "wires", [(wire, wire) for wire in WIRES], ids=WIRES, indirect=True
)
