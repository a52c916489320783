// The record of a circuit, indexed: the twin of _views/sheet.py, with what every text of the page looks up in it.
/** @import { Check, Digits, Recorded, Use, Value, Wire } from "./types" */
import { entries, isFinite, quantity } from "./numbers.js";
import { said } from "./phrases.js";
import { roundTold } from "./rounds.js";
import { plain, shapeText } from "./texts.js";

/** @param {Wire} wire */
export const nameOf = (wire) => plain(wire.name);
/** @param {Wire} wire */
export const isGate = (wire) => wire.kind === "gate";
const EDGES = ["shares", "carries", "continues", "leaves", "collects"];
/** Whether it stands at the edge of a loop, where a round meets the others and what is outside. @param {Wire} wire */
export const isEdge = (wire) => EDGES.includes(wire.pattern ?? "");
/** @param {Wire} wire */
export const hasGradient = (wire) => wire.gradient !== null || Boolean(wire.gradient_summary);
/** Whether nothing in its value or its gradient is nan or inf. @param {Wire} wire */
export const isAllFinite = (wire) => isFinite(wire.value, wire.summary) && isFinite(wire.gradient, wire.gradient_summary);
/** @param {Wire} wire */
export const madeBy = (wire) => `${nameOf(wire)} = ${plain(wire.expression)}`;
/** Where a wire that no gate made came from. @param {Wire} wire */
export const originOf = ({ kind, cut, read }) => (cut || read ? said(`origin.${cut ? "cut" : "read"}`, { kind }) : kind);
/** @param {Wire} one @param {Wire} other */
export const sameShape = (one, other) => one.shape.join() === other.shape.join();

export class Sheet {
  /** @param {Recorded} record @param {Digits} digits */
  constructor(record, digits = null) {
    this.record = record;
    this.digits = digits;
    this.wires = record.wires;
    this.output = record.wires[record.output];
    this.uses = record.uses.map((use) => ({ ...use, local: typeof use.local === "boolean" ? Number(use.local) : use.local }));
    /** @type {Use[][]} */
    this.usesOf = this.wires.map(() => []);
    /** @type {Use[][]} */
    this.operands = this.wires.map(() => []);
    for (const use of [...this.uses].sort((a, b) => a.to - b.to || a.port - b.port)) {
      this.usesOf[use.from].push(use);
      this.operands[use.to].push(use);
    }
    this.code = new Map(record.backward.map((event) => [event.wire, event.code ?? []]));
  }

  /** @param {Wire} wire */
  sourcesOf = (wire) => this.operands[wire.id].map((use) => this.wires[use.from]);
  /** @param {Use} use */
  source = (use) => nameOf(this.wires[use.from]);
  /** @param {Value} value */
  quantity = (value) => quantity(value, null, this.digits);
  /** @param {Wire} wire */
  value = (wire) => quantity(wire.value, wire.summary, this.digits);
  /** @param {Wire} wire */
  gradient = (wire) => quantity(wire.gradient, wire.gradient_summary, this.digits);
  /** @param {Wire} wire */
  named = (wire) => nameOf(wire) + (wire.shape.length ? ` ${shapeText(wire.shape)}` : "");
  /** @param {Wire} wire */
  anyArray = (wire) => [wire, ...this.sourcesOf(wire)].some(({ shape }) => shape.length > 0);
  /** Whether a use brings back all of a wire's gradient. @param {Wire} wire */
  isUsedOnce = (wire) => this.usesOf[wire.id].length === 1 && wire !== this.output;
  /** @param {Wire} wire @returns {Check | undefined} */
  check = (wire) => this.record.checks[wire.id];

  /** Which round a wire is of: `round 3 of 200`; nothing for one outside of loops. @param {Wire} wire */
  roundOf(wire) {
    const which = this.record.loops.findIndex(({ wires }) => wire.id in wires);
    return which < 0 ? "" : roundTold(this.record, which);
  }

  /** Whether a max or a mask sent everything that could have come to this wire elsewhere. @param {Wire} wire */
  isRoutedAway(wire) {
    const uses = this.usesOf[wire.id];
    return wire !== this.output && uses.length > 0 && uses.every((use) => use.blocked) && hasGradient(wire);
  }

  /** What the gradients are gradients of: the output, its sum, or the output weighted by the upstream gradient. */
  objective() {
    const isOne = entries(this.record.upstream).every((entry) => entry === 1);
    const [whole, sum] = isOne ? ["objective", "objective.sum"] : ["objective.weighted", "objective.weighted.sum"];
    return said(this.output.shape.length ? sum : whole, { output: nameOf(this.output) });
  }
}
