// Arrays as small signed heat maps: the twin of _views/heat.py.
/** @import { Cells, Digits, Entry, Summary, Value } from "./types" */
import { entries, number, sizes } from "./numbers.js";
import { said } from "./phrases.js";

const [ROWS, COLUMNS] = [6, 16]; // of a map at most
const SHADES = ["0", "0.2", "0.5", "0.8", "1"]; // as the file has them

/** @param {Entry} entry */
const isNumber = (entry) => entry !== null && Number.isFinite(Number(entry));

/** Nested lists as rows of entries; leading axes one after another. @param {Value} value @returns {Entry[][]} */
const rowsOf = (value) => {
  const parts = Array.isArray(value) ? value : [value];
  return Array.isArray(parts[0]) ? parts.flatMap(rowsOf) : [/** @type {Entry[]} */ (parts)];
};

/** The borders of `most` parts, the first ones one longer where it does not come out even. @param {number} size @param {number} most */
const cuts = (size, most) => {
  const count = Math.min(size, most);
  const [short, longer] = [Math.floor(size / count), size % count];
  const start = (/** @type {number} */ place) => place * short + Math.min(place, longer);
  return Array.from({ length: count }, (_, place) => [start(place), start(place + 1)]);
};

/** The entry of the largest size, NaN before all others. @param {Entry[]} part */
const largestOf = (part) => {
  const found = part.map((entry) => (entry === "nan" || Number.isNaN(entry) ? NaN : Math.abs(Number(entries(entry)[0]))));
  const bad = found.findIndex(Number.isNaN);
  return part[bad >= 0 ? bad : found.reduce((best, size, at) => (size > found[best] ? at : best), 0)];
};

/** An array as at most 6 rows of 16: of every part the entry of the largest size. @param {Value} value */
const coarse = (value) => {
  const table = rowsOf(value);
  if (!table[0]?.length) return [];
  const [bands, columns] = [cuts(table.length, ROWS), cuts(table[0].length, COLUMNS)];
  return bands.map(([top, bottom]) =>
    columns.map(([left, right]) => largestOf(table.slice(top, bottom).flatMap((row) => row.slice(left, right)))),
  );
};

/** @param {Entry} entry @param {number} largest */
const shadeOf = (entry, largest) => {
  if (!isNumber(entry)) return null;
  const size = Math.abs(Number(entry));
  return size === 0 ? 0 : Math.sign(Number(entry)) * Math.max(1, Math.ceil((4 * size) / largest));
};

/** What stands beside a map, from all its entries or from the least and the greatest. @param {Entry[]} reached @param {number} largest @param {Digits} digits */
const scaleOf = (reached, largest, digits) => {
  const known = reached.filter((entry) => entry !== null).map(Number);
  const least = known.reduce((best, entry) => Math.min(best, entry), known[0] ?? -largest);
  const greatest = known.reduce((best, entry) => Math.max(best, entry), known[0] ?? largest);
  const value = number(least, digits);
  if (least === greatest) return least !== 0 && reached.length > 1 ? said("map.all", { value }) : value;
  if (least < 0 && greatest > 0) return `±${number(largest, digits)}`;
  return greatest > 0 ? said("map.max", { value: number(greatest, digits) }) : said("map.min", { value });
};

/** The map of an array; null for what has no entries, or none that were written down. @param {Value} given @param {Summary | null | undefined} summary @param {Digits} digits */
export const heatOf = (given, summary, digits) => {
  const value = sizes(given);
  const areSizes = JSON.stringify(value) !== JSON.stringify(given);
  const table = value !== null ? coarse(value) : summary?.map;
  if (!table?.[0]?.length) return null;
  const all = table.flat();
  const largest = Math.max(0, ...all.filter(isNumber).map((entry) => Math.abs(Number(entry))));
  const bad = all.find((entry) => !isNumber(entry));
  const reached = entries(value ?? [summary?.min ?? null, summary?.max ?? null]);
  const good = areSizes ? () => said("map.sizes", { value: number(largest, digits) }) : () => scaleOf(reached, largest, digits);
  const scale = bad === undefined ? good() : number(bad, digits);
  return { cells: table.map((row) => row.map((entry) => shadeOf(entry, largest))), scale };
};

/** @param {number} place @param {number} by */
const inset = (place, by) => (place + by).toFixed(1);

/** The cells of a map as paths, one a shade, as `picture._cells` writes them. @param {Cells} cells */
export const pathsOf = (cells) => {
  const shades = [...new Set(cells.flat())].filter((shade) => shade !== 0);
  return shades.sort((one, other) => (one ?? Infinity) - (other ?? Infinity)).map(/** @returns {{ [attribute: string]: string }} */ (shade) => {
    const [gap, size] = shade !== null && shade < 0 ? [1.2, "3.6"] : [0.3, "5.4"];
    const places = cells.flatMap((row, y) => row.flatMap((each, x) => (each === shade ? [[6 * x, 6 * y]] : [])));
    const d = places.map(([x, y]) => `M${inset(x, gap)},${inset(y, gap)}h${size}v${size}h-${size}z`).join("");
    if (shade === null) return { class: "bad", d };
    const opacity = SHADES[Math.abs(shade)];
    return shade > 0 ? { d, "fill-opacity": opacity } : { d, "stroke-width": "1.5", "stroke-opacity": opacity };
  });
};
