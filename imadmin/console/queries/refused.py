"""Sends that were refused, as lists of them show one."""

from dataclasses import dataclass

from chat.queries.observed import PastAttempt
from imadmin.console.refusals import sentence_of


@dataclass(frozen=True, slots=True)
class Refused:
    attempt: PastAttempt

    @property
    def parts(self) -> list[str]:
        """Wire (or rest, console), kind of target, its name or id, type of the message."""
        return self.attempt.what.split(" ")

    @property
    def why(self) -> str:
        [_via, _kind, target, _type] = self.parts
        return sentence_of(self.attempt.refusal, self.attempt.said, target=target)
