// What goes over axes, and what gives arrays other shapes.
/** @import { Computed } from "./types" */
import { array, axisOf, dataOf, shapeOf, sizeOf, spreadPositions, stridesOf, take, walk } from "./arrays.js";

/** @typedef {number | number[] | null} Axis null: all axes */

/** The shape with the axes that a total goes over kept with size 1. @param {number[]} shape @param {Axis} axis */
const keptShape = (shape, axis) => {
  const axes = axis === null ? shape.map((_, k) => k) : [axis].flat().map((a) => axisOf(a, shape.length));
  return shape.map((n, k) => (axes.includes(k) ? 1 : n));
};
/** The entries that belong to each total. @param {Computed} x @param {number[]} kept */
const lanesOf = (x, kept) => {
  /** @type {number[][]} */
  const lanes = Array.from({ length: sizeOf(kept) }, () => []);
  spreadPositions(kept, shapeOf(x)).forEach((lane, k) => lanes[lane].push(dataOf(x)[k]));
  return lanes;
};
/** A function of lists as a gate that goes over axes. @param {(lane: number[], ...more: any[]) => number} f */
export const total = (f) => (/** @type {Computed} */ x, /** @type {Axis} */ axis, /** @type {boolean} */ keepdims, /** @type {any[]} */ ...more) => {
  const kept = keptShape(shapeOf(x), axis);
  const gone = axis === null ? null : [axis].flat().map((a) => axisOf(a, kept.length));
  const shape = keepdims ? kept : kept.filter((_, k) => gone !== null && !gone.includes(k));
  return array(shape, lanesOf(x, kept).map((lane) => f(lane, ...more)));
};
/** @param {number[]} lane */
export const sum = (lane) => lane.reduce((all, entry) => all + entry, 0);
/** @param {number[]} lane */
export const mean = (lane) => sum(lane) / lane.length;
/** @param {number[]} lane @param {number} ddof */
export const variance = (lane, ddof) => sum(lane.map((v) => (v - mean(lane)) ** 2)) / (lane.length - ddof);
/** @param {number[]} lane @param {number} extreme */
export const best = (lane, extreme) => lane.findIndex((v) => v === extreme || (isNaN(extreme) && isNaN(v)));

/** Each entry replaced by what `f` makes of it and its lane. @param {Computed} x @param {Axis} axis @param {(lane: number[], at: number) => number} f */
export const inLanes = (x, axis, f) => {
  const kept = keptShape(shapeOf(x), axis);
  const lanes = lanesOf(x, kept);
  const met = lanes.map(() => 0);
  const positions = spreadPositions(kept, shapeOf(x));
  return array(shapeOf(x), positions.map((lane) => f(lanes[lane], met[lane]++)));
};
/** @param {Computed} x @param {Axis} axis */
export const softmax = (x, axis) =>
  inLanes(x, axis, (lane, k) => {
    const top = Math.max(...lane);
    return Math.exp(lane[k] - top) / sum(lane.map((v) => Math.exp(v - top)));
  });
/** @param {number[]} lane */
export const logSumExp = (lane) => {
  const top = Math.max(...lane);
  const safe = Number.isFinite(top) ? top : 0;
  return Math.log(sum(lane.map((v) => Math.exp(v - safe)))) + safe;
};

/** @param {Computed} x @param {number | number[]} shape */
export const reshape = (x, shape) => {
  const asked = [shape].flat();
  const known = -sizeOf(asked);
  return array(asked.map((n) => (n === -1 ? sizeOf(shapeOf(x)) / known : n)), dataOf(x));
};
/** @param {Computed} x @param {number[] | null} axes */
export const transpose = (x, axes) => {
  const shape = shapeOf(x);
  const order = (axes ?? shape.map((_, k) => shape.length - 1 - k)).map((a) => axisOf(a, shape.length));
  return take(x, walk(order.map((a) => shape[a]), order.map((a) => stridesOf(shape)[a])), order.map((a) => shape[a]));
};
/** @param {Computed} x @param {number} one @param {number} other */
export const swapAxes = (x, one, other) => {
  const order = shapeOf(x).map((_, k) => k);
  const [a, b] = [one, other].map((axis) => axisOf(axis, order.length));
  [order[a], order[b]] = [b, a];
  return transpose(x, order);
};
/** @param {Computed} x @param {number | number[]} axis */
export const expandDims = (x, axis) => {
  const added = [axis].flat();
  const rank = shapeOf(x).length + added.length;
  const rest = [...shapeOf(x)];
  const places = added.map((a) => axisOf(a, rank));
  return reshape(x, Array.from({ length: rank }, (_, k) => (places.includes(k) ? 1 : Number(rest.shift()))));
};
/** @param {Computed} x @param {Axis} axis */
export const squeeze = (x, axis) => {
  const shape = shapeOf(x);
  const gone = axis === null ? shape.flatMap((n, k) => (n === 1 ? [k] : [])) : [axis].flat().map((a) => axisOf(a, shape.length));
  return reshape(x, shape.filter((_, k) => !gone.includes(k)));
};
/** @param {Computed[]} parts @param {number | null} axis @returns {Computed} */
export const concatenate = (parts, axis) => {
  if (axis === null) return concatenate(parts.map((part) => reshape(part, [-1])), 0);
  const along = axisOf(axis, shapeOf(parts[0]).length);
  const shape = shapeOf(parts[0]).map((n, k) => (k === along ? sum(parts.map((part) => shapeOf(part)[k])) : n));
  const [data, strides] = [Array(sizeOf(shape)), stridesOf(shape)];
  let start = 0;
  for (const part of parts) {
    walk(shapeOf(part), strides, start * strides[along]).forEach((p, k) => (data[p] = dataOf(part)[k]));
    start += shapeOf(part)[along];
  }
  return array(shape, data);
};
