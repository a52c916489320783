"""What is refused by `gw.compile`."""

from __future__ import annotations

from typing import Self

from gatewise._errors import GatewiseError


class CompileError(GatewiseError):
    """A function cannot be compiled, because it gives something else at each call.

    Wrong: `x * rng.normal(size=3)` in the function. Right: the noise drawn before, and given as an argument.
    """

    @classmethod
    def restless(cls, name: str, what: str) -> Self:
        return cls(
            f"{name} is not compiled: it can reach {what}.",
            "what is drawn or told by a clock is another number at each call, and would be the first one's for ever.",
            f"draw before the call and give it as an argument: {name}(x, noise).",
        )
