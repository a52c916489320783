// The rounds of a loop: a slider for each, and the record with the numbers of the round that is chosen.
/** @import { Column, Recorded, RoundsOf, Summary, Value } from "./types" */
import { make } from "./dom.js";
import { said } from "./phrases.js";
import { plain, widthOf } from "./texts.js";

const [LONGEST_TITLE, TITLE_SIZE] = [40, 11]; // of an open group

/** A number as a record has it. @param {number} entry @returns {number | string} */
const wordOr = (entry) => (Number.isFinite(entry) ? entry : Number.isNaN(entry) ? "nan" : entry > 0 ? "inf" : "-inf");

/** @param {number[]} shape */
const countOf = (shape) => shape.reduce((size, count) => size * count, 1);

/** Entries in row order as listsOf lists. @param {Float64Array} flat @param {number[]} shape @returns {Value} */
const listsOf = (flat, shape) => {
  if (!shape.length) return wordOr(flat[0]);
  const [count, ...rest] = shape;
  const size = countOf(rest);
  return Array.from({ length: count }, (_, at) => listsOf(flat.subarray(at * size, (at + 1) * size), rest));
};

/** @type {WeakMap<Column, Float64Array>} */
const decoded = new WeakMap();

/** @param {Column} column @param {string} text */
const floatsOf = (column, text) => {
  const known = decoded.get(column);
  if (known) return known;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const found = Float64Array.from({ length: bytes.length / 8 }, (_, at) => view.getFloat64(8 * at, true));
  decoded.set(column, found);
  return found;
};

/** What stands in a column: a value, or the summary of a large one. @param {Column} column @param {number} at @returns {[Value, Summary | null]} */
const entryAt = (column, at) => {
  if (column.each) return column.each[at];
  if (column.floats === undefined) return [column.same ?? null, null];
  const shape = column.shape ?? [];
  const [size, floats] = [countOf(shape), floatsOf(column, column.floats)];
  return [listsOf(floats.subarray(at * size, (at + 1) * size), shape), null];
};

/** @type {{ [field: string]: string | undefined }} where the summary of a large array stands */
const SUMMARIES = { value: "summary", gradient: "gradient_summary", contribution: "contribution_summary" };

/** The fields of a row that change with the rounds. @param {RoundsOf} rounds @param {{ [field: string]: number }} fields @param {number} at */
const inRound = (rounds, fields, at) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([field, column]) => {
      const [value, summary] = entryAt(rounds.columns[column], at);
      const beside = SUMMARIES[field];
      return beside ? [[field, value], [beside, summary]] : [[field, value]];
    }),
  );

/** Where the rounds that are chosen stand in the columns of a loop: one inside another's round has all of its for each of that. @param {Recorded} record @param {RoundsOf[]} loops @param {number[]} chosen @param {number} which @returns {number} */
const columnPlaceOf = (record, loops, chosen, which) => {
  const { around } = record.loops[which];
  return (around === null ? 0 : columnPlaceOf(record, loops, chosen, around) * loops[which].kept.length) + chosen[which];
};

/** The record with another round of each loop: `chosen` are places among those that were kept. @param {Recorded} record @param {RoundsOf[]} loops @param {number[]} chosen @returns {Recorded} */
export const withRounds = (record, loops, chosen) => {
  const [wires, uses, told] = [[...record.wires], [...record.uses], [...record.loops]];
  loops.forEach((rounds, which) => {
    const at = columnPlaceOf(record, loops, chosen, which);
    told[which] = { ...told[which], round: rounds.kept[chosen[which]] };
    for (const [id, fields] of Object.entries(rounds.wires)) wires[Number(id)] = { ...wires[Number(id)], ...inRound(rounds, fields, at) };
    for (const [place, fields] of Object.entries(rounds.uses)) uses[Number(place)] = { ...uses[Number(place)], ...inRound(rounds, fields, at) };
  });
  return { ...record, wires, uses, loops: told };
};

/** `round 3 of 200`. @param {Recorded} record @param {number} which */
export const roundTold = ({ loops }, which) => said("loop.round", { round: loops[which].round + 1, count: loops[which].count });

/** The titles of open loops say which round they show. @param {Element} svg @param {Recorded} record @param {RoundsOf[]} loops */
export const retitle = (svg, record, loops) =>
  loops.forEach(({ group }, which) => {
    const title = svg.querySelector(`g.block[data-group="${group}"] > text.title`);
    const head = plain(record.loops[which].text).replace(/:$/, "");
    const text = said("loop.open", { place: roundTold(record, which), text: head }).slice(0, LONGEST_TITLE);
    if (!title || title.textContent === text) return;
    title.textContent = text;
    title.setAttribute("textLength", String(widthOf(text, TITLE_SIZE)));
  });

export class Sliders {
  /** @param {Recorded} record @param {RoundsOf[]} loops @param {(chosen: number[]) => void} choose */
  constructor(record, loops, choose) {
    this.chosen = loops.map(({ kept }, which) => Math.max(0, kept.indexOf(record.loops[which].round)));
    this.fields = loops.map(({ kept }, which) => {
      const label = plain(record.loops[which].text).replace(/:$/, "");
      const field = make("input", { type: "range", min: "0", max: String(kept.length - 1), step: "1", "aria-label": said("page.round", { loop: label }) });
      field.value = String(this.chosen[which]);
      field.addEventListener("input", () => {
        this.chosen = this.chosen.map((at, each) => (each === which ? Number(field.value) : at));
        choose(this.chosen);
      });
      return { field, told: make("output", {}), label };
    });
    const rows = this.fields.map(({ field, told, label }) => make("label", { class: "round" }, make("code", {}, label), field, told));
    this.element = make("div", { class: "rounds", hidden: !rows.length }, ...rows);
    this.update(record);
  }

  /** @param {Recorded} record */
  update(record) {
    this.fields.forEach(({ field, told }, which) => {
      told.textContent = roundTold(record, which);
      field.setAttribute("aria-valuetext", told.textContent);
    });
  }
}
