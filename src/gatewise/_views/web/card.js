// The card of one wire: the twin of _views/card.py.
/** @import { Digits, Recorded, Use, Value, Wire } from "./types" */
import { checkText, nudge } from "./meaning.js";
import { addsUp, equation, number } from "./numbers.js";
import { axesText, lesson, spoken, stretchedAxes, whatItDid } from "./patterns.js";
import { said } from "./phrases.js";
import { Sheet, hasGradient, isAllFinite, isGate, madeBy, nameOf, originOf } from "./sheet.js";
import { cells, pad, plain, shapeText } from "./texts.js";

const [LABEL, PATTERN_AT, SOURCE_AT, LOCAL_EVERY] = [12, 27, 63, 23];
export const LONGEST_CURE = 1000; // characters: a cure is whole, or of no use
const NAME = /(?<![\p{L}\p{N}_.])([\p{L}\p{Nl}\p{No}_][\p{L}\p{N}_]*)(\.m?T(?![\p{L}\p{N}_]))?/gu;
const ZEROS = /^[\p{L}\p{N}_]+ = np\.zeros[^;]*; /u;
const LITERAL = /^-?[0-9.]+(e[-+]?[0-9]+)?$/;

/** @template T @param {T[]} items */
const unique = (items) => [...new Set(items)];
/** @param {string} left @param {string} right @param {number} column */
const place = (left, right, column) => pad(left, Math.max(column, cells(left) + 3)) + right;
/** @param {string} text @param {boolean} isAway */
const away = (text, isAway) => (isAway ? said("away", { text }) : text);
/** @param {string} label @param {string[]} texts */
const labelled = (label, texts) => texts.map((text, k) => `  ${pad(k ? "" : said(`card.${label}`), LABEL)}${text}`);

/** @param {number[]} shape @param {string | undefined} turn */
const turned = (shape, turn) => {
  if (turn === ".T") return [...shape].reverse();
  return turn === ".mT" ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape;
};

/** A contribution addedTo to what `name` holds: what is written into zeros is written into it instead. @param {string} code @param {string} name */
const addedTo = (code, name) => {
  const line = code.replace(ZEROS, "");
  if (!line.includes("; ")) return line.replace(" = ", " += ");
  const part = new RegExp(`(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`, "gu");
  return `${line.replace(part, `${name}_part`)}; ${name} += ${name}_part`;
};

/** That a gate stops gradients, with its own sentence in parentheses where it has one. @param {string} key @param {string} withWhy @param {Wire} wire */
const stopped = (key, withWhy, wire) => {
  const why = plain((wire.says ?? "").replace(/\.+$/, ""));
  return why ? said(withWhy, { why: why[0].toLowerCase() + why.slice(1) }) : said(key);
};

/** Why there is no local gradient along an operand. @param {Wire} source */
const withoutLocal = (source) => {
  if (hasGradient(source)) return "whole";
  if (source.dtype === "bool") return "bool";
  return source.read || /^u?int/.test(source.dtype) ? "integer" : "unasked";
};

/** @typedef {Map<string, Value>} Values the values of operands by their names */

/** The numbers that a product or a sum is made of, and the signs between; nothing for anything else. @param {string} text @param {Values} values @returns {[Value[], string[]]} */
const termsOf = (text, values) => {
  const words = text.split(" ");
  const signs = words.filter((_, k) => k % 2);
  const isOf = (/** @type {string[]} */ allowed) => signs.every((sign) => allowed.includes(sign));
  if (words.length < 3 || words.length % 2 === 0 || !(isOf(["*"]) || isOf(["+", "-"]))) return [[], []];
  const literal = (/** @type {string} */ word) => (LITERAL.test(word) ? Number(word) : null);
  const bare = (/** @type {string} */ word) => (signs.includes("*") ? word.replace(/^[()]+|[()]+$/g, "") : word);
  const found = words.filter((_, k) => k % 2 === 0).map(bare).map((word) => values.get(word) ?? literal(word));
  return found.some((term) => term === null || typeof term === "boolean") ? [[], []] : [found, signs];
};

class Card extends Sheet {
  /** @param {Recorded} record @param {Digits} digits @param {string} times */
  constructor(record, digits, times) {
    super(record, digits);
    this.times = times;
  }

  /** The lines of the card, in sections by their labels. @param {Wire} wire @returns {[label: string, lines: string[]][]} */
  sections(wire) {
    return isGate(wire) ? this.ofGate(wire) : this.ofInput(wire);
  }

  /** @param {Wire} wire @returns {[label: string, lines: string[]][]} */
  ofInput(wire) {
    const used = this.usesOf[wire.id].map((use) => this.useLine(use));
    return [
      ["", [`${originOf(wire)}  ${this.named(wire)} = ${this.value(wire)}`]],
      ["uses", used.length ? used : [said("card.unused")]],
      ["gradient", [this.gradientSum(wire)]],
      ...this.saidAndChecked([wire], ""),
    ];
  }

  /** @param {Wire} wire @returns {[label: string, lines: string[]][]} */
  ofGate(wire) {
    const operands = this.operands[wire.id];
    return [
      ["", [this.head(wire)]],
      ["forward", [this.forward(wire)]],
      ["upstream", [this.gradientSum(wire)]],
      ["local", this.locals(wire, operands)],
      ["downstream", this.downstream(wire, operands)],
      ["code", this.codeLines(wire)],
      ...this.saidAndChecked(unique([wire, ...this.sourcesOf(wire)]), lesson(this, wire)),
    ];
  }

  /** @param {Wire} wire */
  head(wire) {
    const head = place(`${said("card.gate")}  ${madeBy(wire)}`, whatItDid(this, wire), PATTERN_AT);
    const line = wire.source?.line ?? null;
    if (line === null) return head;
    const told = [said("line", { line: String(line) }), plain(wire.source?.text), this.roundOf(wire)];
    return place(head, told.slice(0, told[2] ? 3 : 2).join("   "), SOURCE_AT);
  }

  // Forward.

  /** @param {Wire} wire */
  forward(wire) {
    const [name, value, text] = [nameOf(wire), this.value(wire), wire.expression ?? ""];
    if (this.anyArray(wire)) return `${this.shaped(`${wire.name} = ${text}`)} = ${value}`;
    const values = new Map(this.sourcesOf(wire).map((source) => [source.name, source.value]));
    const [terms, signs] = termsOf(text, values);
    if (terms.length) return `${name} = ${this.equation([...terms, wire.value], signs)}`;
    const filled = this.filled(text, values);
    const isExact = (/** @type {Value} */ v) => typeof v === "boolean" || Number(this.number(v)) === v;
    const holds = !text.includes(" * ") || [...values.values(), wire.value].every(isExact);
    return filled === "" || filled === value ? `${name} = ${value}` : `${name} = ${filled} ${holds ? "=" : "≈"} ${value}`;
  }

  /** @param {Value} value */
  number = (value) => number(value, this.digits);
  /** @param {Value[]} terms @param {string[]} signs */
  equation = (terms, signs) => equation(terms, signs, this.times, this.digits);

  /** A gate's expression with the values of its operands in place of their names. @param {string} text @param {Values} values */
  filled(text, values) {
    /** @param {string} found @param {string} name @param {string | undefined} turn @param {number} at */
    const fill = (found, name, turn, at) => {
      if (!values.has(name)) return found;
      const shown = this.number(values.get(name) ?? null) + (turn ?? "");
      const isTight = text.slice(at + found.length).trimStart().startsWith("**") || text[at - 1] === "-";
      return isTight && shown.startsWith("-") ? `(${shown})` : shown;
    };
    return plain(text.replace(NAME, fill));
  }

  /** Code with the shape of each array after its name. @param {string} code */
  shaped(code) {
    const shapes = new Map(this.wires.map((wire) => [wire.name, wire.shape]));
    for (const wire of this.wires) if (!shapes.has(`d${wire.name}`)) shapes.set(`d${wire.name}`, wire.shape);
    /** @param {string} found @param {string} name @param {string | undefined} turn */
    const withShape = (found, name, turn) => {
      const shape = shapes.get(name) ?? [];
      return shape.length ? `${found} ${shapeText(turned(shape, turn))}` : found;
    };
    return plain(code.replace(NAME, withShape), 400);
  }

  // Backward.

  /** @param {Wire} wire @param {Use[]} operands */
  locals(wire, operands) {
    const texts = operands.map((use) => this.local(wire, use));
    if (!operands.length || texts.reduce((sum, text) => sum + cells(text), 0) > 2 * SOURCE_AT) return texts;
    return [texts.map((text) => pad(text, Math.max(LOCAL_EVERY, cells(text) + 3))).join("")];
  }

  /** @param {Wire} wire @param {Use} use */
  local(wire, use) {
    const name = `d${nameOf(wire)}/d${this.source(use)}`;
    if (wire.pattern === "stops") return `${name}: ${stopped("local.none", "local.none.why", wire)}`;
    if (use.local === null && use.local_text === null) {
      return `${name}: ${said(`local.${withoutLocal(this.wires[use.from])}`, { gate: spoken(wire) })}`;
    }
    const symbols = use.local_text ? plain(use.local_text) : "";
    const isSymbolic = symbols && (use.local === null || Array.isArray(use.local));
    const bare = isSymbolic ? symbols : this.quantity(use.local);
    const shown = away(bare, use.blocked);
    return symbols === "" || symbols === bare ? `${name} = ${shown}` : `${name} = ${symbols} = ${shown}`;
  }

  /** @param {Wire} wire @param {Use[]} operands */
  downstream(wire, operands) {
    const forked = unique(this.sourcesOf(wire)).filter((source) => this.usesOf[source.id].length > 1);
    const sums = forked.filter(hasGradient).map((source) => this.gradientSum(source));
    return [...operands.flatMap((use) => this.downstreamLines(wire, use)), ...sums];
  }

  /** @param {Wire} wire @param {Use} use */
  downstreamLines(wire, use) {
    const [source, line] = [this.wires[use.from], this.backAlong(wire, use)];
    const axes = ["mixes", "spreads", "moves", "collects"].includes(wire.pattern ?? "") ? [] : stretchedAxes(source.shape, wire.shape);
    if (!axes.length || use.contribution === null) return [line];
    const [again, made] = [source, wire].map((each) => `${nameOf(each)} ${shapeText(each.shape)}`);
    return [line, `  ${said("back.summed", { axes: axesText(axes), wire: again, made })}`];
  }

  /** @param {Wire} wire @param {Use} use */
  backAlong(wire, use) {
    const source = this.wires[use.from];
    return said(this.isUsedOnce(source) ? "back.whole" : "back.part", { d: `d${this.named(source)}`, came: this.contribution(wire, use) });
  }

  /** @param {Wire} wire @param {Use} use */
  contribution(wire, use) {
    if (wire.pattern === "stops") return stopped("back.none", "back.none.why", wire);
    if (use.contribution === null) return this.leftOut(use);
    const terms = [wire.gradient, use.local, use.contribution];
    if (terms.some((each) => Array.isArray(each) || each === null)) return away(this.quantity(use.contribution), use.blocked);
    const factors = `d${nameOf(wire)} ${this.times} d${nameOf(wire)}/d${this.source(use)}`;
    return away(`${factors} = ${this.equation(terms, ["*"])}`, use.blocked);
  }

  /** What came along a use that the record holds no entries for. @param {Use} use */
  leftOut(use) {
    const source = this.wires[use.from];
    if (!source.gradient_summary || !this.code.has(use.to)) return said("back.unknown");
    return this.usesOf[source.id].length === 1 ? this.gradient(source) : said("back.large", { shape: shapeText(source.shape) });
  }

  /** @param {Wire} wire */
  gradientSum(wire) {
    const [start, total] = [`d${this.named(wire)} =`, this.gradient(wire)];
    const swept = this.usesOf[wire.id].filter((use) => use.contribution !== null && this.code.has(use.to));
    const parts = swept.map((use) => ({ part: use.contribution, origin: this.origin(use) }));
    if (wire === this.output) parts.push({ part: this.record.upstream, origin: said("part.upstream") });
    if (parts.length < 2 || !hasGradient(wire)) {
      return `${start} ${away(hasGradient(wire) ? total : said("back.unknown"), this.isRoutedAway(wire))}`;
    }
    const terms = parts.map(({ part, origin }) => said("part", { part: this.quantity(part), origin })).join(" + ");
    return `${start} ${terms} ${this.sumSign(parts.map(({ part }) => part), wire.gradient)} ${total}`;
  }

  /** @param {Value[]} parts @param {Value} total */
  sumSign(parts, total) {
    if ([...parts, total].some((each) => Array.isArray(each) || typeof each === "string" || each === null)) return "=";
    return addsUp(parts.map(this.number), this.number(total)) ? "=" : "≈";
  }

  /** @param {Use} use */
  origin(use) {
    const target = this.wires[use.to];
    const [gate, line] = [plain(target.symbol || target.gate), target.source?.line ?? null];
    let origin = line === null ? said("part.name", { gate, name: nameOf(target) }) : said("part.line", { gate, line: String(line) });
    const isOneOfMany = this.operands[target.id].filter((each) => each.from === use.from).length > 1;
    if (isOneOfMany) origin = said("part.operand", { origin, number: String(use.port + 1) });
    return use.blocked ? said("part.away", { origin }) : origin;
  }

  /** @param {Use} use */
  useLine(use) {
    const target = this.wires[use.to];
    return place(madeBy(target), this.backAlong(target, use), PATTERN_AT - LABEL);
  }

  /** @param {Wire} wire */
  codeLines(wire) {
    const begun = new Set();
    const code = (this.code.get(wire.id) ?? []).map((line) => {
      const name = line.match(/^([\p{L}\p{N}_]+) = /u)?.[1];
      const isAgain = begun.has(name);
      if (name) begun.add(name);
      return name && isAgain ? addedTo(line, name) : line;
    });
    if (this.anyArray(wire)) return code.map((line) => this.shaped(line));
    return code.length ? [code.map((line) => plain(line)).join(" ;  ")] : [];
  }

  // What it means, and what was checked.

  /** How the gradients of complex numbers are to be read, where there are any. @param {Wire[]} wires */
  complexShown(wires) {
    return wires.some((wire) => wire.dtype.startsWith("complex")) ? [said("complex", { f: plain(this.output.name) })] : [];
  }

  /** @param {Wire[]} wires @param {string} first @returns {[label: string, lines: string[]][]} */
  saidAndChecked(wires, first) {
    const nudges = wires.filter((wire) => wire !== this.output || !isGate(wire)).map((wire) => nudge(this, wire));
    const checks = wires.flatMap((wire) => {
      const check = this.check(wire);
      return check ? [checkText(wire, check)] : [];
    });
    const cure = wires.every(isAllFinite) || !wires[0].cure ? [] : [plain(wires[0].cure, LONGEST_CURE)];
    return [["instead", cure], ["says", unique([first, ...nudges, ...this.complexShown(wires)].filter(Boolean))], ["check", checks]];
  }
}

/** The card of the wire called `name`, in sections by their labels, line by line as Python prints it. @param {Recorded} record @param {string} name @param {Digits} digits @param {string} times @returns {[label: string, lines: string[]][]} */
export const sections = (record, name, digits = null, times = "*") => {
  const card = new Card(record, digits ?? null, times);
  const wire = card.wires.find((each) => each.name === name) ?? card.output;
  const written = (/** @type {[string, string[]]} */ [label, texts]) => (label ? labelled(label, texts) : texts).map((line) => line.trimEnd());
  return card.sections(wire).map((section) => [section[0], written(section)]);
};

/** The same as one text. @param {Recorded} record @param {string} name @param {Digits} digits @param {string} times */
export const text = (record, name, digits = null, times = "*") =>
  sections(record, name, digits, times).flatMap(([, lines]) => lines).join("\n");
