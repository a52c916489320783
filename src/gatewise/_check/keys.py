"""The key of an exercise: its solution in a file of the teacher's, and a word by which the exercise knows it.

It keeps `--solution` from whoever has not got the file. It is no secret that is kept from somebody who can program:
`gatewise show --code` prints the backward pass of any function.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from gatewise._check.blank import SEAL, sealed
from gatewise._check.papers import filled, paper_of

LOCK = re.compile(r'^lock = "([0-9a-f]+)".*\n', re.MULTILINE)
WORD = re.compile(r'^key = "([0-9a-f]+)".*\n?', re.MULTILINE)


def with_key(text: str, path: str) -> tuple[str, str]:
    """An exercise that is locked, and its key: the exercise with its solution, and the word that opens it."""
    word = secrets.token_hex(16)
    given = SEAL.sub("", text)
    lock = f'lock = "{digest_of(word)}"  # of the solution, which the teacher\'s key opens: leave this line as it is\n'
    locked = sealed(f"{given}{lock}")
    return locked, f'{filled(paper_of(path, locked)).rstrip()}\nkey = "{word}"\n'


def digest_of(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()[:16]


def is_locked(text: str) -> bool:
    """Whether the solution of an exercise needs a key."""
    return LOCK.search(text) is not None


def opens(key: str, text: str) -> bool:
    """Whether this is the key of an exercise."""
    lock, word = LOCK.search(text), WORD.search(key)
    return lock is not None and word is not None and digest_of(word[1]) == lock[1]
