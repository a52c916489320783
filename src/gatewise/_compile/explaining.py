"""What `compiled.explain()` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatewise._compile.small import Small

if TYPE_CHECKING:
    from gatewise._compile.calling import Compiled
    from gatewise._compile.paths import Path


def explained(compiled: Compiled) -> str:
    """What was compiled for each kind of arguments, and what is run by the function itself."""
    name = getattr(compiled.f, "__name__", "f")
    lines = [f"{name}:" if compiled.paths or compiled.reasons else f"{name} has not been called yet."]
    for key, paths in compiled.paths.items():
        lines.append(f"  for {compiled.said[key]}: {len(paths)} path{'s' if len(paths) > 1 else ''}")
        for path in paths:
            lines += [f"    {line}" for line in of_path(path)]
    for key, reason in compiled.reasons.items():
        lines.append(f"  for {compiled.said.get(key, 'other calls')}: not compiled, the function runs itself: {reason}")
    return "\n".join(lines)


def of_path(path: Path) -> Iterator[str]:
    """Its operations, passes, memory and guards, a line each."""
    way = "a builtin" if path.native else "plain Python" if path.is_of_numbers else "NumPy"
    memory = f", buffers {path.buffers:,} bytes" if path.buffers else ""
    yield f"{way}: {len(path.program.ops)} operations{memory}"
    yield from of_loops(path)
    did = [f"{name} {before} to {after}" for name, before, after in path.passes if before != after]
    if did:
        yield "passes: " + ", ".join(did)
    for guard, line in zip(path.program.guards, path.lines, strict=True):
        yield f"holds where {guard.value} is read: {line}"
    if path.captured:
        yield f"read anew at each call: {path.captured} arrays around it"
    if path.around.arrays:
        size = sum(array.nbytes for array, _ in path.around.arrays)
        yield f"compared at each call: {len(path.around.arrays)} arrays around it, {size:,} bytes"


def of_loops(path: Path) -> Iterator[str]:
    """The native loops of a path, and why there are none where there might be."""
    natives = path.natives
    if natives is None:
        return
    for call in natives.calls.values():
        if isinstance(call, Small):
            yield call.told
            continue
        loop = call.loop
        size = f"{loop.rows} x {loop.columns}" if loop.columns > 1 else f"{loop.rows:,}"
        sums = f", {len(loop.totals)} sums" if loop.totals else ""
        told = f"{len(loop.ops)} operations{sums}, {len(loop.arrays)} arrays written"
        yield f"native loop over {size} of {loop.dtype}: {told}"
    if natives.reason:
        yield f"no native loop: {natives.reason}"
