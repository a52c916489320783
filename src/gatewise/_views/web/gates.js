// The gates that a page computes by name.
/** @import { Computed } from "./types" */
import { axisOf, each, shapeOf, spread } from "./arrays.js";
import { dot, einsum, matmul, outer, pick, scattered } from "./products.js";
import {
  best,
  concatenate,
  expandDims,
  inLanes,
  logSumExp,
  mean,
  reshape,
  softmax,
  squeeze,
  sum,
  swapAxes,
  total,
  transpose,
  variance,
} from "./totals.js";

/** @param {number} x @param {number} y */
const remainder = (x, y) => {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
};
/** @param {number} x @param {number} y */
const floorDivide = (x, y) => {
  if (y === 0 || !Number.isFinite(x)) return y === 0 ? x / y : NaN;
  return Math.round((x - remainder(x, y)) / y);
};
/** @param {number} x @param {number} y */
const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);
/** @param {number} x */
const rint = (x) => {
  const low = Math.floor(x);
  return Math.abs(x - low) === 0.5 ? low + Number(low % 2 !== 0) : Math.round(x);
};
/** @param {number} x @param {number} y */
const logAddExp = (x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))));

/** @type {{ [gate: string]: (...entries: number[]) => number }} */
const ELEMENTWISE = {
  add: (x, y) => x + y, subtract: (x, y) => x - y, multiply: (x, y) => x * y, divide: (x, y) => x / y,
  power, remainder, floor_divide: floorDivide, negative: (x) => -x, positive: (x) => x, copy: (x) => x,
  absolute: Math.abs, square: (x) => x * x, reciprocal: (x) => 1 / x, sqrt: Math.sqrt,
  exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, arcsin: Math.asin, arccos: Math.acos, arctan: Math.atan,
  sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, arctan2: Math.atan2, hypot: Math.hypot, logaddexp: logAddExp,
  maximum: (x, y) => (x > y || isNaN(x) ? x : y), minimum: (x, y) => (x < y || isNaN(x) ? x : y), where: (chosen, x, y) => (chosen ? x : isNaN(chosen) ? x : y),
  greater: (x, y) => +(x > y), greater_equal: (x, y) => +(x >= y), less: (x, y) => +(x < y),
  less_equal: (x, y) => +(x <= y), equal: (x, y) => +(x === y), not_equal: (x, y) => +(x !== y),
  logical_and: (x, y) => +(x !== 0 && y !== 0), logical_or: (x, y) => +(x !== 0 || y !== 0), logical_not: (x) => +(x === 0),
  sign: Math.sign, floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc, rint,
  isfinite: (x) => +Number.isFinite(x), isnan: (x) => +isNaN(x),
  zeros_like: () => 0, ones_like: () => 1, full_like: (x, y) => y,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)), softplus: (x) => logAddExp(0, x),
};

/** @param {Computed[]} parts @param {number} axis */
const stack = (parts, axis) => {
  const along = axis < 0 ? axisOf(axis, shapeOf(parts[0]).length + 1) : axis;
  return concatenate(parts.map((part) => expandDims(part, axis)), along);
};
/** @param {Computed} x @param {Computed | null} low @param {Computed | null} high */
const clip = (x, low, high) => {
  const above = low === null ? x : each(ELEMENTWISE.maximum)(x, low);
  return high === null ? above : each(ELEMENTWISE.minimum)(above, high);
};
/** @type {{ [dtype: string]: (entry: number) => number }} */
const CASTS = { bool: (x) => +(x !== 0), float64: (x) => x };
/** @param {Computed} x @param {string} dtype */
const cast = (x, dtype) => each(CASTS[dtype] ?? Math.trunc)(x);

/**
 * Functions by their names, each made a gate.
 * @template {(...given: any[]) => any} F
 * @param {{ [name: string]: F }} functions @param {(f: F) => (...given: any[]) => Computed} made
 * @returns {[string, (...given: any[]) => Computed][]}
 */
const named = (functions, made) => Object.entries(functions).map(([name, f]) => [name, made(f)]);

/** By the names of gates: operands, then parameters in the order in which the gate declares them. @type {Map<string, (...given: any[]) => Computed>} */
export const OPERATIONS = new Map([
  ...named(ELEMENTWISE, each),
  ...named({
    sum, mean,
    prod: (lane) => lane.reduce((all, entry) => all * entry, 1),
    max: (lane) => Math.max(...lane), min: (lane) => Math.min(...lane),
    any: (lane) => +lane.some((v) => v !== 0), all: (lane) => +lane.every((v) => v !== 0),
    argmax: (lane) => best(lane, Math.max(...lane)), argmin: (lane) => best(lane, Math.min(...lane)),
    logsumexp: logSumExp,
  }, total),
  ...named({
    var: (x, axis, ddof, keepdims) => total(variance)(x, axis, keepdims, ddof),
    std: (x, axis, ddof, keepdims) => total((lane) => Math.sqrt(variance(lane, ddof)))(x, axis, keepdims),
    reshape, transpose, swapaxes: swapAxes, matrix_transpose: (x) => swapAxes(x, -1, -2), ravel: (x) => reshape(x, [-1]),
    broadcast_to: (x, shape) => spread(x, [shape].flat()), expand_dims: expandDims, squeeze,
    concatenate: (...all) => concatenate(all.slice(0, -1), all.at(-1)),
    stack: (...all) => stack(all.slice(0, -1), all.at(-1)),
    matmul, dot, outer, softmax, clip, astype: cast,
    einsum: (...all) => einsum(all.at(-1), ...all.slice(0, -1)),
    getitem: (x, index) => pick(x, index), scatter: (x, index, shape) => scattered(x, [shape].flat(), index),
    add_at: (x, values, index) => each((u, v) => u + v)(x, scattered(values, shapeOf(x), index)),
    product_of_others: (x, axis) => inLanes(x, axis, (lane, k) => lane.reduce((all, entry, i) => (i === k ? all : all * entry), 1)),
  }, (f) => f),
]);
OPERATIONS.set("bitwise_and", each(ELEMENTWISE.logical_and));
OPERATIONS.set("bitwise_or", each(ELEMENTWISE.logical_or));
OPERATIONS.set("invert", each(ELEMENTWISE.logical_not));
