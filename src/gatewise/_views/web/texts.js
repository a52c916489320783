// How texts are shown: the twin of _views/text.py.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const WIDE = /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** @type {{ [character: string]: string }} */
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** @param {string} character */
const written = (character) => {
  const code = Number(character.codePointAt(0)).toString(16);
  const [letter, size] = code.length <= 2 ? ["x", 2] : code.length <= 4 ? ["u", 4] : ["U", 8];
  return NAMED[character] ?? `\\${letter}${code.padStart(Number(size), "0")}`;
};

/** @param {string} character */
const cell = (character) => (WIDE.test(character) ? 2 : character > "\u02ff" && /\p{M}/u.test(character) ? 0 : 1);

/** How many columns a text takes in a fixed-width font. @param {string} text */
export const cells = (text) => [...text].reduce((sum, character) => sum + cell(character), 0);

/** How wide a text is drawn: a cell of the picture's font is 0.6 of its size. @param {string} text @param {number} size */
export const widthOf = (text, size) => cells(text) * size * 0.6;

/** @param {string} text @param {number} width */
export const pad = (text, width) => text + " ".repeat(Math.max(0, width - cells(text)));

/** @param {string} text @param {number} width */
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

/** The text with every character that draws nothing or moves the cursor written out. @param {string | null | undefined} text */
export const plain = (text, limit = 200) => {
  const given = text ?? "";
  if (given.search(HIDDEN) < 0) return shorten(given, limit);
  return shorten([...given].slice(0, limit + 1).join("").replace(HIDDEN, written), limit);
};

/** A shape as Python writes it. @param {number[]} shape */
export const shapeText = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
