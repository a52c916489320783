// Arrays as NumPy has them: {shape, data} with the entries in row order; a number stands for itself.
/** @import { Computed, Value } from "./types" */
import { entries } from "./numbers.js";

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);
/** @param {number[]} shape @param {number[]} data @returns {Computed} */
export const array = (shape, data) => (shape.length ? { shape, data } : data[0]);
/** @param {Computed} x */
export const shapeOf = (x) => (typeof x === "number" ? [] : x.shape);
/** @param {Computed} x */
export const dataOf = (x) => (typeof x === "number" ? [x] : x.data);
/** @param {number[]} shape */
export const stridesOf = (shape) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
/** @param {number[]} shape @param {number} entry */
export const filled = (shape, entry) => array(shape, Array(sizeOf(shape)).fill(entry));
/** @param {number[]} one @param {number[]} other */
const isSameShape = (one, other) => one.length === other.length && one.every((n, axis) => n === other[axis]);
/** @param {Computed} x @param {number[]} positions @param {number[]} shape */
export const take = (x, positions, shape) => array(shape, positions.map((p) => dataOf(x)[p]));
/** @param {number} axis @param {number} rank */
export const axisOf = (axis, rank) => (axis < 0 ? axis + rank : axis);

/** The positions one meets who walks through a shape in row order with these strides. @param {number[]} shape @param {number[]} strides */
export const walk = (shape, strides, start = 0) =>
  shape.reduce(
    (found, n, axis) => found.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[axis])),
    [start],
  );

/** @param {Value} nested @returns {number[]} */
export const numbersOf = (nested) => entries(nested).map(Number);

/** @param {Value} nested @returns {number[]} */
const nestedShape = (nested) => (Array.isArray(nested) ? [nested.length, ...nestedShape(nested[0] ?? 0)] : []);
/** @param {Value} nested @param {number[]} shape */
export const fromNested = (nested, shape = nestedShape(nested)) => array(shape, numbersOf(nested));

/** A value as the record has it: nested lists, nan and inf as words, true and false. @param {Computed | null} x */
export const toNested = (x, dtype = "float64") => {
  const written = (/** @type {number} */ v) => (dtype === "bool" ? Boolean(v) : Number.isFinite(v) ? v : isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf");
  /** @param {number[]} shape @param {number[]} data @returns {Value} */
  const nest = (shape, data) => {
    if (!shape.length) return written(data[0]);
    const step = sizeOf(shape.slice(1));
    return Array.from({ length: shape[0] }, (_, i) => nest(shape.slice(1), data.slice(i * step, (i + 1) * step)));
  };
  return x === null ? null : nest(shapeOf(x), dataOf(x));
};

/** @param {number[][]} shapes */
export const broadcastShape = (shapes) => {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
};

/** For each place of `target` the position of the entry of `shape` that broadcasting puts there. @param {number[]} shape @param {number[]} target */
export const spreadPositions = (shape, target) => {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return walk(target, [...Array(target.length - shape.length).fill(0), ...strides]);
};
/** @param {Computed} x @param {number[]} shape */
export const spread = (x, shape) => (isSameShape(shapeOf(x), shape) ? x : take(x, spreadPositions(shapeOf(x), shape), shape));

/** Zeros of a shape, with the entries of x added at these positions. @param {Computed} x @param {number[]} positions @param {number[]} shape */
export const gather = (x, positions, shape) => {
  const data = Array(sizeOf(shape)).fill(0);
  dataOf(x).forEach((entry, k) => (data[positions[k]] += entry));
  return array(shape, data);
};
/** A function of numbers on arrays, entry by entry. @param {(...entries: number[]) => number} f @returns {(...operands: Computed[]) => Computed} */
export const each = (f) => (...operands) => {
  if (operands.every((x) => typeof x === "number")) return f(...operands);
  const shape = broadcastShape(operands.map(shapeOf));
  const columns = operands.map((x) => dataOf(spread(x, shape)));
  return array(shape, Array.from({ length: sizeOf(shape) }, (_, k) => f(...columns.map((column) => column[k]))));
};
