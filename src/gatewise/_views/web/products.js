// Products of arrays, and entries picked by an index.
/** @import { Computed, IndexPart } from "./types" */
/** @typedef {Extract<IndexPart, ["slice", ...unknown[]]>} Slice */
import { array, broadcastShape, dataOf, each, gather, shapeOf, sizeOf, spread, stridesOf, take, walk } from "./arrays.js";
import { reshape, sum } from "./totals.js";

/** Products of the operands' entries, met with these strides, summed over all places behind `shape`. @param {number[]} shape @param {number[]} summed @param {Computed[]} operands @param {number[][]} strides */
const contract = (shape, summed, operands, strides) => {
  const [columns, n] = [operands.map((x, k) => walk([...shape, ...summed], strides[k])), sizeOf(summed)];
  const entry = (/** @type {number} */ k) => {
    let product = 1;
    operands.forEach((x, o) => (product *= dataOf(x)[columns[o][k]]));
    return product;
  };
  return array(shape, walk(shape, stridesOf(shape)).map((k) => sum(Array.from({ length: n }, (_, i) => entry(k * n + i)))));
};
/** @param {string} text @param {Computed[]} operands */
export const einsum = (text, ...operands) => {
  const [left, out] = text.split("->");
  const names = left.split(",");
  /** @type {{ [letter: string]: number }} */
  const sizes = {};
  names.forEach((letters, o) =>
    [...letters].forEach((letter, k) => (sizes[letter] = Math.max(sizes[letter] ?? 1, shapeOf(operands[o])[k]))),
  );
  const stride = (/** @type {Computed} */ x, /** @type {number} */ k) => (shapeOf(x)[k] === 1 ? 0 : stridesOf(shapeOf(x))[k]);
  const summed = Object.keys(sizes).filter((letter) => !out.includes(letter));
  const strides = names.map((letters, o) =>
    [...out, ...summed].map((letter) => sum([...letters].map((other, k) => (other === letter ? stride(operands[o], k) : 0)))),
  );
  return contract([...out].map((l) => sizes[l]), summed.map((l) => sizes[l]), operands, strides);
};
/** @param {Computed} a @param {Computed} b */
export const matmul = (a, b) => {
  const [row, column] = [shapeOf(a).length === 1, shapeOf(b).length === 1];
  const left = row ? reshape(a, [1, ...shapeOf(a)]) : a;
  const right = column ? reshape(b, [...shapeOf(b), 1]) : b;
  const batch = broadcastShape([shapeOf(left).slice(0, -2), shapeOf(right).slice(0, -2)]);
  const [[m, n], [, p]] = [left, right].map((z) => shapeOf(z).slice(-2));
  const x = spread(left, [...batch, m, n]);
  const y = spread(right, [...batch, n, p]);
  const lead = (/** @type {Computed} */ z) => stridesOf(shapeOf(z)).slice(0, -2);
  const product = contract([...batch, m, p], [n], [x, y], [[...lead(x), n, 0, 1], [...lead(y), 0, 1, p]]);
  return reshape(product, [...batch, ...(row ? [] : [m]), ...(column ? [] : [p])]);
};
/** @param {Computed} a @param {Computed} b */
export const dot = (a, b) => (shapeOf(a).length && shapeOf(b).length ? matmul(a, b) : each((u, v) => u * v)(a, b));
/** @param {Computed} a @param {Computed} b */
export const outer = (a, b) => einsum("i,j->ij", reshape(a, [-1]), reshape(b, [-1]));

/** Python's slice: the places it takes of n. @param {Slice} slice @param {number} n */
const slicePlaces = ([, low, high, step], n) => {
  const by = step ?? 1;
  const inside = (/** @type {number} */ end) => Math.min(Math.max(end < 0 ? end + n : end, by < 0 ? -1 : 0), by < 0 ? n - 1 : n);
  const [from, to] = [low === null ? (by < 0 ? n - 1 : 0) : inside(low), high === null ? (by < 0 ? -1 : n) : inside(high)];
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / by)) }, (_, i) => from + i * by);
};

/** Which entries an index takes of a shape, and the shape they come in. @param {number[]} shape @param {IndexPart[]} index */
const picked = (shape, index) => {
  const used = index.filter(([kind]) => kind === "slice" || kind === "at").length;
  /** @type {IndexPart[]} */
  const rest = Array(shape.length - used).fill(["slice", null, null, null]);
  const hasRest = index.some(([kind]) => kind === "rest");
  const parts = hasRest ? index.flatMap((part) => (part[0] === "rest" ? rest : [part])) : [...index, ...rest];
  const strides = stridesOf(shape);
  const chosen = parts.flatMap((part) => (part[0] === "at" && typeof part[1] !== "number" ? [part[1]] : []));
  const together = broadcastShape(chosen.map(shapeOf));
  /** @type {{ shape: number[], offsets: number[] }[]} one for each stretch of the result; indices by arrays share one */
  const groups = [];
  /** @type {{ shape: number[], offsets: number[] } | null} */
  let shared = null;
  let [axis, last] = [0, -1];
  parts.forEach((part, place) => {
    if (part[0] === "newaxis" || part[0] === "rest") return groups.push({ shape: [1], offsets: [0] });
    const [n, stride] = [shape[axis], strides[axis++]];
    if (part[0] === "slice") {
      const places = slicePlaces(part, n);
      return groups.push({ shape: [places.length], offsets: places.map((p) => p * stride) });
    }
    const offsets = dataOf(spread(part[1], together)).map((p) => (p < 0 ? p + n : p) * stride);
    if (!chosen.length) return groups.push({ shape: [], offsets });
    if (shared === null) groups.push((shared = { shape: together, offsets }));
    else {
      shared.offsets = shared.offsets.map((offset, k) => offset + offsets[k]);
      if (last !== place - 1) groups.unshift(...groups.splice(groups.indexOf(shared), 1));
    }
    last = place;
  });
  const positions = groups.reduce((found, group) => found.flatMap((p) => group.offsets.map((o) => p + o)), [0]);
  return { shape: groups.flatMap((group) => group.shape), positions };
};

/** @param {Computed} x @param {IndexPart[]} index */
export const pick = (x, index) => {
  const { shape, positions } = picked(shapeOf(x), index);
  return take(x, positions, shape);
};
/** @param {Computed} x @param {number[]} shape @param {IndexPart[]} index */
export const scattered = (x, shape, index) => {
  const place = picked(shape, index);
  return gather(spread(x, place.shape), place.positions, shape);
};
