"""The expression language: text a person typed becomes checked, canonical Python text, or one clear error.

Nothing here evaluates text. Characters become tokens (`scanning`), tokens become statements in Python (`reading`, which
writes them by `building`; what it refuses is said by `complaints`); `grammar` looks for the expression that was meant,
by `mending`, `notations`, `latex` and `spellings`, and `values` reads the numbers, arrays and files a person types on
the command line, `settings` the dicts and words that functions take beside them.
"""

from gatewise._language.grammar import Expression, parse
from gatewise._language.names import input_names
from gatewise._language.settings import is_setting, parse_setting
from gatewise._language.spellings import ALIASES, SYNONYMS
from gatewise._language.values import parse_input, parse_value

__all__ = [
    "ALIASES",
    "SYNONYMS",
    "Expression",
    "input_names",
    "is_setting",
    "parse",
    "parse_input",
    "parse_setting",
    "parse_value",
]
