// The card of one wire as text: the twin of _views/card.py, with what it needs of patterns.py and meaning.py.
(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const { number, quantity, general, entries, isFinite, equation, addsUp, plain, cells, pad } = gatewise.numbers;
  const [LABEL, PATTERN_AT, SOURCE_AT, LOCAL_EVERY, NUDGE] = [12, 27, 63, 23, 0.01];
  const NAME = /(?<![\p{L}\p{N}_.])([\p{L}\p{Nl}\p{No}_][\p{L}\p{N}_]*)(\.m?T(?![\p{L}\p{N}_]))?/gu;
  const ZEROS = /^[\p{L}\p{N}_]+ = np\.zeros[^;]*; /u;
  const LITERAL = /^-?[0-9.]+(e[-+]?[0-9]+)?$/;
  const highest = (rates) => Math.max(...rates);
  const lowest = (rates) => Math.min(...rates);
  const grouped = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
  const WRITTEN = /^-?[0-9.]+(e[-+]?[0-9]+)?$/;
  const EXTREMES = { maximum: highest, fmax: highest, relu: highest, minimum: lowest, fmin: lowest };
  const SPOKEN = { maximum: "max", minimum: "min" };
  const AWAY = " (routed away)";
  const PLAINLY = {
    spreads: "spreads the gradient over every entry",
    mixes: "mixes",
    moves: "moves the entries back",
    stops: "stops the gradient",
  };

  const listed = (names) => [...new Set(names)].join(" and ");
  const unique = (wires) => [...new Set(wires)];
  const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const axesText = (axes) => `${axes.length === 1 ? "axis" : "axes"} ${axes.join(" and ")}`;
  const place = (left, right, column) => pad(left, Math.max(column, cells(left) + 3)) + right;
  const labelled = (label, texts) => texts.map((text, k) => `  ${pad(k ? "" : label, LABEL)}${text}`);
  const turned = (shape, turn) => {
    if (turn === ".T") return [...shape].reverse();
    return turn === ".mT" ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape;
  };

  /** The axes of a result along which broadcasting used an operand again and again. */
  const stretchedAxes = (operand, result) => {
    const missing = result.length - operand.length;
    if (missing < 0 || operand.some((n, k) => n !== 1 && n !== result[missing + k])) return [];
    return result.flatMap((n, axis) => (axis < missing || operand[axis - missing] < n ? [axis] : []));
  };

  const sameShape = (one, other) => shapeText(one.shape) === shapeText(other.shape);

  /** Where the entry of the largest size stands; one that is not finite comes first. */
  const largest = (flat) => {
    const loud = flat.findIndex((entry) => !Number.isFinite(entry));
    return loud >= 0 ? loud : flat.reduce((best, entry, k) => (Math.abs(entry) > Math.abs(flat[best]) ? k : best), 0);
  };
  const shares = (local) => (Array.isArray(local) ? local.reduce((n, part) => n + shares(part), 0) : +(local > 0 && local < 1));

  /** A contribution added to what `name` holds: what is written into zeros is written into it instead. */
  const added = (code, name) => {
    const line = code.replace(ZEROS, "");
    if (!line.includes("; ")) return line.replace(" = ", " += ");
    const part = new RegExp(`(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`, "gu");
    return `${line.replace(part, `${name}_part`)}; ${name} += ${name}_part`;
  };

  class Card {
    constructor(record, digits, times) {
      Object.assign(this, { record, digits, times, wires: record.wires, output: record.wires[record.output] });
      this.uses = record.uses.map((use) => ({ ...use, local: typeof use.local === "boolean" ? +use.local : use.local }));
      this.usesOf = this.wires.map(() => []);
      this.operands = this.wires.map(() => []);
      for (const use of [...this.uses].sort((a, b) => a.to - b.to || a.port - b.port)) {
        this.usesOf[use.from].push(use);
        this.operands[use.to].push(use);
      }
      this.code = new Map(record.backward.map((event) => [event.wire, event.code ?? []]));
    }

    lines(wire) {
      if (wire.kind === "gate") return this.ofGate(wire);
      const used = this.usesOf[wire.id].map((use) => this.useLine(use));
      const note = wire.cut ? " (cut)" : wire.read ? " (read by Python)" : "";
      return [
        `${wire.kind}${note}  ${this.named(wire)} = ${this.value(wire)}`,
        ...labelled("uses", used.length ? used : ["nothing in the circuit uses it"]),
        ...labelled("gradient", [this.gradientSum(wire)]),
        ...this.saidAndChecked([wire], ""),
      ];
    }

    ofGate(wire) {
      const operands = this.operands[wire.id];
      return [
        this.head(wire),
        ...labelled("forward", [this.forward(wire)]),
        ...labelled("upstream", [this.gradientSum(wire)]),
        ...labelled("local", this.locals(wire, operands)),
        ...labelled("downstream", this.downstream(wire, operands)),
        ...labelled("code", this.codeLines(wire)),
        ...this.saidAndChecked(unique([wire, ...operands.map((use) => this.wires[use.from])]), this.lesson(wire, operands)),
      ];
    }

    // What things are called, and their numbers.

    name = (wire) => plain(wire.name);
    source = (use) => this.name(this.wires[use.from]);
    named = (wire) => this.name(wire) + (wire.shape.length ? ` ${shapeText(wire.shape)}` : "");
    number = (value) => number(value, this.digits);
    quantity = (value) => quantity(value, null, this.digits);
    value = (wire) => quantity(wire.value, wire.summary, this.digits);
    hasGradient = (wire) => wire.gradient !== null || Boolean(wire.gradient_summary);
    gradient = (wire) => quantity(wire.gradient, wire.gradient_summary, this.digits);
    spoken = (wire) => plain(SPOKEN[wire.gate] ?? wire.gate ?? "");
    symbol = (wire) => plain(wire.symbol || wire.gate || "");
    equation = (terms, signs) => equation(terms, signs, this.times, this.digits);
    anyArray = (wire) => [wire, ...this.operands[wire.id].map((use) => this.wires[use.from])].some((w) => w.shape.length > 0);

    // The head: what the gate did.

    head(wire) {
      const made = `gate  ${this.name(wire)} = ${plain(wire.expression ?? "")}`;
      const head = place(made, this.whatItDid(wire), PATTERN_AT);
      const line = wire.source?.line ?? null;
      return line === null ? head : place(head, `line ${line}   ${plain(wire.source.text ?? "")}`, SOURCE_AT);
    }

    whatItDid(wire) {
      const operands = this.operands[wire.id];
      const tell = { distributes: this.distributes, routes: this.routes, swaps: this.swaps, scales: this.scales }[wire.pattern];
      const said = tell ? tell.call(this, operands, wire) : PLAINLY[wire.pattern] ?? plain(wire.pattern ?? "");
      const notes = (tell ? operands : []).map((use) => {
        const axes = stretchedAxes(this.wires[use.from].shape, wire.shape);
        return axes.length ? `; summed over ${axesText(axes)} for ${this.source(use)}` : "";
      });
      return `${this.spoken(wire)} ${said}${notes.join("")}`;
    }

    distributes(operands) {
      const minus = operands.filter((use) => use.local === -1).map(this.source);
      const straight = operands.filter((use) => use.local !== -1).map(this.source);
      if (minus.length) {
        return `passes ${straight.length ? `the whole gradient to ${listed(straight)}, ` : ""}minus the gradient to ${listed(minus)}`;
      }
      const everyone = { 1: listed(straight), 2: "both" }[straight.length] ?? `all ${straight.length}`;
      return `passes the whole gradient to ${everyone}`;
    }

    /** The operands that a gate routed to; what it chose by, such as the mask of a where, gets nothing. */
    winners(operands) {
      const chosen = operands.filter((use) => !use.blocked && use.local !== 0);
      const reached = chosen.filter((use) => use.local !== null || use.contribution !== null);
      return reached.length ? reached : chosen;
    }

    routes(operands, wire) {
      if (this.anyArray(wire)) return "routes each entry's gradient to the entry it chose";
      const winners = this.winners(operands);
      if (winners.length > 1) return `ties: ${listed(winners.map((use) => `${this.number(use.local)} to ${this.source(use)}`))}`;
      if (!winners.length) {
        const tie = operands.length === 1 && this.wires[operands[0].from].value === wire.value;
        return `routes nothing to ${listed(operands.map(this.source))}${tie ? " (a tie with a constant passes 0)" : ""}`;
      }
      const share = winners[0].local ?? 1;
      return `routes to ${this.source(winners[0])}${Math.abs(share) === 1 ? "" : `, times ${this.number(share)}`}`;
    }

    swaps(operands) {
      if (operands.length > 2) return "scales each by the product of the others";
      return operands.length > 1 ? "swaps" : this.scales(operands);
    }

    scales(operands) {
      const isNumber = operands.length === 1 && typeof operands[0].local === "number";
      return isNumber ? `scales by ${this.number(operands[0].local)}` : "scales";
    }

    lesson(wire, operands) {
      if (wire.pattern === "distributes" && operands.length > 1 && this.hasGradient(wire)) {
        const minus = operands.some((use) => use.local === -1) ? " or minus it" : "";
        return `every input gets the whole d${this.name(wire)}${minus}, not a share of it`;
      }
      const splits = `${this.spoken(wire)} splits the gradient`;
      if (["maximum", "minimum", "fmax", "fmin"].includes(wire.gate)) {
        if (!operands.length || operands.some((use) => this.wires[use.from].shape.length)) {
          const ties = operands.length > 1 ? Math.max(...operands.map((use) => shares(use.local))) : 0;
          return ties ? `${splits} at ${ties} ${ties === 1 ? "tie" : "ties"}` : "";
        }
        const names = [...new Set(this.winners(operands).map(this.source))];
        return names.length > 1 ? `${listed(names)} tie, so ${splits} between them` : "";
      }
      const inside = ["max", "min", "amax", "amin"].includes(wire.gate) && !wire.shape.length && operands.length === 1;
      if (!inside || !Array.isArray(operands[0].contribution)) return "";
      const tied = entries(operands[0].contribution).filter((entry) => entry !== 0).length;
      return tied > 1 ? `${tied} entries tie, so ${splits} between them` : "";
    }

    // Forward.

    forward(wire) {
      const [name, value] = [this.name(wire), this.value(wire)];
      if (this.anyArray(wire)) return `${this.shaped(`${wire.name} = ${wire.expression}`)} = ${value}`;
      const values = new Map(this.operands[wire.id].map((use) => [this.wires[use.from].name, this.wires[use.from].value]));
      const [terms, signs] = this.terms(wire.expression ?? "", values);
      if (terms.length) return `${name} = ${this.equation([...terms, wire.value], signs)}`;
      const filled = this.filled(wire, values);
      const isExact = (v) => typeof v === "boolean" || Number(this.number(v)) === v;
      const holds = !(wire.expression ?? "").includes(" * ") || [...values.values(), wire.value].every(isExact);
      return filled === "" || filled === value ? `${name} = ${value}` : `${name} = ${filled} ${holds ? "=" : "≈"} ${value}`;
    }

    /** The numbers that a product or a sum is made of, and the signs between; nothing for anything else. */
    terms(text, values) {
      const words = text.split(" ");
      const signs = words.filter((_, k) => k % 2);
      const isOf = (allowed) => signs.every((sign) => allowed.includes(sign));
      if (words.length < 3 || words.length % 2 === 0 || !(isOf(["*"]) || isOf(["+", "-"]))) return [[], []];
      const literal = (word) => (LITERAL.test(word) ? Number(word) : null);
      const bare = (word) => (signs.includes("*") ? word.replace(/^[()]+|[()]+$/g, "") : word);
      const found = words.filter((_, k) => k % 2 === 0).map(bare).map((word) => values.get(word) ?? literal(word));
      return found.some((term) => term === null || typeof term === "boolean") ? [[], []] : [found, signs];
    }

    filled(wire, values) {
      const text = wire.expression ?? "";
      const fill = (found, name, turn, at) => {
        if (!values.has(name)) return found;
        const shown = this.number(values.get(name)) + (turn ?? "");
        const isTight = text.slice(at + found.length).trimStart().startsWith("**") || text[at - 1] === "-";
        return isTight && shown.startsWith("-") ? `(${shown})` : shown;
      };
      return plain(text.replace(NAME, fill));
    }

    shaped(code) {
      const shapes = new Map(this.wires.map((wire) => [wire.name, wire.shape]));
      for (const wire of this.wires) if (!shapes.has(`d${wire.name}`)) shapes.set(`d${wire.name}`, wire.shape);
      const withShape = (found, name, turn) => {
        const shape = shapes.get(name) ?? [];
        return shape.length ? `${found} ${shapeText(turned(shape, turn))}` : found;
      };
      return plain(code.replace(NAME, withShape), 400);
    }

    // Backward.

    locals(wire, operands) {
      const texts = operands.map((use) => this.local(wire, use));
      if (!operands.length || texts.reduce((sum, text) => sum + cells(text), 0) > 2 * SOURCE_AT) return texts;
      return [texts.map((text) => pad(text, Math.max(LOCAL_EVERY, cells(text) + 3))).join("")];
    }

    local(wire, use) {
      const name = `d${this.name(wire)}/d${this.source(use)}`;
      if (wire.pattern === "stops") return `${name}: none${this.whyStopped(wire)}`;
      if (use.local === null && use.local_text === null) return `${name}: ${this.withoutLocal(wire, this.wires[use.from])}`;
      const symbols = use.local_text ? plain(use.local_text) : "";
      const isSymbolic = symbols && (use.local === null || Array.isArray(use.local));
      const bare = isSymbolic ? symbols : this.quantity(use.local);
      const shown = bare + (use.blocked ? AWAY : "");
      return symbols === "" || symbols === bare ? `${name} = ${shown}` : `${name} = ${symbols} = ${shown}`;
    }

    /** Why there is no local gradient along an operand. */
    withoutLocal(wire, source) {
      if (this.hasGradient(source)) return `no single number, ${this.spoken(wire)} works on whole arrays`;
      if (source.dtype === "bool") return "none (true and false have no slope)";
      return source.read || /^u?int/.test(source.dtype) ? "none (whole numbers have no slope)" : "not asked for";
    }

    /** The sentence of a gate that stops gradients, in parentheses; nothing where it has none. */
    whyStopped(wire) {
      const said = plain((wire.says ?? "").replace(/\.+$/, ""));
      return said ? ` (${said[0].toLowerCase()}${said.slice(1)})` : "";
    }

    downstream(wire, operands) {
      const forked = unique(operands.map((use) => this.wires[use.from])).filter((w) => this.usesOf[w.id].length > 1);
      const sums = forked.filter(this.hasGradient).map((source) => this.gradientSum(source));
      return [...operands.flatMap((use) => this.downstreamLines(wire, use)), ...sums];
    }

    downstreamLines(wire, use) {
      const [source, line] = [this.wires[use.from], this.backAlong(wire, use)];
      const axes = wire.pattern in { mixes: 1, spreads: 1, moves: 1 } ? [] : stretchedAxes(source.shape, wire.shape);
      if (!axes.length || use.contribution === null) return [line];
      const again = `${this.name(source)} ${source.shape.length ? shapeText(source.shape) : "()"} was used again along it`;
      const made = `to make ${this.name(wire)} ${shapeText(wire.shape)}, and the gradients of all its uses add`;
      return [line, `  summed over ${axesText(axes)}: ${again} ${made}`];
    }

    backAlong(wire, use) {
      const source = this.wires[use.from];
      const isWhole = this.usesOf[source.id].length === 1 && source !== this.output;
      return `d${this.named(source)} ${isWhole ? "=" : "gets"} ${this.contribution(wire, use)}`;
    }

    contribution(wire, use) {
      if (wire.pattern === "stops") return `nothing${this.whyStopped(wire)}`;
      if (use.contribution === null) return this.leftOut(use);
      const away = use.blocked ? AWAY : "";
      const scalars = [wire.gradient, use.local, use.contribution];
      if (scalars.some((each) => Array.isArray(each) || each === null)) return this.quantity(use.contribution) + away;
      return `d${this.name(wire)} ${this.times} d${this.name(wire)}/d${this.source(use)} = ${this.equation(scalars, ["*"])}${away}`;
    }

    leftOut(use) {
      const source = this.wires[use.from];
      if (!source.gradient_summary || !this.code.has(use.to)) return "- (not computed)";
      return this.usesOf[source.id].length === 1 ? this.gradient(source) : `${shapeText(source.shape)}, too large to be listed here`;
    }

    gradientSum(wire) {
      const total = this.gradient(wire);
      const isSwept = (use) => use.contribution !== null && this.code.has(use.to);
      const parts = this.usesOf[wire.id].filter(isSwept).map((use) => [use.contribution, this.origin(use)]);
      if (wire === this.output) parts.push([this.record.upstream, "upstream"]);
      if (parts.length < 2 || !this.hasGradient(wire)) {
        const uses = this.usesOf[wire.id];
        const isAway = wire !== this.output && uses.length > 0 && uses.every((use) => use.blocked) && this.hasGradient(wire);
        return `d${this.named(wire)} = ${this.hasGradient(wire) ? total : "- (not computed)"}${isAway ? AWAY : ""}`;
      }
      const terms = parts.map(([part, origin]) => `${this.quantity(part)} (${origin})`).join(" + ");
      return `d${this.named(wire)} = ${terms} ${this.sumSign(parts.map(([part]) => part), wire.gradient)} ${total}`;
    }

    sumSign(parts, total) {
      if ([...parts, total].some((each) => Array.isArray(each) || typeof each === "string" || each === null)) return "=";
      return addsUp(parts.map(this.number), this.number(total)) ? "=" : "≈";
    }

    origin(use) {
      const target = this.wires[use.to];
      const line = target.source?.line ?? null;
      const siblings = this.operands[target.id].filter((each) => each.from === use.from);
      const operand = siblings.length > 1 ? `, operand ${use.port + 1}` : "";
      const where = line === null ? ` in ${this.name(target)}` : ` at line ${line}`;
      return `from ${this.symbol(target)}${where}${operand}${use.blocked ? ", routed away" : ""}`;
    }

    useLine(use) {
      const target = this.wires[use.to];
      return place(`${this.name(target)} = ${plain(target.expression ?? "")}`, this.backAlong(target, use), PATTERN_AT - LABEL);
    }

    codeLines(wire) {
      const begun = new Set();
      const code = (this.code.get(wire.id) ?? []).map((line) => {
        const name = line.match(/^([\p{L}\p{N}_]+) = /u)?.[1];
        const isAgain = begun.has(name);
        if (name) begun.add(name);
        return isAgain ? added(line, name) : line;
      });
      if (this.anyArray(wire)) return code.map((line) => this.shaped(line));
      return code.length ? [code.map((line) => plain(line)).join(" ;  ")] : [];
    }

    // What it means, and what was checked.

    saidAndChecked(wires, first) {
      const said = wires.filter((wire) => wire !== this.output || wire.kind !== "gate").map((wire) => this.nudge(wire));
      const checks = wires.filter((wire) => wire.id in this.record.checks);
      const checked = checks.map((wire) => this.checkText(wire, this.record.checks[wire.id]));
      const isLoud = (wire) => !isFinite(wire.value, wire.summary) || !isFinite(wire.gradient, wire.gradient_summary);
      const cure = wires.some(isLoud) && wires[0].cure ? [plain(wires[0].cure, 1000)] : [];
      return [...labelled("instead", cure), ...labelled("says", unique([first, ...said].filter(Boolean))), ...labelled("check", checked)];
    }

    objective() {
      const [name, isArray] = [this.name(this.output), this.output.shape.length > 0];
      if (!entries(this.record.upstream).every((entry) => entry === 1)) return isArray ? `sum(upstream * ${name})` : `upstream * ${name}`;
      return isArray ? `sum(${name})` : name;
    }

    /** Where a wire's gradient is largest, as one would index it, and what it is there (null: nowhere). */
    steepest(wire) {
      const name = this.name(wire);
      if (wire.gradient === null && wire.shape.length) {
        const ends = wire.gradient_summary ? entries([wire.gradient_summary.min, wire.gradient_summary.max]) : [null];
        return [`${name} at its steepest`, ends[largest(ends)]];
      }
      const flat = entries(wire.gradient);
      if (!wire.shape.length || !flat.length) return [name, flat.length ? flat[0] : 0];
      let position = largest(flat);
      const force = flat[position];
      const index = [...wire.shape].reverse().map((n) => {
        const at = position % n;
        position = Math.floor(position / n);
        return at;
      });
      return [`${name}[${index.reverse().join(", ")}]`, force];
    }

    nudge(wire) {
      const [where, force] = this.steepest(wire);
      const [f, sides] = [this.objective(), this.twoSlopes(wire)];
      if (force === null || wire.shape.includes(0)) return "";
      if (!isFinite(this.output.value, this.output.summary)) {
        return `which way to push cannot be said: ${this.name(this.output)} is ${this.value(this.output)}`;
      }
      if (!isFinite(force)) return "";
      const corner = sides ? [where, ...sides] : this.checkedCorner(wire);
      if (corner) {
        const [place, up, down] = corner;
        return `at a corner: raising ${place} by ${NUDGE} ${this.change(up, f)}, lowering it ${this.change(down, f)}`;
      }
      if (this.meetsCorner(wire)) {
        return `at a corner: raising and lowering ${where} change ${f} at different rates`;
      }
      return force === 0 ? `raising ${where} a little leaves ${f} as it is` : `raising ${where} by ${NUDGE} ${this.change(force, f)}`;
    }

    change(slope, f) {
      if (slope === 0) return `leaves ${f} as it is`;
      const change = Math.abs(Number(general(slope * NUDGE, 12)));
      return `${slope > 0 ? "raises" : "lowers"} ${f} by about ${number(change)}`;
    }

    // Corners.

    /** How fast the output rises as a number is raised, and as it is lowered; null where that is one slope. */
    twoSlopes(wire) {
      if (wire.shape.length) return null;
      const [up, down] = [this.pushed(wire, 1), this.pushed(wire, -1)];
      const isSmooth = up === null || down === null || Math.abs(up + down) <= 1e-9 * Math.max(Math.abs(up), Math.abs(down));
      return isSmooth ? null : [up, down];
    }

    /** How fast the output moves as a wire is pushed, gate by gate; at a tie the operand that gets ahead decides. */
    pushed(wire, push) {
      const moving = new Map([[wire.id, push]]);
      for (const gate of this.wires.slice(wire.id + 1)) {
        const uses = this.operands[gate.id].filter((use) => moving.get(use.from));
        if (!uses.length || gate.pattern === "stops") continue;
        const rate = this.rate(gate, uses, moving);
        if (rate === null) return null;
        moving.set(gate.id, rate);
      }
      return typeof this.record.upstream === "number" ? (moving.get(this.output.id) ?? 0) * this.record.upstream : null;
    }

    /** The same as the check saw it, with the entry that it is about; null where another entry is steeper. */
    checkedCorner(wire) {
      const check = this.record.checks[wire.id];
      if (!check?.slopes) return null;
      const [[left, right], [steepest, force], place] = [check.slopes, this.steepest(wire), this.entryName(wire, check)];
      return place === steepest || force === 0 ? [place, right, -left] : null;
    }

    entryName = (wire, check) => this.name(wire) + (check.entry ? `[${check.entry.join(", ")}]` : "");

    /** The bounds of a clip where they are written as numbers: `np.clip(x, 0, 1)`. */
    bounds(gate) {
      const parts = gate.expression.replace(/\)$/, "").split(", ").slice(1);
      return parts.length === 2 && parts.every((part) => WRITTEN.test(part)) ? parts.map(Number) : [null, null];
    }

    rate(gate, uses, moving) {
      const [operands, ties] = [this.operands[gate.id], this.ties(gate)];
      const isAlone = operands.length === 1 && ties.length === 1 && ties[0].local === 0;
      const isNumber = !gate.shape.length && typeof gate.value === "number";
      if (isNumber && gate.gate === "absolute" && gate.value === 0) return Math.abs(moving.get(operands[0].from));
      if (isNumber && gate.gate in EXTREMES && (ties.length > 1 || isAlone)) {
        return EXTREMES[gate.gate]([...ties.map((use) => moving.get(use.from) ?? 0), ...(isAlone ? [0] : [])]);
      }
      const [low, high] = isNumber && gate.gate === "clip" ? this.bounds(gate) : [null, null];
      if (ties.length && (gate.value === low || gate.value === high)) {
        const rate = moving.get(ties[0].from) ?? 0;
        const above = gate.value === low ? Math.max(rate, 0) : rate;
        return gate.value === high ? Math.min(above, 0) : above;
      }
      if (!uses.every((use) => typeof use.local === "number")) return null;
      return uses.reduce((rate, use) => rate + use.local * moving.get(use.from), 0);
    }

    ties = (gate) => this.operands[gate.id].filter((use) => this.wires[use.from].value === gate.value);

    /** Whether a gate gave the steepest entry of a wire a share of a tie, or stands there where its slope jumps. */
    meetsCorner(wire) {
      if (wire.gradient === null) return false;
      const [place, shares] = [largest(entries(wire.gradient)), new Map()];
      for (const use of this.usesOf[wire.id]) {
        const [gate, local] = [this.wires[use.to], this.localAt(use, place)];
        const isAlone = this.operands[gate.id].length === 1 && sameShape(gate, wire);
        const isClipped = gate.gate === "clip" && use.port === 0 && sameShape(gate, wire);
        if (local === 0 && (isClipped || (isAlone && (gate.gate in EXTREMES || gate.gate === "absolute")))) {
          return entries(wire.value)[place] === entries(gate.value)[place];
        }
        if (local !== null && gate.pattern === "routes") shares.set(gate, (shares.get(gate) ?? 0) + local);
      }
      return [...shares.values()].some((share) => share > 0 && share < 1);
    }

    localAt(use, place) {
      const gate = this.wires[use.to];
      const isTotal = !gate.shape.length && Array.isArray(use.contribution) && typeof gate.gradient === "number" && gate.gradient !== 0;
      const among = sameShape(gate, this.wires[use.from]) ? entries(use.local)[place] : isTotal ? entries(use.contribution)[place] / gate.gradient : null;
      return typeof among === "number" ? among : null;
    }

    checkText(wire, check) {
      const start = `d${this.entryName(wire, check)}: `;
      if (check.slopes) return start + this.cornerText(check);
      if (check.verdict === "not checked") return `${start}not checked${check.reason ? `: ${plain(check.reason)}` : ""}`;
      const shown = typeof check.numerical === "number" ? general(check.numerical, 8, true) : quantity(check.numerical);
      const isNumber = check.error !== null && isFinite(check.error);
      const verdict = check.verdict === "agrees" ? "" : `   ${plain(check.verdict)}`;
      const count = check.entry ? `   ${grouped(check.counts.agrees)} of ${grouped(check.entries)} entries agree` : "";
      return `${start}numerical ${shown}   relative error ${isNumber ? general(check.error, 1) : number(check.error)}${verdict}${count}`;
    }

    cornerText(check) {
      const slopes = check.slopes.map((slope) => quantity(slope)).join(" and ");
      const inside = check.verdict === "kink" ? "lies between them" : "does not lie between them   differs";
      return `at a corner: slopes ${slopes}; the gradient ${quantity(check.gradient)} ${inside}`;
    }
  }

  /** The card of the wire called `name`, line by line as Python prints it. */
  const text = (record, name, digits = null, times = "*") => {
    const card = new Card(record, digits ?? null, times);
    const wire = record.wires.find((each) => each.name === name);
    return card.lines(wire).map((line) => line.trimEnd()).join("\n");
  };

  gatewise.card = { text };
})();
