"""A friendship from request to removal, as the SDK tells an application of it."""

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.sdk1.clients import SdkClient
from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e


async def friends(page: SdkClient) -> list[str]:
    items = await page.ask("roster")
    return [item["name"] for item in items if item["subscription"] == "both"]


async def ask(one: SdkClient, other: SdkClient, message: str = "it is me") -> None:
    await one.do("subscribe", {"to": other.user, "message": message})
    await other.expect("onPresence", {"type": "subscribe", "from": one.user})


async def accept(one: SdkClient, asker: SdkClient) -> None:
    """The two stanzas that applications send."""
    await one.do("subscribed", {"to": asker.user, "message": "[resp:true]"})
    await one.do("subscribe", {"to": asker.user, "message": "[resp:true]"})


async def test_request_is_accepted(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await one.do("subscribe", {"to": two.user, "message": "it is me"})
    asked = await two.expect("onPresence", {"type": "subscribe"})
    assert (asked["from"], asked["status"]) == (one.user, "it is me")
    await accept(two, one)
    await one.expect("onPresence", {"type": "subscribed", "from": two.user})
    await one.expect("onRoster")
    assert await friends(one) == [two.user]
    assert await friends(two) == [one.user]
    assert [p for p in one.told("onPresence") if p["type"] == "subscribe"] == []


async def test_request_is_refused_with_a_reason(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await ask(one, two)
    await two.do("unsubscribed", {"to": one.user, "message": "no"})
    refused = await one.expect("onPresence", {"type": "unsubscribed"})
    assert (refused["from"], refused["status"]) == (two.user, "no")
    assert await friends(one) == await friends(two) == []


async def test_request_waits_for_who_is_away_until_it_is_answered(pages: Pages) -> None:
    [one] = await pages.cast(1)
    [away] = pages.people.take(1)
    await one.do("subscribe", {"to": away, "message": "hello"})
    await one.heard_all()
    for _ in range(2):
        two = await pages.online(away)
        await two.expect("onPresence", {"type": "subscribe", "from": one.user})
        await two.kill()
    two = await pages.online(away)
    await two.expect("onPresence", {"type": "subscribe"})
    await accept(two, one)
    await one.expect("onPresence", {"type": "subscribed"})
    await two.kill()
    again = await pages.online(away)
    await again.heard_all()
    assert again.told("onPresence") == []


async def test_removed_friend_is_told_and_the_answering_removal_ends_there(pages: Pages) -> None:
    one, two = await pages.cast(2)
    await ask(one, two)
    await accept(two, one)
    await one.expect("onPresence", {"type": "subscribed"})
    await one.heard_all()
    one.events.clear()
    await one.ask("call", name="removeRoster", options={"to": two.user}, answers=True)
    await one.expect("onRoster")
    await two.expect("onPresence", {"type": "unsubscribe", "from": one.user})
    removed = await two.expect("onPresence", {"type": "unsubscribed"})
    assert not removed.get("status")
    await two.ask("call", name="removeRoster", options={"to": one.user}, answers=True)
    assert await friends(one) == await friends(two) == []
    assert [p for p in one.told("onPresence") if p["type"].startswith("unsub")] == []


async def test_friends_made_by_the_backend_are_told(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    await backend.add_friend(one.user, two.user)
    for page, other in ((one, two), (two, one)):
        await page.expect("onRoster")
        assert await friends(page) == [other.user]
        assert page.told("onPresence") == []


async def blocked(backend: RestClient, method: str, owner: str, name: str) -> None:
    path = f"/users/{owner}/blocks/users"
    if method == "POST":
        await backend.call("POST", path, {"usernames": [name]})
    else:
        await backend.call("DELETE", f"{path}/{name}")


async def test_block_list_is_kept_and_obeyed(pages: Pages, backend: RestClient) -> None:
    one, two, three = await pages.cast(3)
    listed = {two.user: {"name": two.user, "jid": f"demo#app_{two.user}@easemob.com",
                         "type": "jid", "order": 1}}  # fmt: skip
    await one.ask(
        "call", name="addToBlackList", options={"list": listed, "type": "jid"}, answers=True
    )
    while two.user not in await one.expect("onBlacklistUpdate"):
        pass  # the SDK also tells of the empty list that it fetched at its start
    for change in ("POST", "DELETE"):  # a change elsewhere makes the SDK fetch the list again
        await blocked(backend, change, one.user, three.user)
        while (three.user in await one.expect("onBlacklistUpdate")) != (change == "POST"):
            pass
    await two.send(one.user, "hello?")
    await one.heard_all()
    assert one.told("onTextMessage") == []
