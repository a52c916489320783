// The numbers of a page: the record at the inputs as they are now, and at the point that changes are measured from.
/** @import { Data, Recorded, Value, Wire } from "./types" */
import { recorded } from "./compute.js";
import { entries, isFinite, quantity } from "./numbers.js";
import { said } from "./phrases.js";
import { withRounds } from "./rounds.js";
import { Sheet, hasGradient, isGate, nameOf, originOf } from "./sheet.js";
import { plain } from "./texts.js";

/** @param {Value} value @param {number[]} index @param {number} entry @returns {Value} */
const withinIndex = (value, index, entry) => {
  if (!index.length || !Array.isArray(value)) return entry;
  return value.map((part, at) => (at === index[0] ? withinIndex(part, index.slice(1), entry) : part));
};

/** @param {Sheet} sheet @returns {{ [id: string]: Value }} */
const givenInputs = (sheet) => Object.fromEntries(sheet.wires.filter((wire) => !isGate(wire)).map((wire) => [wire.id, wire.value]));

/** The output, or its entries weighted by what the sweep started from. @param {Sheet} sheet */
const weighed = ({ record, output }) => {
  const upstream = entries(record.upstream).map(Number);
  const all = entries(output.value).map(Number);
  return all.reduce((total, entry, at) => total + entry * upstream[upstream.length > 1 ? at : 0], 0);
};

/** Nothing but the inputs: what is shown where they lead out of what was recorded. @param {Recorded} found @returns {Recorded} */
const unknown = (found) => {
  const wires = found.wires.map((wire) => ({ ...wire, value: isGate(wire) ? null : wire.value, gradient: null }));
  return { ...found, wires, uses: found.uses.map((use) => ({ ...use, local: null, contribution: null })) };
};

export class Numbers {
  /** @param {Data} data */
  constructor(data) {
    this.recorded = this.from = this.now = new Sheet(data.record, data.digits);
    this.formulas = data.formulas;
    this.rounds = data.rounds;
    this.inputs = givenInputs(this.recorded);
    this.refusal = "";
    /** @type {number[][]} the positions of each wire's uses in the record */
    this.usesOf = this.recorded.wires.map(() => []);
    data.record.uses.forEach((use, at) => this.usesOf[use.from].push(at));
  }

  isRecording = () => "recording" in this.formulas;

  // The inputs that a reader may change: floats that Python did not read.
  editable() {
    const { wires } = this.recorded;
    return wires.filter(({ kind, read, value, dtype }) => kind === "input" && !read && value !== null && dtype === "float64");
  }

  /** @param {number} id @param {number[]} index @param {number} entry */
  set(id, index, entry) {
    this.inputs = { ...this.inputs, [id]: withinIndex(this.inputs[id], index, entry) };
    this.now = this.at(this.inputs);
  }

  /** The numbers of other rounds. @param {number[]} chosen */
  choose(chosen) {
    const { record, digits } = this.recorded;
    const isRecorded = chosen.every((at, which) => this.rounds[which].kept[at] === record.loops[which].round);
    this.now = this.from = isRecorded ? this.recorded : new Sheet(withRounds(record, this.rounds, chosen), digits);
  }

  reset() {
    this.inputs = givenInputs(this.recorded);
    this.now = this.from = this.recorded;
    this.refusal = "";
  }

  /** @param {{ [id: string]: Value }} inputs */
  at(inputs) {
    this.refusal = "";
    const given = givenInputs(this.recorded);
    if (Object.keys(given).every((id) => JSON.stringify(given[id]) === JSON.stringify(inputs[id]))) return this.recorded;
    const found = recorded(this.recorded.record, this.formulas, inputs);
    this.refusal = found.left ?? "";
    return new Sheet(found.left ? unknown(found) : found, this.recorded.digits);
  }

  /** @param {number} id */
  name = (id) => nameOf(this.recorded.wires[id]);
  /** @param {Wire} wire */
  made = (wire) => (isGate(wire) ? plain(wire.expression) : originOf(wire));
  /** @param {Value} value */
  quantity = (value) => quantity(value, null, this.recorded.digits);
  /** @param {number} id */
  value = (id) => this.now.value(this.now.wires[id]);
  /** @param {number} id */
  hasGradient = (id) => hasGradient(this.now.wires[id]);
  /** @param {number} id */
  gradient = (id) => (this.hasGradient(id) ? this.now.gradient(this.now.wires[id]) : said("mark.unknown"));

  // How far the output moved, and how far the gradients at the starting point said it would: not where an input that
  // was changed has no gradient; those are the unasked ones.
  change() {
    const actual = weighed(this.now) - weighed(this.from);
    /** @type {string[]} */
    const unasked = [];
    let predicted = 0;
    for (const wire of this.editable()) {
      const before = this.from.wires[wire.id];
      const then = entries(before.value);
      const moves = entries(this.now.wires[wire.id].value).map((entry, at) => (Object.is(entry, then[at]) ? 0 : Number(entry) - Number(then[at])));
      if (moves.every((move) => move === 0)) continue;
      if (before.gradient === null) unasked.push(this.name(wire.id));
      else entries(before.gradient).forEach((slope, at) => (predicted += moves[at] && Number(slope) * moves[at]));
    }
    return { actual, predicted, unasked };
  }

  // The wire where something stops being finite first: forward, else in the backward sweep.
  firstNotFinite() {
    const { wires } = this.now;
    const forward = wires.find((wire) => !isFinite(wire.value, wire.summary));
    const backward = wires.filter((wire) => !isFinite(wire.gradient, wire.gradient_summary)).pop();
    return (forward || backward)?.id ?? null;
  }
}
