// How numbers and texts are written: the twin of _views/numbers.py and _views/text.py.
(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const DASH = "-"; // not computed; never 0
  const SMALL = 4; // arrays of at most this many entries are written whole
  const LOUD = { nan: "NaN!", inf: "inf!", "-inf": "-inf!" };
  const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
  const isReal = (value) => typeof value === "number";

  /** The text cut off where an exact tie is to be rounded to even; JavaScript rounds ties up. */
  const tied = (exact, keep, rounded) => {
    const [kept, rest] = [exact.slice(0, keep), exact.slice(keep).replace(".", "")];
    return /^50*$/.test(rest) && /[02468]\.?$/.test(kept) ? kept : rounded;
  };

  /** Python's `.{count}g`, and with `all` its `#.{count}g`, which keeps zeros at the end. */
  const general = (value, count, all = false) => {
    const size = Math.abs(value);
    const sign = value < 0 || Object.is(value, -0) ? "-" : "";
    const [exact, power] = size.toExponential(100).split("e");
    const [rounded, exponent] = size.toExponential(count - 1).split("e");
    const even = tied(exact, count > 1 ? count + 1 : 1, rounded);
    const shift = Number(even === rounded ? exponent : power);
    const digits = even.replace(".", "");
    const trimmed = (text) => (all ? text : text.replace(/\.?0*$/, ""));
    if (shift < -4 || shift >= count) {
      const mantissa = trimmed(`${digits[0]}.${digits.slice(1)}`);
      return `${sign}${mantissa}e${shift < 0 ? "-" : "+"}${String(Math.abs(shift)).padStart(2, "0")}`;
    }
    if (shift < 0) return sign + trimmed(`0.${"0".repeat(-shift - 1)}${digits}`);
    return sign + trimmed(`${digits.slice(0, shift + 1)}.${digits.slice(shift + 1)}`);
  };

  const significant = (value, count) => {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
    const text = general(value, count);
    return /^-?\d+$/.test(text) ? general(value, count, true).replace(/\.$/, "") : text;
  };

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

  const number = (value, digits = null) => {
    if (value === null) return DASH;
    if (typeof value === "boolean") return value ? "True" : "False";
    if (typeof value === "string") return LOUD[value] ?? plain(value);
    if (!Number.isFinite(value)) return LOUD[isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"];
    return digits === null ? significant(value, 4) : decimals(value, digits);
  };

  const entries = (value) => (Array.isArray(value) ? value.flatMap(entries) : [Object.hasOwn(WORDS, value) ? WORDS[value] : value]);

  const isFinite = (value, summary = null) =>
    entries(value === null && summary ? [summary.min, summary.max, summary.mean] : value).every((v) => !isReal(v) || Number.isFinite(v));

  /** The sum without rounding in between: parts that do not overlap, largest last. */
  const exactSum = (all) => {
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

  const meanAndPeak = (mean, peak, digits) => `mean ${number(mean, digits)} max|.| ${number(peak, digits)}`;

  const overview = (flat, digits) => {
    if (flat.every((v) => typeof v === "boolean")) return `True in ${flat.filter(Boolean).length} of ${flat.length}`;
    if (flat.some((v) => typeof v === "string")) return `${flat.length} entries`;
    const loud = flat.filter((v) => !Number.isFinite(Number(v)));
    if (loud.length) return `${number(loud[0])} in ${loud.length} of ${flat.length}`;
    const real = flat.map(Number);
    return meanAndPeak(exactSum(real) / real.length, Math.max(...real.map(Math.abs)), digits);
  };

  const ofSummary = (summary, digits) => {
    const bad = [summary.mean, summary.min, summary.max].find((part) => !isFinite(part));
    if (bad !== undefined) return `${number(bad)} inside`;
    return meanAndPeak(summary.mean, Math.max(Math.abs(summary.min), Math.abs(summary.max)), digits);
  };

  const nested = (value, digits) =>
    Array.isArray(value) ? `[${value.map((part) => nested(part, digits)).join(", ")}]` : number(value, digits);

  const quantity = (value, summary = null, digits = null) => {
    if (value === null) return summary ? ofSummary(summary, digits) : DASH;
    if (!Array.isArray(value)) return number(value, digits);
    const flat = entries(value);
    return flat.length <= SMALL ? nested(value, digits) : overview(flat, digits);
  };

  /** A printed number as {n, e}: n times 10 to the e, exactly. */
  const decimal = (text) => {
    const [mantissa, exponent = "0"] = text.split("e");
    const [whole, fraction = ""] = mantissa.split(".");
    return { n: BigInt(whole + fraction), e: Number(exponent) - fraction.length };
  };
  const readsAsNumber = (text) => /\d$/.test(text);
  const scaled = ({ n, e }, to) => n * 10n ** BigInt(e - to);

  /** Whether a sum of exact numbers is the printed one, once rounded to its own digits. */
  const roundsTo = (parts, shown, isExact) => {
    const low = Math.min(shown.e - 1, ...parts.map((part) => part.e));
    const off = parts.reduce((all, part) => all + scaled(part, low), 0n) - scaled(shown, low);
    return (off < 0n ? -off : off) <= (isExact ? 0n : scaled({ n: 5n, e: shown.e - 1 }, low));
  };

  const addsUp = (parts, sum) =>
    [...parts, sum].every(readsAsNumber) && roundsTo(parts.map(decimal), decimal(sum), false);

  /** Whether printed numbers make the last of them, once that is rounded to its own digits. */
  const holds = (texts, signs) => {
    if (!texts.every(readsAsNumber)) return false;
    const result = decimal(texts.at(-1));
    const parts = texts.slice(0, -1).map(decimal);
    const turned = parts.map(({ n, e }, k) => ({ n: signs[k - 1] === "-" ? -n : n, e }));
    if (!signs.includes("*")) return roundsTo(turned, result, false);
    const product = parts.reduce((one, other) => ({ n: one.n * other.n, e: one.e + other.e }));
    return roundsTo([product], result, /^-*\d+$/.test(texts.at(-1)));
  };

  /** `2.5 + 1 = 3.5`: the fewest digits, four to eight, for which it holds as printed; `≈` where it never does. */
  const equation = (terms, signs, times, digits = null) => {
    const isShort = (v) => digits === null && isReal(v) && Number.isFinite(v);
    const withDigits = (count) => terms.map((v) => (isShort(v) ? significant(v, count) : number(v, digits)));
    const tries = (digits === null ? [4, 5, 6, 7, 8] : [4]).map(withDigits);
    const good = tries.find((texts) => holds(texts, signs));
    const texts = good ?? tries[0];
    const joined = signs.map((sign, k) => ` ${sign === "*" ? times : sign} ${texts[k + 1]}`).join("");
    return `${texts[0]}${joined} ${good ? "=" : "≈"} ${texts.at(-1)}`;
  };

  // ------------------------------------------------------------------------------------------------------- texts

  const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
  const WIDE = /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
  const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

  const written = (character) => {
    const code = character.codePointAt(0).toString(16);
    const [letter, size] = code.length <= 2 ? ["x", 2] : code.length <= 4 ? ["u", 4] : ["U", 8];
    return NAMED[character] ?? `\\${letter}${code.padStart(size, "0")}`;
  };
  const cell = (character) => (WIDE.test(character) ? 2 : character > "\u02ff" && /\p{M}/u.test(character) ? 0 : 1);
  const cells = (text) => [...text].reduce((sum, character) => sum + cell(character), 0);
  const pad = (text, width) => text + " ".repeat(Math.max(0, width - cells(text)));

  const shorten = (text, width) => {
    if (text.length * 2 <= width || cells(text) <= width) return text;
    let [kept, room] = ["", width - 1];
    for (const character of text) {
      room -= cell(character);
      if (room < 0) break;
      kept += character;
    }
    return `${kept}…`;
  };

  /** The text with every character that draws nothing or moves the cursor written out. */
  function plain(text, limit = 200) {
    if (text.search(HIDDEN) < 0) return shorten(text, limit);
    return shorten([...text].slice(0, limit + 1).join("").replace(HIDDEN, written), limit);
  }

  gatewise.numbers = { number, quantity, general, entries, isFinite, equation, addsUp, plain, cells, pad };
})();
