// Recomputes a circuit from its formulas (_record/formulas.py): forward, then all that is sent back, as the sweep does.
/** @import { Computed, Formulas, Operand, Recorded, Use, Value } from "./types" */
/** @typedef {{ [id: string]: Value }} Inputs */
import { dataOf, each, filled, fromNested, numbersOf, spread, toNested } from "./arrays.js";
import { OPERATIONS } from "./gates.js";

/** The value of an operand: what stands at a place, a constant, or null where a bound was left out. @param {Operand} operand @param {Computed[]} values */
const valueAt = (operand, values) => {
  if (operand === null || typeof operand === "number") return operand === null ? null : values[operand];
  return fromNested(operand.is, operand.shape ?? []);
};

/** What stands at an operand that is there. @param {Operand} operand @param {Computed[]} values */
const there = (operand, values) => valueAt(operand, values) ?? NaN;

/** @param {any[]} part @param {Computed[]} values */
const indexed = (part, values) => (part[0] === "at" ? ["at", typeof part[1] === "number" ? values[part[1]] : fromNested(part[1].is)] : part);
/** @param {unknown} parameter @returns {parameter is any[][]} */
const isIndex = (parameter) => Array.isArray(parameter) && parameter.length > 0 && parameter.every((part) => Array.isArray(part) && typeof part[0] === "string");

/** The values at all places of the program, for the inputs that the record has, or others by the ids of their wires. @param {Recorded} record @param {Formulas} formulas @param {Inputs} inputs */
const known = (record, { program, wires }, inputs) => {
  /** @type {Computed[]} */
  const values = program.inputs.map(() => NaN);
  record.wires.forEach((wire, id) => {
    const place = wires[id];
    if (typeof place === "number" && place < program.inputs.length) values[place] = fromNested(inputs[id] ?? wire.value, wire.shape);
  });
  for (const [gate, operands, parameters] of program.ops) {
    const told = parameters.map((parameter) => (isIndex(parameter) ? parameter.map((part) => indexed(part, values)) : parameter));
    const operation = OPERATIONS.get(gate);
    if (!operation) throw new Error(`a page does not compute ${gate}`);
    values.push(operation(...operands.map((operand) => valueAt(operand, values)), ...told));
  }
  return values;
};

/** Which wires anything arrives at, and which of what is sent goes anywhere: to a number where it is alive. @param {Recorded} record @param {Formulas} formulas @param {Computed[]} values @returns {[Set<number>, boolean[]]} */
const arrivals = (record, formulas, values) => {
  const reached = new Set([formulas.made[record.output]]);
  const goes = formulas.sent.map(([from, to, , mask]) => {
    const isAlive = reached.has(from) && (mask === null || valueAt(mask, values) !== 0);
    if (isAlive) reached.add(to);
    return isAlive;
  });
  return [reached, goes];
};

/** The first guard that an edit breaks, as a sentence; null where the recording still holds. @param {Formulas} formulas @param {Computed[]} values */
const brokenGuard = (formulas, values) => {
  /** @param {Formulas["guards"][number]} guard */
  const isKept = ([operand, value]) => numbersOf(value).every((v, k) => Object.is(dataOf(there(operand, values))[k] + 0, v + 0));
  return formulas.guards.find((guard) => !isKept(guard))?.[2] ?? null;
};

/** A local gradient: one for each entry, or one number along an operand that the gate does not follow. @param {Operand} operand @param {Computed[]} values @param {number[]} shape @param {Value} before */
const localOf = (operand, values, shape, before) => {
  if (operand === null) return null;
  const local = there(operand, values);
  return toNested(typeof local === "number" && !Array.isArray(before) ? local : spread(local, shape));
};

/**
 * The numbers of a circuit for other inputs (values by id, as the record has them).
 * `left` is a sentence where these inputs leave what was recorded: the numbers are then not to be shown.
 * @param {Recorded} record @param {Formulas} formulas @param {Inputs} inputs
 */
export const recompute = (record, formulas, inputs = {}) => {
  const values = known(record, formulas, inputs);
  const [reached, goes] = arrivals(record, formulas, values);
  const isReached = (/** @type {number} */ id) => reached.has(formulas.made[id]);
  const valueOf = (/** @type {Operand} */ operand, /** @type {number[]} */ shape) => spread(there(operand, values), shape);
  const gradients = record.wires.map(({ shape }, id) => (isReached(id) && formulas.gradients[id] !== null ? valueOf(formulas.gradients[id], shape) : filled(shape, 0)));
  const sent = (/** @type {Use} */ use, /** @type {number} */ k) => {
    const { shape } = record.wires[use.from];
    const parts = formulas.uses[k].filter((place) => goes[place]).map((place) => valueOf(formulas.sent[place][2], shape));
    const routes = record.wires[use.to].pattern === "routes" && use.contribution !== null;
    if (!parts.length) return routes ? filled(shape, 0) : null;
    const part = parts.reduce((x, y) => each((u, v) => u + v)(x, y));
    const isLost = isReached(use.from) && !isOnlyFinite(part) && isOnlyFinite(gradients[use.from]);
    return isLost ? gradients[use.from] : part; // what the block's rule says, where its gates as written overflow
  };
  return {
    left: brokenGuard(formulas, values),
    values: record.wires.map((wire, id) => toNested(valueAt(formulas.wires[id], values), wire.dtype)),
    gradients: record.wires.map((wire, id) => (wire.gradient === null ? null : toNested(gradients[id]))),
    contributions: record.uses.map((use, k) => (record.wires[use.from].gradient === null ? null : toNested(sent(use, k)))),
    locals: record.uses.map((use, k) => localOf(formulas.locals[k], values, record.wires[use.to].shape, use.local)),
    reached: record.wires.map((_, id) => isReached(id)),
  };
};

/** @param {Computed} x */
const isOnlyFinite = (x) => dataOf(x).every(Number.isFinite);
/** @param {Value} nested */
const isAny = (nested) => numbersOf(nested ?? 0).some((entry) => entry !== 0);

/** The record for other inputs, with `left` as in `recompute`; nothing in it was checked by differences. @param {Recorded} record @param {Formulas} formulas @param {Inputs} inputs @returns {Recorded} */
export const recorded = (record, formulas, inputs = {}) => {
  const numbers = recompute(record, formulas, inputs);
  const wires = record.wires.map((wire) => ({ ...wire, value: numbers.values[wire.id], gradient: numbers.gradients[wire.id] }));
  const isDead = (/** @type {number} */ k) => formulas.switches[k] && numbers.locals[k] === 0;
  const uses = record.uses.map((use, k) => {
    const [local, contribution] = [numbers.locals[k], numbers.contributions[k]];
    const routes = wires[use.to].pattern === "routes" && contribution !== null;
    const text = formulas.texts[k] && isDead(k) ? "0" : formulas.texts[k]?.[0] ?? use.local_text;
    const blocked = routes && !isAny(contribution) && isAny(numbers.gradients[use.to]);
    return { ...use, local, contribution, local_text: text, blocked };
  });
  const into = wires.map((wire) => uses.flatMap((use, k) => (use.to === wire.id ? [k] : [])));
  const lineOf = (/** @type {number} */ k) => (isDead(k) ? undefined : formulas.texts[k]?.[1]);
  const codeOf = (/** @type {number} */ id) => into[id].map(lineOf).filter((line) => line !== undefined);
  const swept = [...record.forward].reverse().filter((id) => numbers.reached[id] && into[id].length);
  return { ...record, wires, uses, backward: swept.map((id) => ({ wire: id, uses: into[id], code: codeOf(id) })), checks: {}, left: numbers.left };
};
