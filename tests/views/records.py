"""Records built by hand, gate by gate, for the tests of the views: no engine is needed to draw a circuit."""

from __future__ import annotations

import math
import random
from typing import Any


class RecordBuilder:
    """A small scalar tape that writes records; arrays are put in whole with `array` and `array_gate`."""

    def __init__(self, name: str = "f") -> None:
        self.name = name
        self.wires: list[dict[str, Any]] = []
        self.uses: list[dict[str, Any]] = []
        self.checks: dict[str, dict[str, Any]] = {}

    def input(self, name: str, value: Any, kind: str = "input") -> int:
        return self._wire(name, value, kind=kind)

    def gate(
        self,
        gate: str,
        operands: list[int],
        value: Any,
        locals_: list[Any],
        *,
        name: str | None = None,
        symbol: str = "",
        pattern: str = "scales",
        expression: str = "",
        texts: list[str] | None = None,
        line: int | None = None,
        text: str = "",
        step: int | None = None,
    ) -> int:
        made = self._wire(
            name or f"t_{len(self.wires)}",
            value,
            kind="gate",
            named=name is not None,
            gate=gate,
            symbol=symbol or gate,
            pattern=pattern,
            corner={"maximum": "larger", "relu": "positive", "absolute": "size"}.get(gate),
            expression=expression or f"{gate}({', '.join(self.wires[id_]['name'] for id_ in operands)})",
            source=None if line is None else {"line": line, "text": text},
            step=len(self.wires) if step is None else step,
        )
        for port, (operand, local) in enumerate(zip(operands, locals_, strict=True)):
            self.uses.append(
                {
                    "from": operand,
                    "to": made,
                    "port": port,
                    "local": local,
                    "local_text": texts[port] if texts else None,
                    "contribution": None,
                    "blocked": pattern == "routes" and local == 0,
                }
            )
        return made

    def add(self, x: int, y: int, **more: Any) -> int:
        return self._binary("add", "+", "distributes", x, y, lambda a, b: a + b, [1, 1], ["1", "1"], **more)

    def multiply(self, x: int, y: int, **more: Any) -> int:
        a, b = self._value(x), self._value(y)
        texts = [self.wires[y]["name"], self.wires[x]["name"]]
        return self._binary("multiply", "*", "swaps", x, y, lambda a, b: a * b, [b, a], texts, **more)

    def maximum(self, x: int, y: int, **more: Any) -> int:
        a, b = self._value(x), self._value(y)
        shares = [0.5, 0.5] if a == b else [float(a > b), float(b > a)]
        more = {"expression": f"max({self.wires[x]['name']}, {self.wires[y]['name']})"} | more
        return self.gate(
            "maximum", [x, y], max(a, b), [_whole(s) for s in shares], symbol="max", pattern="routes", **more
        )

    def unary(self, gate: str, x: int, value: float, local: float, **more: Any) -> int:
        more = {"expression": f"{gate}({self.wires[x]['name']})"} | more
        return self.gate(gate, [x], _whole(value), [_whole(local)], **more)

    def sigmoid_chain(self, x: int, **last: Any) -> int:
        """The four gates of 1 / (1 + exp(-x)), each with its literal in its symbol."""
        a = self._value(x)
        minus = self.unary("negative", x, -a, -1, symbol="*-1", expression=f"-{self.wires[x]['name']}")
        grown = self.unary("exp", minus, math.exp(-a), math.exp(-a))
        below = self.unary(
            "add", grown, 1 + math.exp(-a), 1, symbol="+1", pattern="distributes", expression=f"1 + t_{grown}"
        )
        value = 1 / (1 + math.exp(-a))
        return self.unary("reciprocal", below, value, -(value**2), symbol="1/x", expression=f"1 / t_{below}", **last)

    def record(self, output: int | None = None, upstream: Any = 1, wanted: bool = True) -> dict[str, Any]:
        """The record, swept backwards where gradients are wanted (scalar circuits)."""
        end = len(self.wires) - 1 if output is None else output
        if wanted:
            self._sweep(end, upstream)
        gates = [wire["id"] for wire in self.wires if wire["kind"] == "gate"]
        backward = [
            {"wire": id_, "uses": [n for n, use in enumerate(self.uses) if use["to"] == id_], "code": self._code(id_)}
            for id_ in reversed(gates)
        ]
        return {
            "version": 1,
            "name": self.name,
            "wires": self.wires,
            "uses": self.uses,
            "forward": gates,
            "backward": backward,
            "output": end,
            "upstream": upstream,
            "checks": self.checks,
        }

    def _sweep(self, end: int, upstream: Any) -> None:
        self.wires[end]["gradient"] = upstream
        for id_ in range(end, -1, -1):
            above = self.wires[id_]["gradient"]
            for use in self.uses:
                if use["to"] == id_ and above is not None and self.wires[id_]["pattern"] != "stops":
                    use["contribution"] = _whole(above * use["local"])
                    before = self.wires[use["from"]]["gradient"]
                    self.wires[use["from"]]["gradient"] = _whole((before or 0) + use["contribution"])

    def _code(self, id_: int) -> list[str]:
        name = self.wires[id_]["name"]
        return [
            f"d{self.wires[use['from']]['name']} = {use['local_text'] or use['local']} * d{name}"
            for use in self.uses
            if use["to"] == id_
        ]

    def _binary(
        self, gate: str, sign: str, pattern: str, x: int, y: int, compute: Any, locals_: Any, texts: Any, **more: Any
    ) -> int:
        value = _whole(compute(self._value(x), self._value(y)))
        more = {"expression": f"{self.wires[x]['name']} {sign} {self.wires[y]['name']}"} | more
        return self.gate(gate, [x, y], value, locals_, symbol=sign, pattern=pattern, texts=texts, **more)

    def _value(self, id_: int) -> float:
        return float(self.wires[id_]["value"])

    def _wire(self, name: str, value: Any, **more: Any) -> int:
        row = {
            "id": len(self.wires),
            "name": name,
            "named": True,
            "kind": "input",
            "scope": "",
            "stage": None,
            "shape": _shape(value),
            "dtype": "float64",
            "value": value,
            "summary": None,
            "gradient": None,
            "gradient_summary": None,
            "source": None,
            "step": None,
            "gate": None,
            "symbol": None,
            "pattern": None,
            "says": "",
            "expression": name,
            "block": None,
        }
        self.wires.append(row | more)
        return int(row["id"])


def _shape(value: Any) -> list[int]:
    return [len(value), *_shape(value[0])] if isinstance(value, list) else []


def _whole(value: float) -> float:
    """A whole float as an int, as records write them."""
    return int(value) if math.isfinite(value) and value == int(value) else value


def compound() -> dict[str, Any]:
    """(x + y) * z at -2, 5, -4, as three lines of a file, with its inputs checked."""
    tape = RecordBuilder()
    x, y, z = (tape.input(name, value) for name, value in (("x", -2), ("y", 5), ("z", -4)))
    q = tape.add(x, y, name="q", line=2, text="q = x + y")
    f = tape.multiply(q, z, name="f", line=3, text="f = q * z")
    for id_, exact in ((x, -4), (y, -4), (z, 3), (q, -4)):
        tape.checks[str(id_)] = {"numerical": exact * (1 + 2e-12), "error": 2e-12, "verdict": "agrees"}
    record = tape.record(f)
    record["backward"][0]["code"] = ["dq = z * df", "dz = q * df"]
    return record


def neuron() -> dict[str, Any]:
    """The course's sigmoid neuron: 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))."""
    tape = RecordBuilder()
    given = (("w0", 2), ("x0", -1), ("w1", -3), ("x1", -2), ("w2", -3))
    w0, x0, w1, x1, w2 = (tape.input(name, value) for name, value in given)
    dot = tape.add(tape.multiply(w0, x0), tape.multiply(w1, x1))
    return tape.record(tape.sigmoid_chain(tape.add(dot, w2), name="f"))


def patterns() -> dict[str, Any]:
    """2 * (x * y + max(z, w)): add distributes, max routes, multiply swaps."""
    tape = RecordBuilder()
    x, y, z, w = (tape.input(name, value) for name, value in (("x", 3), ("y", -4), ("z", 2), ("w", -1)))
    total = tape.add(tape.multiply(x, y), tape.maximum(z, w))
    return tape.record(tape.unary("multiply", total, -20, 2, name="f", symbol="*2", expression="2 * t_6"))


def square() -> dict[str, Any]:
    """x * x at 3: one wire, twice into one gate."""
    tape = RecordBuilder()
    x = tape.input("x", 3)
    return tape.record(tape.multiply(x, x, name="f", line=1, text="f = x * x"))


def staged() -> dict[str, Any]:
    """The function of note 004 at x = 3, y = -4: forks in x, y, and three named stages deep."""
    tape = RecordBuilder()
    x, y = tape.input("x", 3), tape.input("y", -4)
    sigy = tape.sigmoid_chain(y, name="sigy")
    num = tape.add(x, sigy, name="num")
    sigx = tape.sigmoid_chain(x, name="sigx")
    xpy = tape.add(x, y, name="xpy")
    total = tape._value(xpy)
    xpysqr = tape.unary("square", xpy, total**2, 2 * total, name="xpysqr", symbol="^2", expression="xpy**2")
    den = tape.add(sigx, xpysqr, name="den")
    below = tape._value(den)
    invden = tape.unary("reciprocal", den, 1 / below, -1 / below**2, name="invden", symbol="1/x")
    return tape.record(tape.multiply(num, invden, name="f"))


def unasked() -> dict[str, Any]:
    """A product of which no gradient was computed at all."""
    tape = RecordBuilder()
    return tape.record(tape.multiply(tape.input("x", 2), tape.input("y", 3), name="f"), wanted=False)


def compared() -> dict[str, Any]:
    """x * (x > y): a comparison in the way of one of x's two uses."""
    tape = RecordBuilder()
    x, y = tape.input("x", 2), tape.input("y", 1)
    mask = tape.gate(
        "greater", [x, y], True, [None, None], symbol=">", pattern="stops", name="mask", expression="x > y"
    )
    return tape.record(tape.multiply(x, mask, name="f"))


def affine() -> dict[str, Any]:
    """loss = sum(X @ W + b): a matrix product, a broadcast and a sum, with arrays of (4, 2), (2, 3) and (3,)."""
    tape = RecordBuilder("loss")
    data, weights = [[1, 2], [3, 4], [5, 6], [7, 8]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    product = [
        [sum(a * w for a, w in zip(row, column, strict=True)) for column in zip(*weights, strict=True)] for row in data
    ]
    bias = [1, 0, -1]
    shifted = [[p + b for p, b in zip(row, bias, strict=True)] for row in product]
    ones = [[1] * 3 for _ in data]
    X, W, b = tape.input("X", data), tape.input("W", weights), tape.input("b", bias)
    XW = tape.gate(
        "matmul",
        [X, W],
        product,
        [None, None],
        symbol="@",
        pattern="mixes",
        expression="X @ W",
        line=1,
        text="Y = X @ W + b",
        name="Y_1",
    )
    tape.wires[XW]["named"] = False
    Y = tape.gate(
        "add",
        [XW, b],
        shifted,
        [1, 1],
        symbol="+",
        pattern="distributes",
        name="Y",
        expression="Y_1 + b",
        texts=["1", "1"],
        line=1,
        text="Y = X @ W + b",
    )
    loss = tape.gate(
        "sum",
        [Y],
        sum(map(sum, shifted)),
        [None],
        pattern="spreads",
        name="loss",
        expression="np.sum(Y)",
        line=2,
        text="loss = np.sum(Y)",
    )
    record = tape.record(loss, wanted=False)
    gradients = {
        X: [[sum(row[j] for j in range(3)) for row in weights] for _ in data],
        W: [[16] * 3, [20] * 3],
        b: [4, 4, 4],
        XW: ones,
        Y: ones,
        loss: 1,
    }
    for id_, gradient in gradients.items():
        tape.wires[id_]["gradient"] = gradient
    for use in tape.uses:
        use["contribution"] = gradients[use["from"]]
    code = {
        loss: ["dY = np.ones((4, 3)) * dloss"],
        Y: ["dY_1 = dY", "db = np.sum(dY, axis=0)"],
        XW: ["dX = dY_1 @ W.T", "dW = X.T @ dY_1"],
    }
    for event in record["backward"]:
        event["code"] = code[event["wire"]]
    return record


def split() -> dict[str, Any]:
    """One gate with three outputs, of which one is not used."""
    tape = RecordBuilder()
    a = tape.input("a", 6)
    parts = [
        tape.gate("split", [a], 2 * n, [1], symbol="split", pattern="moves", name=f"p{n}", step=1) for n in (1, 2, 3)
    ]
    return tape.record(tape.multiply(parts[0], parts[2], name="f"))


def random_circuit(seed: int, gates: int, dressed: bool = False) -> dict[str, Any]:
    """A random circuit: adds, products, maxima, curves and gates of three operands, old wires used again.

    `dressed` adds gates of three outputs, and gives some wires the look of arrays and some gates long symbols.
    """
    draw = random.Random(seed)
    tape = RecordBuilder()
    wires = [tape.input(f"x{n}", draw.randint(-9, 9)) for n in range(draw.randint(1, 6))]
    reach = draw.choice([4, 12, 10_000])
    while len(tape.wires) < gates + len(wires[:6]):
        recent = wires[-reach:] if draw.random() < 0.8 else wires
        x, y, z = (draw.choice(recent) for _ in range(3))
        name = f"name_{len(wires)}" if draw.random() < 0.3 else None
        kind = draw.randrange(6 if dressed else 5)
        if kind == 0:
            made = tape.add(x, y, name=name)
        elif kind == 1:
            made = tape.multiply(x, y, name=name)
        elif kind == 2:
            made = tape.maximum(x, y, name=name)
        elif kind == 3:
            value = math.tanh(tape._value(x))
            made = tape.unary("tanh", x, value, 1 - value**2, name=name)
        elif kind == 5:
            step = len(tape.wires)
            parts = [tape.gate("split", [x], draw.randint(-9, 9), [1], pattern="moves", step=step) for _ in range(3)]
            wires += parts[:2]
            made = parts[2]
        else:
            made = tape.gate("concat", [x, y, z], 0.5, [1, 1, 1], pattern="moves", name=name)
        if abs(tape._value(made)) > 1e6:
            tape.wires[made]["value"] = draw.randint(-9, 9)
        wires.append(made)
    record = tape.record()
    if dressed:
        _dress(record, draw)
    return record


def grouped_circuit(seed: int, gates: int, dressed: bool = False) -> dict[str, Any]:
    """A random circuit whose gates stand in statements, in calls within calls, in loops and in recognised blocks."""
    draw = random.Random(seed)
    record = random_circuit(seed, gates, dressed)
    made = [wire for wire in record["wires"] if wire["kind"] == "gate"]
    place = line = 0
    while place < len(made):
        length = draw.choice([1, 1, 2, 3, 5, 9])
        calls = draw.choice([[], [], ["layer"], ["layer", "sigmoid"], ["norm"]])
        line = max(1, line + draw.choice([1, 1, 1, -4]))
        for inner, wire in enumerate(made[place : place + length]):
            depth = len(calls) if inner % 4 != 3 else max(0, len(calls) - 1)
            wire |= {"stage": f"s{place}", "scope": "/".join(calls[:depth]), "sites": [line] * depth}
            wire["source"] = {"line": line, "text": f"s{place} = ..."}
        place += length
    for _ in range(len(made) // 12):
        end = draw.randrange(len(made))
        inside = {made[end]["id"]}
        for use in sorted(record["uses"], key=lambda use: -use["to"]):  # what leads to it, here and there
            if use["to"] in inside and draw.random() < 0.6 and record["wires"][use["from"]]["kind"] == "gate":
                inside.add(use["from"])
        if len(inside) < 7 and all(record["wires"][id_].get("block_end") is None for id_ in inside):
            for id_ in inside:
                record["wires"][id_] |= {"block": "softmax", "block_end": made[end]["id"]}
    return record


def _dress(record: dict[str, Any], draw: random.Random) -> None:
    for wire in record["wires"]:
        if draw.random() < 0.3:
            wire |= {"shape": [40, 3], "value": None, "summary": {"min": -1.5, "max": 0.25, "mean": 0.1, "norm": 2}}
            wire |= {"gradient": None, "gradient_summary": {"min": -1.5, "max": 0.25, "mean": 0.1, "norm": 2}}
        if draw.random() < 0.2:
            wire |= {"name": f"损失_{wire['id']}" * draw.randint(1, 4), "named": True}
        if wire["kind"] == "gate" and wire["gate"] != "split" and draw.random() < 0.2:
            wire["symbol"] = "logaddexp" * draw.randint(1, 4)
