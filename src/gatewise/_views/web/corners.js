// Where the slope of a gate jumps, and what that means for whoever pushes an input there: the twin of _views/corners.py.
/** @import { Sheet } from "./sheet.js" */
/** @import { Use, Wire } from "./types" */
import { entries, isReal } from "./numbers.js";
import { sameShape } from "./sheet.js";

/** By what a gate takes, how fast it moves where what it takes from ties. @type {{ [corner: string]: (rates: number[]) => number }} */
const MOVES = {
  larger: (rates) => Math.max(...rates),
  positive: (rates) => Math.max(...rates),
  smaller: (rates) => Math.min(...rates),
  size: (rates) => Math.max(...rates.map(Math.abs)),
};

/** @param {Sheet} sheet @param {Wire} gate */
const tiesOf = (sheet, gate) => sheet.operands[gate.id].filter((use) => sheet.wires[use.from].value === gate.value);

/** Whether a gate of numbers stands where its slope jumps: at a tie, at a bound, or at abs(0). @param {Sheet} sheet @param {Wire} gate */
const isCorner = (sheet, gate) => {
  if (!gate.corner || gate.shape.length || !isReal(gate.value)) return false;
  if (gate.corner === "size") return gate.value === 0;
  const [ties, { low, high }] = [tiesOf(sheet, gate), gate.given ?? {}];
  if (gate.corner === "bounds") return (gate.value === low || gate.value === high) && ties.length > 0;
  const isAlone = ties.length === 1 && sheet.operands[gate.id].length === 1 && ties[0].local === 0;
  return gate.corner in MOVES && (ties.length > 1 || isAlone);
};

/** @param {Sheet} sheet @param {Wire} gate @param {Use[]} uses @param {Map<number, number>} moving */
const rateOf = (sheet, gate, uses, moving) => {
  if (isCorner(sheet, gate)) {
    const rates = tiesOf(sheet, gate).map((use) => moving.get(use.from) ?? 0);
    if (gate.corner === "bounds") {
      const above = gate.value === gate.given?.low ? Math.max(rates[0], 0) : rates[0];
      return gate.value === gate.given?.high ? Math.min(above, 0) : above;
    }
    const isAlone = gate.corner !== "size" && sheet.operands[gate.id].length === 1;
    return MOVES[gate.corner ?? ""]([...rates, ...(isAlone ? [0] : [])]); // 0: the constant it ties with
  }
  if (!uses.every((use) => isReal(use.local))) return null;
  return uses.reduce((rate, use) => rate + Number(use.local) * Number(moving.get(use.from)), 0);
};

/** How fast the output moves as a wire is pushed, gate by gate. @param {Sheet} sheet @param {Wire} wire @param {number} push */
const pushed = (sheet, wire, push) => {
  const moving = new Map([[wire.id, push]]);
  for (const gate of sheet.wires.slice(wire.id + 1)) {
    const uses = sheet.operands[gate.id].filter((use) => moving.get(use.from));
    if (!uses.length || gate.pattern === "stops") continue;
    const rate = rateOf(sheet, gate, uses, moving);
    if (rate === null) return null;
    moving.set(gate.id, rate);
  }
  const { upstream } = sheet.record;
  return isReal(upstream) ? (moving.get(sheet.output.id) ?? 0) * upstream : null;
};

/** How fast the output rises as a number is raised, and as it is lowered; null where that is one slope. @param {Sheet} sheet @param {Wire} wire */
export const twoSlopes = (sheet, wire) => {
  if (wire.shape.length) return null;
  const [up, down] = [pushed(sheet, wire, 1), pushed(sheet, wire, -1)];
  if (up === null || down === null || Math.abs(up + down) <= 1e-9 * Math.max(Math.abs(up), Math.abs(down))) return null;
  return [up, down];
};

/** The local gradient along one entry of an operand, also of a max over all entries. @param {Sheet} sheet @param {Use} use @param {number} place */
const localAt = (sheet, use, place) => {
  const gate = sheet.wires[use.to];
  if (sameShape(gate, sheet.wires[use.from])) return entries(use.local)[place];
  const isTotal = !gate.shape.length && Array.isArray(use.contribution) && isReal(gate.gradient) && gate.gradient !== 0;
  return isTotal ? Number(entries(use.contribution)[place]) / Number(gate.gradient) : null;
};

/** Whether a gate gave an entry of a wire a share of a tie, or stands there where its slope jumps. @param {Sheet} sheet @param {Wire} wire @param {number} place */
export const meetsCorner = (sheet, wire, place) => {
  const shares = new Map();
  for (const use of sheet.usesOf[wire.id]) {
    const [gate, local] = [sheet.wires[use.to], localAt(sheet, use, place)];
    const isAlone = sheet.operands[gate.id].length === 1 && (gate.corner ?? "") in MOVES;
    const isClipped = gate.corner === "bounds" && use.port === 0;
    if (local === 0 && sameShape(gate, wire) && (isClipped || isAlone)) return entries(wire.value)[place] === entries(gate.value)[place];
    if (isReal(local) && gate.pattern === "routes") shares.set(gate, (shares.get(gate) ?? 0) + local);
  }
  return [...shares.values()].some((share) => share > 0 && share < 1);
};
