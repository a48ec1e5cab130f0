"""The REST calls that the SDK makes by itself, each with what it reads from the answer."""

import pytest

from imadmin.testclient.rest import RestClient
from tests.e2e.sdk1.clients import SdkClient
from tests.e2e.sdk1.conftest import Pages

pytestmark = pytest.mark.e2e


async def made_group(page: SdkClient, members: list[str], **more: object) -> str:
    fields = {
        "groupname": "qa",
        "desc": "of the tests",
        "members": members,
        "public": True,
        "approval": False,
        "allowinvites": True,
        "owner": page.user,
        **more,
    }
    made = await page.call("createGroupNew", data=fields)
    group: str = made["data"]["groupid"]
    assert group.isdigit()
    return group


async def test_user_registers_in_an_open_app(pages: Pages, backend: RestClient) -> None:
    [page] = await pages.cast(1)
    appkey = pages.people.take_app().appkey
    options = {"username": "newcomer", "password": "123456", "nickname": "N", "appKey": appkey}
    made = await page.call("registerUser", apiUrl=pages.server.base_url, **options)
    assert made["entities"][0]["username"] == "newcomer"


@pytest.mark.usefixtures("later")
async def test_group_is_made_seen_changed_and_dissolved(pages: Pages) -> None:
    one, two = await pages.cast(2)
    group = await made_group(one, [two.user])
    await two.expect("onInviteMessage", {"roomid": group})
    [details] = (await one.call("getGroupInfo", groupId=group))["data"]
    assert (details["id"], details["name"], details["affiliations_count"]) == (group, "qa", 2)
    assert {"owner": one.user} in details["affiliations"]
    listed = await one.call("listGroups", limit=20)
    assert all(set(item) >= {"groupid", "groupname"} for item in listed["data"])
    await one.call("modifyGroup", groupId=group, groupName="new", description="d")
    [details] = (await one.call("getGroupInfo", groupId=group))["data"]
    assert details["name"] == "new"
    members = await one.call("listGroupMember", groupId=group, pageNum=1, pageSize=10)
    assert {"owner": one.user} in members["data"]
    assert {"member": two.user} in members["data"]
    gone = await one.call("dissolveGroup", groupId=group)
    assert gone["data"]["success"] is True
    await two.expect("onPresence", {"type": "deleteGroupChat", "from": group})


@pytest.mark.usefixtures("later")
async def test_members_come_and_go(pages: Pages) -> None:
    one, two, three = await pages.cast(3)
    group = await made_group(one, [])
    invited = await one.call("inviteToGroup", groupId=group, users=[two.user])
    assert invited["data"][0]["user"] == two.user
    await two.expect("onInviteMessage", {"roomid": group})
    # 1.4.15 does not say invite_need_confirm: false, so its invitation waits; joining accepts it.
    await two.call("joinGroup", groupId=group)
    await three.call("joinGroup", groupId=group)
    await one.presence("memberJoinPublicGroupSuccess", mid=three.user)
    await three.call("quitGroup", groupId=group)
    await one.call("removeSingleGroupMember", groupId=group, username=two.user)
    await two.expect("onPresence", {"type": "leaveGroup", "from": group})


@pytest.mark.usefixtures("later")
async def test_applicant_is_let_in_and_another_is_not(pages: Pages) -> None:
    one, two, three = await pages.cast(3)
    group = await made_group(one, [], approval=True)
    for page in (two, three):
        await page.call("joinGroup", groupId=group)
        asked = await one.expect("onPresence", {"type": "joinGroupNotifications"})
        assert (asked["gid"], asked["from"]) == (group, page.user)
    await one.call("agreeJoinGroup", groupId=group, applicant=two.user)
    await two.expect("onPresence", {"type": "joinPublicGroupSuccess", "from": group})
    await one.call("rejectJoinGroup", groupId=group, applicant=three.user)
    await three.expect("onPresence", {"type": "joinPublicGroupDeclined", "gid": group})


@pytest.mark.usefixtures("later")
async def test_roles_mutes_and_blocks_answer_what_the_sdk_reads(pages: Pages) -> None:
    one, two = await pages.cast(2)
    group = await made_group(one, [two.user])
    made = await one.call("setAdmin", groupId=group, username=two.user)
    assert made["data"] == {"newadmin": two.user, "result": "success"}
    assert (await one.call("getGroupAdmin", groupId=group))["data"] == [two.user]
    gone = await one.call("removeAdmin", groupId=group, username=two.user)
    assert gone["data"] == {"oldadmin": two.user, "result": "success"}
    muted = await one.call("mute", groupId=group, username=two.user, muteDuration=600_000)
    assert muted["data"][0]["result"] is True
    [listed] = (await one.call("getMuted", groupId=group))["data"]
    assert (listed["user"], listed["expire"] > 0) == (two.user, True)
    free = await one.call("removeMute", groupId=group, username=two.user)
    assert free["data"][0]["result"] is True
    blocked = await one.call("groupBlockSingle", groupId=group, username=two.user)
    assert (blocked["data"]["action"], blocked["data"]["result"]) == ("add_blocks", True)
    assert (await one.call("getGroupBlacklistNew", groupId=group))["data"] == [two.user]
    back = await one.call("removeGroupBlockSingle", groupId=group, username=two.user)
    assert (back["data"]["action"], back["data"]["result"]) == ("remove_blocks", True)


async def test_file_comes_back_as_it_was_sent(pages: Pages, backend: RestClient) -> None:
    one, two = await pages.cast(2)
    upload = {"filename": "a.txt", "filetype": "text/plain", "text": "the bytes"}
    await one.send_kind("file", two.user, apiUrl=pages.server.base_url, upload=upload)
    heard = await two.expect("onFileMessage")
    found = await backend.download(heard["url"], heard["secret"])
    assert found.content == b"the bytes"
