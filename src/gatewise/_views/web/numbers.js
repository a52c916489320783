// How numbers are written: the twin of _views/numbers.py.
/** @import { Digits, Entry, Summary, Value } from "./types" */
import { said } from "./phrases.js";
import { plain } from "./texts.js";

const DASH = "-"; // not computed; never 0
const SMALL = 4; // arrays of at most this many entries are written whole
/** @type {{ [word: string]: string }} */
const LOUD = { nan: "NaN!", inf: "inf!", "-inf": "-inf!" };
/** @type {{ [word: string]: number }} */
export const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
/** @param {Value} value @returns {value is number} */
export const isReal = (value) => typeof value === "number";

/** The text cut off where an exact tie is to be rounded to even; JavaScript rounds ties up. @param {string} exact @param {number} keep @param {string} rounded */
const tied = (exact, keep, rounded) => {
  const [kept, rest] = [exact.slice(0, keep), exact.slice(keep).replace(".", "")];
  return /^50*$/.test(rest) && /[02468]\.?$/.test(kept) ? kept : rounded;
};

/** Python's `.{count}g`, and with `all` its `#.{count}g`, which keeps zeros at the end. @param {number} value @param {number} count */
export const general = (value, count, all = false) => {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [exact, power] = size.toExponential(100).split("e");
  const [rounded, exponent] = size.toExponential(count - 1).split("e");
  const even = tied(exact, count > 1 ? count + 1 : 1, rounded);
  const shift = Number(even === rounded ? exponent : power);
  const digits = even.replace(".", "");
  const trimmed = (/** @type {string} */ text) => (all ? text : text.replace(/\.?0*$/, ""));
  if (shift < -4 || shift >= count) {
    const mantissa = trimmed(`${digits[0]}.${digits.slice(1)}`);
    return `${sign}${mantissa}e${shift < 0 ? "-" : "+"}${String(Math.abs(shift)).padStart(2, "0")}`;
  }
  if (shift < 0) return sign + trimmed(`0.${"0".repeat(-shift - 1)}${digits}`);
  return sign + trimmed(`${digits.slice(0, shift + 1)}.${digits.slice(shift + 1)}`);
};

/** @param {number} value @param {number} count */
const significant = (value, count) => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const text = general(value, count);
  return /^-?\d+$/.test(text) ? general(value, count, true).replace(/\.$/, "") : text;
};

/** @param {number} value @param {number} digits */
const decimals = (value, digits) => {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e10) {
    const [exact, power] = size.toExponential(100).split("e");
    const [rounded, exponent] = size.toExponential(digits).split("e");
    const even = tied(exact, digits + 2, rounded);
    return `${sign}${even}e+${(even === rounded ? exponent : power).slice(1).padStart(2, "0")}`;
  }
  const exact = size.toFixed(100);
  const text = tied(exact, exact.indexOf(".") + 1 + digits, size.toFixed(digits));
  return Number(text) ? sign + text : text;
};

const COMPLEX = /^([+-]?[\d.]+(?:e[+-]?\d+)?|)([+-]?[\d.]+(?:e[+-]?\d+)?)j$/;

/** A complex number, a word in a record, as text; any other word as it is. @param {string} word @param {Digits} digits @returns {string} */
const bothParts = (word, digits) => {
  const found = COMPLEX.exec(word);
  if (!found) return plain(word);
  const sign = found[2].startsWith("-") ? "-" : "+";
  return `${number(Number(found[1] || "0"), digits)}${sign}${number(Number(found[2].replace(/^[+-]/, "")), digits)}j`;
};

/** A number or nested lists, with the size of each complex number in its place. @param {Value} value @returns {Value} */
export const sizes = (value) => {
  if (Array.isArray(value)) return value.map(sizes);
  const found = typeof value === "string" ? COMPLEX.exec(value) : null;
  return found ? Math.hypot(Number(found[1] || "0"), Number(found[2])) : value;
};

/** @param {Value | undefined} value @param {Digits} digits @returns {string} */
export const number = (value, digits = null) => {
  if (value === null || value === undefined) return DASH;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return LOUD[value] ?? bothParts(value, digits);
  if (Array.isArray(value)) return quantity(value, null, digits);
  if (!Number.isFinite(value)) return LOUD[isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"];
  return digits === null ? significant(value, 4) : decimals(value, digits);
};

/** The entries of a number or of nested lists, in order, nan and inf as numbers. @param {Value | undefined} value @returns {Entry[]} */
export const entries = (value) => {
  if (Array.isArray(value)) return value.flatMap(entries);
  return [typeof value === "string" && Object.hasOwn(WORDS, value) ? WORDS[value] : value ?? null];
};

/** Whether no entry is nan or inf. @param {Value} value @param {Summary | null | undefined} summary */
export const isFinite = (value, summary = null) =>
  entries(value === null && summary ? [summary.min, summary.max, summary.mean] : value).every((v) => !isReal(v) || Number.isFinite(v));

/** The sum without rounding in between: parts that do not overlap, largest last. @param {number[]} all */
const exactSum = (all) => {
  /** @type {number[]} */
  const parts = [];
  for (let x of all) {
    let kept = 0;
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low) parts[kept++] = low;
      x = high;
    }
    parts.length = kept;
    parts.push(x);
  }
  return parts.reverse().reduce((sum, part) => sum + part, 0);
};

/** @param {number} mean @param {number} peak @param {Digits} digits */
const meanAndPeak = (mean, peak, digits) => said("array", { mean: number(mean, digits), peak: number(peak, digits) });

/** @param {Entry[]} flat @param {Digits} digits */
const overview = (flat, digits) => {
  const all = String(flat.length);
  if (flat.every((v) => typeof v === "boolean")) return said("array.true", { count: `${flat.filter(Boolean).length}`, all });
  if (flat.some((v) => typeof v === "string")) return said("array.entries", { count: all });
  const loud = flat.filter((v) => !Number.isFinite(Number(v)));
  if (loud.length) return said("array.loud", { number: number(loud[0]), count: `${loud.length}`, all });
  const real = flat.map(Number);
  return meanAndPeak(exactSum(real) / real.length, Math.max(...real.map(Math.abs)), digits);
};

/** @param {Summary} summary @param {Digits} digits */
const ofSummary = (summary, digits) => {
  const bad = [summary.mean, summary.min, summary.max].find((part) => !isFinite(part));
  if (bad !== undefined) return said("array.inside", { number: number(bad) });
  return meanAndPeak(Number(summary.mean), Math.max(...[summary.min, summary.max].map(Number).map(Math.abs)), digits);
};

/** @param {Value} value @param {Digits} digits @returns {string} */
const nested = (value, digits) =>
  Array.isArray(value) ? `[${value.map((part) => nested(part, digits)).join(", ")}]` : number(value, digits);

/** A number, a small array whole, or what is worth knowing of a larger one. @param {Value | undefined} value @param {Summary | null | undefined} summary @param {Digits} digits @returns {string} */
export const quantity = (value, summary = null, digits = null) => {
  if (value === null || value === undefined) return summary ? ofSummary(summary, digits) : DASH;
  if (!Array.isArray(value)) return number(value, digits);
  const flat = entries(value);
  return flat.length <= SMALL ? nested(value, digits) : overview(flat, digits);
};

/** @typedef {{ n: bigint, e: number }} Decimal n times 10 to the e, exactly */

/** @param {string} text @returns {Decimal} */
const decimal = (text) => {
  const [mantissa, exponent = "0"] = text.split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return { n: BigInt(whole + fraction), e: Number(exponent) - fraction.length };
};
/** @param {string} text */
const readsAsNumber = (text) => /\d$/.test(text);
/** @param {Decimal} decimal @param {number} to */
const scaled = ({ n, e }, to) => n * 10n ** BigInt(e - to);

/** Whether a sum of exact numbers is the printed one, once rounded to its own digits. @param {Decimal[]} parts @param {Decimal} shown @param {boolean} isExact */
const roundsTo = (parts, shown, isExact) => {
  const low = Math.min(shown.e - 1, ...parts.map((part) => part.e));
  const off = parts.reduce((all, part) => all + scaled(part, low), 0n) - scaled(shown, low);
  return (off < 0n ? -off : off) <= (isExact ? 0n : scaled({ n: 5n, e: shown.e - 1 }, low));
};

/** Whether printed numbers add up to a printed sum. @param {string[]} parts @param {string} sum */
export const addsUp = (parts, sum) =>
  [...parts, sum].every(readsAsNumber) && roundsTo(parts.map(decimal), decimal(sum), false);

/** Whether printed numbers make the last of them, once that is rounded to its own digits. @param {string[]} texts @param {string[]} signs */
const holds = (texts, signs) => {
  if (!texts.every(readsAsNumber)) return false;
  const result = decimal(texts[texts.length - 1]);
  const parts = texts.slice(0, -1).map(decimal);
  const turned = parts.map(({ n, e }, k) => ({ n: signs[k - 1] === "-" ? -n : n, e }));
  if (!signs.includes("*")) return roundsTo(turned, result, false);
  const product = parts.reduce((one, other) => ({ n: one.n * other.n, e: one.e + other.e }));
  return roundsTo([product], result, /^-*\d+$/.test(texts[texts.length - 1]));
};

/** `2.5 + 1 = 3.5`: the fewest digits, four to eight, for which it holds as printed; `≈` where it never does. @param {Value[]} terms @param {string[]} signs @param {string} times @param {Digits} digits */
export const equation = (terms, signs, times, digits = null) => {
  const withDigits = (/** @type {number} */ count) =>
    terms.map((v) => (digits === null && isReal(v) && Number.isFinite(v) ? significant(v, count) : number(v, digits)));
  const tries = (digits === null ? [4, 5, 6, 7, 8] : [4]).map(withDigits);
  const good = tries.find((texts) => holds(texts, signs));
  const texts = good ?? tries[0];
  const joined = signs.map((sign, k) => ` ${sign === "*" ? times : sign} ${texts[k + 1]}`).join("");
  return `${texts[0]}${joined} ${good ? "=" : "≈"} ${texts.at(-1)}`;
};
