// What the numbers mean, and how far checks agree: the twin of _views/meaning.py and _views/checks.py for cards.
/** @import { Sheet } from "./sheet.js" */
/** @import { Check, Entry, Wire } from "./types" */
import { meetsCorner, twoSlopes } from "./corners.js";
import { entries, general, isFinite, isReal, number, quantity } from "./numbers.js";
import { said } from "./phrases.js";
import { nameOf } from "./sheet.js";
import { plain } from "./texts.js";

const NUDGE = 0.01;

/** Where the entry of the largest size stands; one that is not finite comes first. @param {Entry[]} flat */
const largest = (flat) => {
  const sizes = flat.map((entry) => Math.abs(Number(entry)));
  const loud = sizes.findIndex((size) => !Number.isFinite(size));
  return loud >= 0 ? loud : sizes.reduce((best, size, k) => (size > sizes[best] ? k : best), 0);
};

/** Where a wire's gradient is largest, as one would index it, and what it is there (null: nowhere). @param {Wire} wire @returns {[string, Entry]} */
const steepest = (wire) => {
  const name = nameOf(wire);
  if (wire.gradient === null && wire.shape.length) {
    const ends = wire.gradient_summary ? entries([wire.gradient_summary.min, wire.gradient_summary.max]) : [null];
    return [said("steepest", { name }), ends[largest(ends)]];
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
};

/** @param {number} slope @param {string} f */
const changeOf = (slope, f) => {
  if (slope === 0) return said("change.none", { f });
  const change = number(Math.abs(Number(general(slope * NUDGE, 12))));
  return said(slope > 0 ? "change.up" : "change.down", { f, change });
};

/** @param {Wire} wire @param {Check} check */
const entryName = (wire, check) => nameOf(wire) + (check.entry ? `[${check.entry.join(", ")}]` : "");

/** The slopes on both sides as the check saw them; null where another entry is steeper. @param {Sheet} sheet @param {Wire} wire @returns {[string, number, number] | null} */
const checkedCorner = (sheet, wire) => {
  const check = sheet.check(wire);
  if (!check?.slopes) return null;
  const [[left, right], [place, force], where] = [check.slopes, steepest(wire), entryName(wire, check)];
  return where === place || force === 0 ? [where, right, -left] : null;
};

/** `raising q by 0.01 lowers f by about 0.04`; nothing where no finite gradient was computed. @param {Sheet} sheet @param {Wire} wire */
export const nudge = (sheet, wire) => {
  const [[where, force], { output }, f, step] = [steepest(wire), sheet, sheet.objective(), String(NUDGE)];
  if (!isReal(force) || wire.shape.includes(0)) return "";
  if (!isFinite(output.value, output.summary)) return said("nudge.unknown", { output: nameOf(output), value: sheet.value(output) });
  if (!isFinite(force)) return "";
  const sides = twoSlopes(sheet, wire);
  const corner = sides ? [where, ...sides] : checkedCorner(sheet, wire);
  if (corner) {
    const [up, down] = corner.slice(1).map((slope) => changeOf(Number(slope), f));
    return said("nudge.corner", { where: String(corner[0]), step, up, down });
  }
  if (wire.gradient !== null && meetsCorner(sheet, wire, largest(entries(wire.gradient)))) return said("nudge.rates", { where, f });
  return force === 0 ? said("nudge.same", { where, f }) : said("nudge", { where, step, change: changeOf(force, f) });
};

/** A check in one line. @param {Wire} wire @param {Check} check */
export const checkText = (wire, check) => {
  const d = `d${entryName(wire, check)}`;
  if (check.slopes) {
    const [left, right, gradient] = [...check.slopes, check.gradient].map((each) => quantity(each));
    const isInside = check.verdict === "kink";
    const told = said(`check.corner.${isInside ? "inside" : "outside"}`, { slopes: said("check.slopes", { left, right }), gradient });
    return `${d}: ${told}${isInside ? "" : `   ${check.verdict}`}`;
  }
  if (check.verdict === "not checked") {
    return check.reason ? said("check.unchecked.why", { d, reason: plain(check.reason) }) : said("check.unchecked", { d });
  }
  const numerical = isReal(check.numerical) ? general(check.numerical, 8, true) : quantity(check.numerical);
  const error = isReal(check.error) && isFinite(check.error) ? general(check.error, 1) : number(check.error);
  const told = [said("check.line", { d, numerical, error }), ...(check.verdict === "agrees" ? [] : [plain(check.verdict)])];
  if (check.entry) told.push(said("check.entries", { count: check.counts.agrees ?? 0, all: check.entries }));
  return told.join("   ");
};
