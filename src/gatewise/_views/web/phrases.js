// What a reader is told: the phrases of english.txt with their slots slotted, as phrases.py fills them.
/** @import { Slots } from "./types" */

/** @type {{ [key: string]: string }} */
let phrases = {};

/** Take the phrases that the page came with. @param {{ [key: string]: string }} given */
export const speak = (given) => {
  phrases = given;
};

/** @param {Slots[string]} filling @param {string | undefined} forms */
const slotted = (filling, forms) => {
  if (typeof filling === "string") return filling;
  if (typeof filling !== "number") return [...new Set(filling)].join(` ${phrases["list.joint"]} `);
  return forms ? forms.split("|")[Number(filling !== 1)] : filling.toLocaleString("en-US");
};

/** A phrase with its slots slotted: by texts, by lists of them, or by whole numbers. @param {string} key @param {Slots} slots */
export const said = (key, slots = {}) =>
  phrases[key].replace(/\{(\w+)(?::([^}]*))?\}/g, (_, slot, forms) => slotted(slots[slot], forms));

/** A phrase as its texts and what stands in its slots. @param {string} key @param {{ [slot: string]: string | Node }} slots */
export const pieces = (key, slots) =>
  phrases[key].split(/\{(\w+)\}/).map((part, at) => (at % 2 ? slots[part] : part));
