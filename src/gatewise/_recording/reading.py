"""The text of a user's Python file, in the encoding that Python would read it in, and its syntax tree."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from gatewise import _syntax
from gatewise._advice import of_syntax
from gatewise._errors import ScriptError
from gatewise._recording.notebooks import is_notebook, notebook_in

ENCODING = "save it as UTF-8, or name the encoding in its first line: # -*- coding: gbk -*-, or latin-1."


def text_in(path: str) -> str:
    """The text of a Python file, without a byte order mark, or of a notebook's cells. Raises `ScriptError`."""
    if is_notebook(path):
        return notebook_in(path).text
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise ScriptError(f"{path} cannot be read.", said, "give the path of a Python file.") from None
    if b"\x00" in content:
        kind = "saved as UTF-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "no text"
        raise ScriptError(f"{path} is not Python.", f"it is {kind}, and Python reads UTF-8.", "save it as UTF-8.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.TextIOWrapper(io.BytesIO(content), encoding).read()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScriptError(
            f"{path} is not Python, line {line}.", f"the file is not in {error.encoding}.", ENCODING
        ) from None
    except (SyntaxError, LookupError) as error:  # an encoding that does not exist, or not UTF-8 in the first two lines
        raise ScriptError(f"{path} is not Python.", f"its encoding is not known: {error}.", ENCODING) from None


def tree_of(path: str, text: str) -> ast.Module:
    """The syntax tree of a file's text. Raises `ScriptError`."""
    try:
        return _syntax.module(text, filename=path)
    except SyntaxError as error:
        lines = text.splitlines()
        line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
        where = f", line {error.lineno}{f':  {line.strip()}' if line.strip() else '.'}" if error.lineno else "."
        cure = of_syntax(error, line) or "mend the line, then try again."
        raise ScriptError(f"{path} is not Python{where}", error.msg.rstrip(".?") + ".", cure) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ScriptError(f"{path} is not Python.", f"{error}.", "give the path of a Python file.") from None
