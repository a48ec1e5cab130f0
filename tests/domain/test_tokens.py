"""Access tokens: what is signed, and what a process remembers of it."""

from accounts.domain import tokens
from accounts.domain.tokens import MAX_TOKEN, PREFIX, Claims, sign, verify

KEY = b"k" * 32
CLAIMS = Claims("user", app_id=1, user_id=2, user_epoch=3, app_epoch=4, expires_s=5)


def test_a_token_says_what_was_signed_with_this_key():
    token = sign(CLAIMS, KEY, b"12345678")
    assert [verify(token, KEY), verify(token, KEY), verify(token, b"o" * 32)] == [
        CLAIMS,
        CLAIMS,
        None,
    ]


def test_what_nobody_signed_takes_no_memory():
    token = sign(CLAIMS, KEY, b"12345678")
    kept = tokens._verified.cache_info().currsize
    for junk in ("", "x", PREFIX, PREFIX + "x" * MAX_TOKEN, token + "A", token[:-1], token[::-1]):
        assert verify(junk, KEY) is None
    assert tokens._verified.cache_info().currsize == kept
