"""README's table of REST coverage, made from the tests: `python -m tests.rest.readme_table`."""

import re
from functools import cache
from pathlib import Path

from tests.rest.endpoints import BY_ID, ENDPOINTS

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
_BLOCK = re.compile(r"(<!-- coverage:rest -->\n).*?(<!-- /coverage:rest -->)", re.DOTALL)
_MARK = re.compile(r"mark\.endpoint\(([^)]*)\)")
_FAMILIES = {
    "T": ("Tokens and bootstrap", "令牌与引导"),
    "U": ("Users", "用户"),
    "C": ("Contacts and block list", "好友与黑名单"),
    "P": ("User attributes", "用户属性"),
    "R": ("Presence", "在线状态订阅"),
    "M": ("Messages", "消息"),
    "F": ("Files", "文件"),
    "G": ("Groups", "群组"),
    "H": ("Chatrooms", "聊天室"),
    "D": ("Threads", "子区"),
    "X": ("Reactions", "消息表情回复"),
    "N": ("Push and silent settings", "推送与免打扰"),
    "K": ("Callbacks, moderation", "回调与审核"),
}
_HEADS = (("Family", "Done", "Not yet"), ("类别", "已完成", "尚无"))


@cache
def marked() -> frozenset[str]:
    """The rows that a contract test names: `@pytest.mark.endpoint("G1")`."""
    files = Path(__file__).parents[1].rglob("test_*.py")
    marks = [mark for file in files for mark in _MARK.findall(file.read_text())]
    return frozenset(ident for mark in marks for ident in re.findall(r'"(\w+)"', mark))


def table(language: int) -> str:
    """0: English, 1: Chinese. Ids are those of the server API's table of endpoints."""
    rows = [" | ".join(("", *_HEADS[language], "")).strip(), "| --- | --- | --- |"]
    for letter, names in _FAMILIES.items():
        ids = [one.id for one in ENDPOINTS if one.id[0] == letter]
        done = [ident for ident in ids if ident in marked()]
        left = [f"{ident} ({BY_ID[ident].priority})" for ident in ids if ident not in marked()]
        rows.append(f"| {names[language]} | {_ranges(done)} | {', '.join(left) or '–'} |")
    return "\n".join(rows) + "\n"


def _ranges(ids: list[str]) -> str:
    """`G1–G7 G12`: runs of numbers in a row."""
    runs: list[list[str]] = []
    for ident in ids:
        if runs and int(runs[-1][-1][1:]) + 1 == int(ident[1:]):
            runs[-1].append(ident)
        else:
            runs.append([ident])
    return " ".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs) or "–"


def with_table(readme: str, language: int) -> str:
    return _BLOCK.sub(lambda found: found[1] + table(language) + found[2], readme)


def main() -> None:
    for language, name in enumerate(READMES):
        path = ROOT / name
        path.write_text(with_table(path.read_text(), language))


if __name__ == "__main__":
    main()
