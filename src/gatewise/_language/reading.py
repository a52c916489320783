"""Tokens become statements: one pass from left to right, in which every token is looked at once."""

from __future__ import annotations

from itertools import pairwise

from gatewise._language import complaints
from gatewise._language.arithmetic import VALUES
from gatewise._language.building import (
    ATOM,
    BINDING,
    MOST_NODES,
    NEGATIVE,
    SUM,
    Assignment,
    Bracket,
    Building,
    Known,
    OpenCall,
    Operator,
    Piece,
)
from gatewise._language.complaints import MOST_AXES, complaint
from gatewise._language.mending import Vocabulary
from gatewise._language.names import CONSTANTS, MODULES, objection
from gatewise._language.scanning import MisreadError, Token, Work, number_of
from gatewise._language.spellings import OVER_OPERANDS, numpy_name

FLAGS = {"0": False, "1": True, "False": False, "True": True}


class Reader:
    """Reads the statements of one text."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary, work: Work) -> None:
        self.tokens, self.vocabulary, self.work = tokens, vocabulary, work
        self.inputs = vocabulary.inputs or ()
        self.place = 0
        self.building = Building(work, self.next_piece)
        self.wants_value = True
        self.free: dict[str, None] = {}
        self.assigned: dict[str, Known] = {}
        self.called: set[str] = set()
        self.constants_used: set[str] = set()
        self.target = ""
        self.pieces = 0
        self.targets = {left.text for left, right in pairwise(tokens) if left.kind == "name" and right.kind == "="}
        typed = {token.text for token in tokens if token.kind == "name"}
        self.taken = {*typed, *self.inputs, *vocabulary.gates}

    # Statements

    def everything(self) -> tuple[tuple[Assignment, ...], tuple[str, ...], str]:
        """The statements of the whole text, its free names in the order they first appear, and the last target."""
        self.skip_separators()
        if self.token.kind == "end":
            raise MisreadError(0, "the expression is empty", cure=complaints.EXAMPLE)
        while self.token.kind != "end":
            self.statement()
            self.skip_separators()
        return tuple(self.building.statements), tuple(self.free), self.target

    def statement(self) -> None:
        start = self.token
        is_named = start.kind == "name" and self.tokens[self.place + 1].kind == "="
        self.target = self.named_target(start) if is_named else self.free_name("f")
        if is_named:
            self.place += 2
        result = self.value()
        self.skip_separators()
        if not is_named and self.token.kind != "end":
            raise complaint("unused", start)
        self.assigned[self.target] = result.value
        self.building.statements.append(Assignment(self.target, result.text))

    def named_target(self, token: Token) -> str:
        """The name left of `=`, where it is free."""
        name = token.text
        self.check_name(token)
        if name in self.assigned or name in self.inputs:
            raise complaint("taken", token)
        if name in self.free or name in self.constants_used:
            raise complaint("too early", token)
        self.refuse_called(token)
        return name

    def free_name(self, wish: str) -> str:
        """`wish`, moved aside where the text has that name."""
        while wish in self.taken:
            wish += "_"
        self.taken.add(wish)
        return wish

    def next_piece(self) -> str:
        self.pieces += 1
        return self.free_name(f"{self.target}_{self.pieces}")

    def skip_separators(self) -> None:
        while self.token.kind == "separator":
            self.advance()

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def before(self) -> Token:
        """The token before the one that was taken last."""
        return self.tokens[self.place - 2]

    def advance(self) -> Token:
        token = self.tokens[self.place]
        self.place += 1
        self.work.steps += 1
        return token

    # Values

    def value(self) -> Piece:
        """Read up to the end of the statement."""
        self.wants_value = True
        while self.wants_value or self.token.kind not in ("separator", "end"):
            if self.wants_value:
                self.take_value(self.advance())
            else:
                self.take_operator(self.advance())
        self.building.reduce(0)
        if (open_one := self.building.innermost) is not None:
            raise MisreadError(open_one.column, "this ( is never closed", cure="Close it with ).")
        return self.building.operands.pop()

    def take_value(self, token: Token) -> None:
        match token.kind:
            case "number":
                value, text = number_of(token)
                self.push(Piece(text, value=value), token)
            case "name":
                self.take_name(token)
            case "(":
                self.open(Bracket(token.start))
            case "operator" if token.text in "+-":
                self.open(Operator(token.text, NEGATIVE, token.start, is_prefix=True))
            case ")" if (call := self.empty_call()) is not None:
                self.close_call(call)
            case _:
                raise complaints.missing_value(token, self.before.text if self.place > 1 else "")

    def empty_call(self) -> OpenCall | None:
        """The call whose opening parenthesis is the last thing that was read."""
        last = self.building.innermost
        return last if isinstance(last, OpenCall) and self.before.kind == "(" else None

    def take_name(self, token: Token) -> None:
        from_module = token.text in MODULES and self.token.kind == "." and self.tokens[self.place + 1].kind == "name"
        if from_module:
            self.advance()
            token = self.advance()
        following = self.token.kind
        if following == "=" and self.before.kind in "(,":
            self.take_option(token)
        elif following == "(" and (from_module or not self.is_value(token.text)):
            self.advance()
            self.open_call(token, from_module)
        elif from_module and token.text not in VALUES:
            raise complaint("no attribute", token)
        else:
            self.take_value_name(token, from_module)

    def is_value(self, name: str) -> bool:
        """Whether `name`, with a parenthesis after it, is a value all the same."""
        if name in self.vocabulary.gates:
            return False
        return name in self.assigned or name in self.free or name in self.inputs

    def take_value_name(self, token: Token, from_module: bool) -> None:
        name = token.text
        if name in self.assigned and not from_module:
            self.push(Piece(name, value=self.assigned[name]), token)
        elif from_module or (name in CONSTANTS and name not in self.inputs):
            constant = CONSTANTS[name]
            self.constants_used.add(name)
            self.push(Piece(f"np.{constant}", value=VALUES[constant]), token)
        else:
            self.check_name(token)
            if name == self.target:
                raise complaint("own value", token)
            self.check_known(token)
            self.refuse_called(token)
            self.free[name] = None
            self.push(Piece(name), token)

    def check_name(self, token: Token) -> None:
        """Refuse a name that cannot be a Python variable."""
        if reason := objection(token.text):
            raise complaints.no_variable(token, reason, token.text in self.inputs)

    def check_known(self, token: Token) -> None:
        """Refuse a name without a value."""
        name, known = token.text, self.vocabulary.inputs
        is_gate = name in self.vocabulary.callables
        if (known is None and not is_gate) or (known is not None and name in known):
            return
        if is_gate:
            raise complaint("needs operands", token)
        if name in self.targets:
            raise complaint("too early", token)
        values = [*self.inputs, *self.assigned]
        self.work.steps += len(values)
        raise complaints.unknown_name(token, values)

    def refuse_called(self, token: Token) -> None:
        if token.text in self.called:
            raise complaint("also a gate", token)

    def push(self, part: Piece, token: Token) -> None:
        self.building.push(part, token.start)
        self.wants_value = False

    def open(self, item: Operator | Bracket) -> None:
        self.building.open(item)
        self.wants_value = True

    # Operators and brackets

    def take_operator(self, token: Token) -> None:
        match token.kind:
            case "operator":
                binding, left, _ = BINDING[token.text]
                self.building.reduce(left)
                self.open(Operator(token.text, binding, token.start))
            case "comparison":
                self.take_comparison(token)
            case "superscript" if self.before.kind != "superscript":
                self.take_superscript(token)
            case ",":
                self.next_operand(token)
            case ")":
                self.close(token)
            case "." if self.token.text == "T" and "transpose" in self.vocabulary.gates:
                self.transpose(self.advance())
            case _:
                raise complaints.missing_operator(token, self.before.text)

    def take_comparison(self, token: Token) -> None:
        self.building.reduce(SUM)
        if not isinstance(self.building.innermost, OpenCall):
            raise complaint("lone comparison", token)
        self.open(Operator(token.text, BINDING[token.text][0], token.start))

    def take_superscript(self, token: Token) -> None:
        """`x²` binds tighter than anything around it."""
        exponent = int(token.text)
        self.building.count(token.start)
        power = Piece(str(exponent), NEGATIVE if exponent < 0 else ATOM, exponent)
        self.building.join("**", self.building.operands.pop(), power, token.start)

    def transpose(self, token: Token) -> None:
        """`X.T` binds tighter than anything around it."""
        operand = self.building.in_reach(self.building.operands.pop())
        self.building.call(self.function("transpose", token), [operand], {}, token.start)

    def next_operand(self, token: Token) -> None:
        """A comma: one operand of a call is complete."""
        bracket = self.innermost(token)
        if not isinstance(bracket, OpenCall):
            raise complaint("lone comma", token)
        bracket.operands.append(self.building.operands.pop())
        self.wants_value = True

    def close(self, token: Token) -> None:
        bracket = self.innermost(token)
        if isinstance(bracket, OpenCall):
            bracket.operands.append(self.building.operands.pop())
            self.close_call(bracket)
        else:
            self.building.leave()

    def innermost(self, token: Token) -> Bracket:
        """The open bracket that `token` belongs to, everything inside it applied."""
        self.building.reduce(0)
        bracket = self.building.innermost
        if bracket is None:
            raise complaints.no_bracket(token, self.before)
        assert isinstance(bracket, Bracket)  # reduce(0) leaves no operator on top
        return bracket

    # Calls

    def open_call(self, token: Token, from_module: bool) -> None:
        callables = self.vocabulary.callables
        if token.text not in callables:
            self.work.steps += len(callables)
            raise complaints.unknown_gate(token, self.vocabulary)
        self.open(OpenCall(self.tokens[self.place - 1].start, callables[token.text], token, from_module))

    def take_option(self, token: Token) -> None:
        """`axis=0` or `keepdims=1` inside a call."""
        call = self.building.innermost
        if not isinstance(call, OpenCall):
            raise complaint("option outside", self.token)
        if token.text not in ("axis", "keepdims") or not self.vocabulary.takes_axis(call.gate):
            raise complaints.no_option(token, call, self.vocabulary)
        if token.text in call.options:
            raise complaint("twice", token)
        self.advance()
        call.options[token.text] = self.flag() if token.text == "keepdims" else self.axis()
        self.end_option(call)

    def flag(self) -> bool:
        token = self.advance()
        if token.text not in FLAGS:
            raise complaint("no flag", token)
        return FLAGS[token.text]

    def axis(self) -> int:
        token = self.advance()
        is_negative = token.text == "-"
        digits = self.advance() if is_negative and self.token.kind != "end" else token
        if digits.kind != "number" or not digits.text.isdigit() or number_of(digits)[0] >= MOST_AXES:
            raise complaint("no axis", digits)
        axis = int(number_of(digits)[0])
        return -axis if is_negative else axis

    def end_option(self, call: OpenCall) -> None:
        """After an option come further options or the end of the call."""
        token = self.advance()
        if token.kind == ")":
            self.close_call(call)
        elif token.kind != ",":
            raise complaint("no end", token, option=list(call.options)[-1])
        elif not (self.token.kind == "name" and self.tokens[self.place + 1].kind == "="):
            raise complaint("operand after option", self.token)

    def close_call(self, call: OpenCall) -> None:
        """Write the innermost call, which is complete."""
        self.building.leave()
        self.check_operand_count(call)
        pair = OVER_OPERANDS.get(call.gate)
        operands = [self.building.in_reach(operand) for operand in call.operands]
        if all(operand.value is not None for operand in operands):
            operands = [operand.as_float() for operand in operands]
        if pair and len(operands) > 1:
            self.chain(pair, operands, call)
        else:
            self.call(call.gate, operands, call)
        self.wants_value = False

    def check_operand_count(self, call: OpenCall) -> None:
        gates, count = self.vocabulary.gates, len(call.operands)
        pair = OVER_OPERANDS.get(call.gate)
        if pair and count > 1 and pair in gates:
            self.check_chain(call)
            return
        low, high = gates.get(call.gate, (2, MOST_NODES))
        if not low <= count <= high:
            raise complaints.wrong_count(call, low, high, self.vocabulary)

    def check_chain(self, call: OpenCall) -> None:
        """`max(x, y)` compares its operands; an axis, or NumPy's own `np.max`, belongs to one array."""
        if call.options:
            raise complaint("several with option", call.name, option=next(iter(call.options)))
        if call.from_module:
            raise complaint("numpy's own", call.name)

    def chain(self, gate: str, operands: list[Piece], call: OpenCall) -> None:
        """`max(x, y, z)` is `maximum(maximum(x, y), z)`."""
        self.call(gate, operands[:2], call)
        for operand in operands[2:]:
            self.call(gate, [self.building.in_reach(self.building.operands.pop()), operand], call)

    def call(self, gate: str, operands: list[Piece], call: OpenCall) -> None:
        self.building.call(self.function(gate, call.name), operands, call.options, call.column)

    def function(self, gate: str, name: Token) -> str:
        """The text a gate is called with."""
        if gate in self.vocabulary.numpy_names:
            return "np." + numpy_name(name.text, gate)
        if gate in self.free or gate in self.assigned or gate == self.target:
            raise complaint("also a value", name, gate=gate)
        self.called.add(gate)
        return gate
