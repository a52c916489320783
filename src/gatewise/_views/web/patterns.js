// What a gate did to the gradient, in one short sentence: the twin of _views/patterns.py.
/** @import { Sheet } from "./sheet.js" */
/** @import { Use, Value, Wire } from "./types" */
import { entries, isReal, number } from "./numbers.js";
import { said } from "./phrases.js";
import { hasGradient, isEdge, nameOf, sameShape } from "./sheet.js";
import { plain } from "./texts.js";

const OF_TWO = ["larger", "smaller"]; // corners of gates that choose between operands
const OF_ALL = ["largest", "smallest"]; // and of those that choose among entries
const PLAINLY = ["spreads", "mixes", "moves", "stops"];

/** @param {Wire} wire @param {string[]} corners */
const isOf = (wire, corners) => corners.includes(wire.corner ?? "");

/** The gate's name as one says it: max for maximum, as its symbol has it without a literal. @param {Wire} wire */
export const spoken = (wire) => plain(isOf(wire, OF_TWO) ? wire.symbol?.split(" ")[0] : wire.gate);

/** @param {number[]} axes */
export const axesText = (axes) => said("axes", { count: axes.length, axes: axes.map(String) });

/** The axes of a result along which broadcasting used an operand again and again. @param {number[]} operand @param {number[]} result */
export const stretchedAxes = (operand, result) => {
  const missing = result.length - operand.length;
  if (missing < 0 || operand.some((n, k) => n !== 1 && n !== result[missing + k])) return [];
  return result.flatMap((n, axis) => (axis < missing || operand[axis - missing] < n ? [axis] : []));
};

/** How many entries of a routing gate's local gradient are shares: more than nothing, less than the whole. @param {Value} local */
const shares = (local) => entries(local).filter((entry) => isReal(entry) && entry > 0 && entry < 1).length;

/** The operands that a gate routed to; what it chose by, such as the mask of a where, gets nothing. @param {Use[]} operands */
const winnersOf = (operands) => {
  const chosen = operands.filter((use) => !use.blocked && use.local !== 0);
  const reached = chosen.filter((use) => use.local !== null || use.contribution !== null);
  return reached.length ? reached : chosen;
};

/** @param {Sheet} sheet @param {Use[]} operands */
const scales = (sheet, operands) => {
  const isNumber = operands.length === 1 && isReal(operands[0].local);
  return isNumber ? said("did.scales.by", { slope: number(operands[0].local, sheet.digits) }) : said("did.scales");
};

/** @type {{ [pattern: string]: ((sheet: Sheet, operands: Use[], wire: Wire) => string) | undefined }} */
const TELL = {
  distributes(sheet, operands) {
    const minus = operands.filter((use) => use.local === -1).map(sheet.source);
    const names = operands.filter((use) => use.local !== -1).map(sheet.source);
    if (minus.length) return said(names.length ? "did.distributes.some" : "did.distributes.minus", { names, minus });
    if (names.length === 1) return said("did.distributes", { names });
    return said(names.length === 2 ? "did.distributes.both" : "did.distributes.all", { count: String(names.length) });
  },

  routes(sheet, operands, wire) {
    if (sheet.anyArray(wire)) return said("did.routes.entries");
    const [winners, names] = [winnersOf(operands), operands.map(sheet.source)];
    const share = (/** @type {Use} */ use) => ({ share: number(use.local, sheet.digits), name: sheet.source(use) });
    if (winners.length > 1) return said("did.routes.ties", { shares: winners.map((use) => said("did.routes.share", share(use))) });
    if (!winners.length) {
      const isTie = operands.length === 1 && sheet.wires[operands[0].from].value === wire.value;
      return said(isTie ? "did.routes.tie" : "did.routes.nothing", { names });
    }
    const [winner] = winners;
    return said([1, -1, null].includes(/** @type {number} */ (winner.local)) ? "did.routes.to" : "did.routes.times", share(winner));
  },

  swaps(sheet, operands) {
    if (operands.length > 2) return said("did.swaps.many");
    return operands.length > 1 ? said("did.swaps") : scales(sheet, operands);
  },

  scales,
};

/** @param {Sheet} sheet @param {Wire} wire */
export const whatItDid = (sheet, wire) => {
  const [pattern, operands] = [wire.pattern ?? "", sheet.operands[wire.id]];
  if (isEdge(wire)) return said(`did.${pattern}`);
  const tell = TELL[pattern];
  const what = tell ? tell(sheet, operands, wire) : PLAINLY.includes(pattern) ? said(`did.${pattern}`) : plain(pattern);
  let did = said("did", { gate: spoken(wire), what });
  for (const use of tell ? operands : []) {
    const axes = stretchedAxes(sheet.wires[use.from].shape, wire.shape);
    if (axes.length) did = said("did.summed", { did, axes: axesText(axes), name: sheet.source(use) });
  }
  return did;
};

/** What is worth saying of a gate besides what it did. @param {Sheet} sheet @param {Wire} wire */
export const lesson = (sheet, wire) => {
  const [gate, operands] = [spoken(wire), sheet.operands[wire.id]];
  if (wire.pattern === "distributes" && operands.length > 1 && hasGradient(wire)) {
    const hasMinus = operands.some((use) => use.local === -1);
    return said(hasMinus ? "lesson.whole.minus" : "lesson.whole", { d: `d${nameOf(wire)}` });
  }
  if (isOf(wire, OF_TWO)) {
    if (!operands.length || operands.some((use) => sheet.wires[use.from].shape.length)) {
      const count = operands.length > 1 ? Math.max(...operands.map((use) => shares(use.local))) : 0;
      return count ? said("lesson.ties", { gate, count }) : "";
    }
    const names = [...new Set(winnersOf(operands).map(sheet.source))];
    return names.length > 1 ? said("lesson.tie", { names, gate }) : "";
  }
  const isInside = isOf(wire, OF_ALL) && !wire.shape.length && operands.length === 1;
  if (!isInside || !Array.isArray(operands[0].contribution)) return "";
  const tied = entries(operands[0].contribution).filter((entry) => entry !== 0).length;
  return tied > 1 ? said("lesson.entries", { count: String(tied), gate }) : "";
};

/** What stands under the symbol of a max that several were the largest for; empty without a tie. @param {Sheet} sheet @param {Wire} wire */
export const tie = (sheet, wire) => {
  const operands = sheet.operands[wire.id];
  if (isOf(wire, OF_ALL)) {
    const came = operands.flatMap((use) => entries(use.contribution)).filter(Boolean).length;
    return came > wire.shape.reduce((product, size) => product * size, 1) ? said("mark.tie") : "";
  }
  if (!isOf(wire, OF_TWO)) return "";
  if (operands.some((use) => shares(use.local))) return said("mark.tie");
  if (operands.length !== 1 || !sameShape(sheet.wires[operands[0].from], wire)) return "";
  const [own, chosen, locals] = [sheet.wires[operands[0].from].value, wire.value, operands[0].local].map(entries);
  return own.some((entry, at) => entry === chosen[at] && locals[at] === 0) ? said("mark.tie.constant") : "";
};
