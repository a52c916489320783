// What the marks of a picture say at some numbers: the twin of the labels of _views/labels.py, and of _views/legend.py.
// Everything in a picture that an edit may change is said here.
/** @import { Sheet } from "./sheet.js" */
/** @import { Cells, Said, Use, Value, Wire } from "./types" */
import { heatOf } from "./heat.js";
import { entries, isFinite, quantity } from "./numbers.js";
import { said } from "./phrases.js";
import { hasGradient } from "./sheet.js";

/** @param {string} text @param {{ cells: Cells, scale: string } | null} heat @returns {Said} */
const label = (text, isLoud = false, heat = null) => ({ text: heat?.scale ?? text, isLoud, cells: heat?.cells ?? null });

/** @param {Sheet} sheet @param {Wire} wire */
const valueLabel = (sheet, wire) => {
  if (wire.value === null && !wire.summary) return label(said("mark.unknown"));
  const heat = wire.shape.length && wire.dtype !== "bool" ? heatOf(wire.value, wire.summary, sheet.digits) : null;
  return label(sheet.value(wire), !isFinite(wire.value, wire.summary), heat);
};

/** @param {Sheet} sheet @param {Wire} wire */
const gradientLabel = (sheet, wire) => {
  if (!hasGradient(wire)) return label(said("mark.unknown"));
  const heat = wire.shape.length ? heatOf(wire.gradient, wire.gradient_summary, sheet.digits) : null;
  const found = label(sheet.gradient(wire), !isFinite(wire.gradient, wire.gradient_summary), heat);
  return sheet.isRoutedAway(wire) ? { ...found, text: said("mark.gradient.away", { gradient: found.text }) } : found;
};

/** @param {Value} one @param {Value} other @returns {Value} */
const added = (one, other) => {
  if (Array.isArray(one) && Array.isArray(other)) return one.map((part, at) => added(part, other[at]));
  return Number(entries(one)[0]) + Number(entries(other)[0]);
};

/** Whether the gate at the end of a line routed the gradient elsewhere. @param {Use[]} uses */
export const isBlocked = (uses) => uses.length > 0 && uses.every((use) => use.blocked);

/** What came back along some uses. @param {Sheet} sheet @param {Use[]} uses */
const branchLabel = (sheet, uses) => {
  const { digits } = sheet;
  if (uses.every((use) => sheet.wires[use.to].pattern === "stops")) return label(said("mark.stops"));
  if (isBlocked(uses)) return label(said("mark.away"));
  const summary = uses.length === 1 ? uses[0].contribution_summary : null; // no sum of summaries says anything
  if (summary) return label(quantity(null, summary, digits), !isFinite(null, summary), heatOf(null, summary, digits));
  /** @type {Value[]} */
  const came = uses.map((use) => use.contribution).filter((each) => each !== null);
  if (!came.length) return label(said("mark.unknown"));
  const total = came.reduce(added);
  return label(quantity(total, null, digits), !isFinite(total), Array.isArray(total) ? heatOf(total, null, digits) : null);
};

/** What a label says. @param {Sheet} sheet @param {string} kind @param {Wire} wire @param {Use[]} uses */
export const labelOf = (sheet, kind, wire, uses) => {
  if (kind === "value") return valueLabel(sheet, wire);
  return kind === "gradient" ? gradientLabel(sheet, wire) : branchLabel(sheet, uses);
};

/**
 * The notes of the legend for what is seen: labels, marks of ties, and how many gates are folded of how many.
 * @param {{ labels: { text: string, cells: unknown }[], fork: boolean, dashed: boolean, ties: Set<string>, round: boolean, folded: number, steps: number }} seen
 */
export const notesOf = ({ labels, fork, dashed, ties, round, folded, steps }) => {
  const texts = new Set(labels.map(({ text }) => text));
  const maps = labels.filter(({ cells }) => cells);
  const has = {
    signs: maps.length > 0,
    shades: maps.length > 0,
    size: maps.some(({ text }) => text.startsWith("±")),
    fork,
    dashed,
    tie: ties.has(said("mark.tie")),
    "tie.constant": ties.has(said("mark.tie.constant")),
    round,
    stops: texts.has(said("mark.stops")),
    unknown: texts.has(said("mark.unknown")),
  };
  const notes = Object.entries(has).flatMap(([key, isThere]) => (isThere ? [said(`legend.${key}`)] : []));
  return folded ? [...notes, said("legend.folded", { inside: String(folded), all: String(steps) })] : notes;
};
