"""Settings among the inputs of a function in a file: `conv_param={"stride": 1}`, `mode='train'`, `train=True`."""

from __future__ import annotations

import json
import re
from typing import Any

from gatewise._errors import ValueTextError

WORD = re.compile(r"""(['"])([\w .:/-]*)\1""")
FLAGS = {"True": True, "False": False, "None": None}
LITERALS = {"True": "true", "False": "false", "None": "null"}


def is_setting(text: str) -> bool:
    """Whether a value is written as a dict, a word in quotes or a flag."""
    text = text.strip()
    return text.startswith("{") or text in FLAGS or WORD.fullmatch(text) is not None


def parse_setting(text: str, name: str = "") -> Any:
    """A dict of numbers, words and flags, by Python's signs or JSON's; a word; a flag. Raises `ValueTextError`.

    >>> parse_setting("{'stride': 1, 'same': True}"), parse_setting("'train'")
    ({'stride': 1, 'same': True}, 'train')
    """
    text = text.strip()
    if text in FLAGS:
        return FLAGS[text]
    if (word := WORD.fullmatch(text)) is not None:
        return word[2]
    for written in (text, re.sub(r"\b(True|False|None)\b", lambda found: LITERALS[found[0]], text.replace("'", '"'))):
        try:
            return json.loads(written)
        except (ValueError, RecursionError):
            continue
    label = f"{name}={text}" if name else text
    cure = f"""Write {name or "it"}='{{"stride": 1, "pad": 1}}', in quotes that the shell takes off."""
    raise ValueTextError(label, "this is no dict of numbers and words", cure)
