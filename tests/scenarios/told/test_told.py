"""What connected clients see of a backend's calls, row by row and on every wire (rest.md 1.10).

The rows are in `rows`, what each makes everybody's devices hear in the `…_cases`.
"""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from imadmin.testclient.rest import RestClient
from tests.e2e.people import APPKEY, People
from tests.e2e.servers import Server
from tests.scenarios.told.cases import Case
from tests.scenarios.told.message_cases import MESSAGES, OWN, REACTIONS
from tests.scenarios.told.people_cases import ACCOUNTS, CONTACTS, MUTES, PRESENCE
from tests.scenarios.told.room_cases import ATTRIBUTES, CHANGES, MEMBERS, THREADS
from tests.scenarios.told.rows import MORE, ROWS
from tests.scenarios.told.stage import ROLES, Stage

CASES = [*MESSAGES, *REACTIONS, *OWN, *CONTACTS, *ACCOUNTS, *PRESENCE, *MUTES, *CHANGES,
         *MEMBERS, *ATTRIBUTES, *THREADS]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(world: tuple[Server, People]) -> AsyncIterator[Stage]:
    """Everybody is connected once for all cases: to log in takes longer than most of them."""
    server, people = world
    keys = people.client_id, people.client_secret
    async with RestClient(server.base_url, APPKEY, *keys) as backend:
        made = Stage(server, people, backend)
        for role in ROLES:
            await made.enter(role)
        yield made
        for role in list(made.devices):
            await made.leave(role)


def test_every_row_has_a_case() -> None:
    assert {case.row for case in CASES} == ROWS.keys() | MORE.keys()
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


@pytest.mark.e2e
@pytest.mark.one_server
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_everybody_is_told_and_nobody_else(stage: Stage, case: Case) -> None:
    try:
        await stage.prepare(case)
        answer = await stage.call(case.call)
        stage.keep(case.call, answer)
        complaints = await stage.hear(case)
        if case.silences is not None:
            await stage.refuse(case.silences)
            complaints += await stage.hear(case)
    finally:
        await stage.clear(case)
    assert not complaints, "\n".join(complaints)
