// Recomputes a circuit from its formulas (_record/formulas.py): forward, then all that is sent back, as the sweep does.
// A value is a number, or {shape, data} with the entries in row order. Truth values are 1 and 0.
(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

  // ------------------------------------------------------------------------------------------------------- arrays

  const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);
  const array = (shape, data) => (shape.length ? { shape, data } : data[0]);
  const shapeOf = (x) => (typeof x === "number" ? [] : x.shape);
  const dataOf = (x) => (typeof x === "number" ? [x] : x.data);
  const stridesOf = (shape) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const filled = (shape, entry) => array(shape, Array(sizeOf(shape)).fill(entry));
  const sameShape = (one, other) => one.length === other.length && one.every((n, axis) => n === other[axis]);
  const take = (x, positions, shape) => array(shape, positions.map((p) => dataOf(x)[p]));
  const axisOf = (axis, rank) => (axis < 0 ? axis + rank : axis);

  /** The positions one meets who walks through a shape in row order with these strides. */
  const walk = (shape, strides, start = 0) =>
    shape.reduce(
      (found, n, axis) => found.flatMap((p) => Array.from({ length: n }, (_, i) => p + i * strides[axis])),
      [start],
    );

  const numbersOf = (nested) => {
    if (Array.isArray(nested)) return nested.flatMap(numbersOf);
    return [typeof nested === "string" ? WORDS[nested] : Number(nested)];
  };

  const nestedShape = (nested) => (Array.isArray(nested) ? [nested.length, ...nestedShape(nested[0] ?? 0)] : []);
  const fromNested = (nested, shape = nestedShape(nested)) => array(shape, numbersOf(nested));

  /** A value as the record has it: nested lists, nan and inf as words, true and false. */
  const toNested = (x, dtype = "float64") => {
    const written = (v) => (dtype === "bool" ? Boolean(v) : Number.isFinite(v) ? v : isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf");
    const nest = (shape, data) => {
      if (!shape.length) return written(data[0]);
      const step = sizeOf(shape.slice(1));
      return Array.from({ length: shape[0] }, (_, i) => nest(shape.slice(1), data.slice(i * step, (i + 1) * step)));
    };
    return x === null ? null : nest(shapeOf(x), dataOf(x));
  };

  const broadcastShape = (shapes) => {
    const rank = Math.max(0, ...shapes.map((shape) => shape.length));
    return Array.from({ length: rank }, (_, axis) => {
      const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
      return sizes.find((n) => n !== 1) ?? 1;
    });
  };

  /** For each place of `target` the position of the entry of `shape` that broadcasting puts there. */
  const spreadPositions = (shape, target) => {
    const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
    return walk(target, [...Array(target.length - shape.length).fill(0), ...strides]);
  };
  const spread = (x, shape) => (sameShape(shapeOf(x), shape) ? x : take(x, spreadPositions(shapeOf(x), shape), shape));

  /** Zeros of a shape, with the entries of x added at these positions. */
  const gather = (x, positions, shape) => {
    const data = Array(sizeOf(shape)).fill(0);
    dataOf(x).forEach((entry, k) => (data[positions[k]] += entry));
    return array(shape, data);
  };
  const sumTo = (x, shape) => (sameShape(shapeOf(x), shape) ? x : gather(x, spreadPositions(shape, shapeOf(x)), shape));

  const each = (f) => (...operands) => {
    if (operands.every((x) => typeof x === "number")) return f(...operands);
    const shape = broadcastShape(operands.map(shapeOf));
    const columns = operands.map((x) => dataOf(spread(x, shape)));
    return array(shape, Array.from({ length: sizeOf(shape) }, (_, k) => f(...columns.map((column) => column[k]))));
  };

  // -------------------------------------------------------------------------------------------------- totals, shapes

  /** The shape with the axes that a total goes over kept with size 1. */
  const keptShape = (shape, axis) => {
    const axes = axis === null ? shape.map((_, k) => k) : [axis].flat().map((a) => axisOf(a, shape.length));
    return shape.map((n, k) => (axes.includes(k) ? 1 : n));
  };
  const lanesOf = (x, kept) => {
    const lanes = Array.from({ length: sizeOf(kept) }, () => []);
    spreadPositions(kept, shapeOf(x)).forEach((lane, k) => lanes[lane].push(dataOf(x)[k]));
    return lanes;
  };
  const total = (f) => (x, axis, keepdims, ...more) => {
    const kept = keptShape(shapeOf(x), axis);
    const gone = axis === null ? null : [axis].flat().map((a) => axisOf(a, kept.length));
    const shape = keepdims ? kept : kept.filter((_, k) => gone !== null && !gone.includes(k));
    return array(shape, lanesOf(x, kept).map((lane) => f(lane, ...more)));
  };
  const sum = (lane) => lane.reduce((all, entry) => all + entry, 0);
  const mean = (lane) => sum(lane) / lane.length;
  const variance = (lane, ddof) => sum(lane.map((v) => (v - mean(lane)) ** 2)) / (lane.length - ddof);
  const best = (lane, extreme) => lane.findIndex((v) => Object.is(v, extreme) || v === extreme || isNaN(extreme) && isNaN(v));

  /** What belongs to each total, again at every entry it was made of. */
  const unreduce = (d, x, axis) => spread(reshape(d, keptShape(shapeOf(x), axis)), shapeOf(x));
  /** Each entry replaced by what `f` makes of it and its lane. */
  const inLanes = (x, axis, f) => {
    const kept = keptShape(shapeOf(x), axis);
    const lanes = lanesOf(x, kept);
    const met = lanes.map(() => 0);
    const positions = spreadPositions(kept, shapeOf(x));
    return array(shapeOf(x), positions.map((lane) => f(lanes[lane], met[lane]++)));
  };
  const softmax = (x, axis) =>
    inLanes(x, axis, (lane, k) => {
      const top = Math.max(...lane);
      return Math.exp(lane[k] - top) / sum(lane.map((v) => Math.exp(v - top)));
    });
  const logSumExp = (lane) => {
    const top = Math.max(...lane);
    const safe = Number.isFinite(top) ? top : 0;
    return Math.log(sum(lane.map((v) => Math.exp(v - safe)))) + safe;
  };

  const reshape = (x, shape) => {
    const asked = [shape].flat();
    const known = -sizeOf(asked);
    return array(asked.map((n) => (n === -1 ? sizeOf(shapeOf(x)) / known : n)), dataOf(x));
  };
  const transpose = (x, axes) => {
    const shape = shapeOf(x);
    const order = (axes ?? shape.map((_, k) => shape.length - 1 - k)).map((a) => axisOf(a, shape.length));
    return take(x, walk(order.map((a) => shape[a]), order.map((a) => stridesOf(shape)[a])), order.map((a) => shape[a]));
  };
  const swapAxes = (x, one, other) => {
    const order = shapeOf(x).map((_, k) => k);
    const [a, b] = [one, other].map((axis) => axisOf(axis, order.length));
    [order[a], order[b]] = [b, a];
    return transpose(x, order);
  };
  const expandDims = (x, axis) => {
    const added = [axis].flat();
    const rank = shapeOf(x).length + added.length;
    const rest = [...shapeOf(x)];
    const places = added.map((a) => axisOf(a, rank));
    return reshape(x, Array.from({ length: rank }, (_, k) => (places.includes(k) ? 1 : rest.shift())));
  };
  const squeeze = (x, axis) => {
    const shape = shapeOf(x);
    const gone = axis === null ? shape.flatMap((n, k) => (n === 1 ? [k] : [])) : [axis].flat().map((a) => axisOf(a, shape.length));
    return reshape(x, shape.filter((_, k) => !gone.includes(k)));
  };
  const concatenate = (parts, axis) => {
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

  // ------------------------------------------------------------------------------------------------ products, indices

  /** Products of the operands' entries, met with these strides, summed over all places behind `shape`. */
  const contract = (shape, summed, operands, strides) => {
    const [columns, n] = [operands.map((x, k) => walk([...shape, ...summed], strides[k])), sizeOf(summed)];
    const entry = (k) => operands.reduce((product, x, o) => product * dataOf(x)[columns[o][k]], 1);
    return array(shape, Array.from({ length: sizeOf(shape) }, (_, k) => sum(Array.from({ length: n }, (_, i) => entry(k * n + i)))));
  };
  const einsum = (text, ...operands) => {
    const [left, out] = text.split("->");
    const [names, sizes] = [left.split(","), {}];
    names.forEach((letters, o) =>
      [...letters].forEach((letter, k) => (sizes[letter] = Math.max(sizes[letter] ?? 1, shapeOf(operands[o])[k]))),
    );
    const stride = (x, k) => (shapeOf(x)[k] === 1 ? 0 : stridesOf(shapeOf(x))[k]);
    const summed = Object.keys(sizes).filter((letter) => !out.includes(letter));
    const strides = names.map((letters, o) =>
      [...out, ...summed].map((letter) => sum([...letters].map((each, k) => (each === letter ? stride(operands[o], k) : 0)))),
    );
    return contract([...out].map((l) => sizes[l]), summed.map((l) => sizes[l]), operands, strides);
  };
  const matmul = (a, b) => {
    const [row, column] = [shapeOf(a).length === 1, shapeOf(b).length === 1];
    const left = row ? reshape(a, [1, ...shapeOf(a)]) : a;
    const right = column ? reshape(b, [...shapeOf(b), 1]) : b;
    const batch = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
    const [[m, n], p] = [left.shape.slice(-2), right.shape.at(-1)];
    const x = spread(left, [...batch, m, n]);
    const y = spread(right, [...batch, n, p]);
    const lead = (z) => stridesOf(z.shape).slice(0, -2);
    const product = contract([...batch, m, p], [n], [x, y], [[...lead(x), n, 0, 1], [...lead(y), 0, 1, p]]);
    return reshape(product, [...batch, ...(row ? [] : [m]), ...(column ? [] : [p])]);
  };
  const dot = (a, b) => (shapeOf(a).length && shapeOf(b).length ? matmul(a, b) : each((u, v) => u * v)(a, b));
  const outer = (a, b) => einsum("i,j->ij", reshape(a, [-1]), reshape(b, [-1]));

  /** Python's slice: the places it takes of n. */
  const slicePlaces = ([, low, high, step], n) => {
    const by = step ?? 1;
    const inside = (end) => Math.min(Math.max(end < 0 ? end + n : end, by < 0 ? -1 : 0), by < 0 ? n - 1 : n);
    const [from, to] = [low === null ? (by < 0 ? n - 1 : 0) : inside(low), high === null ? (by < 0 ? -1 : n) : inside(high)];
    return Array.from({ length: Math.max(0, Math.ceil((to - from) / by)) }, (_, i) => from + i * by);
  };

  /** Which entries an index takes of a shape, and the shape they come in. */
  const picked = (shape, index) => {
    const used = index.filter((part) => part[0] === "slice" || part[0] === "at").length;
    const rest = Array(shape.length - used).fill(["slice", null, null, null]);
    const parts = index.some((part) => part[0] === "rest") ? index.flatMap((part) => (part[0] === "rest" ? rest : [part])) : [...index, ...rest];
    const strides = stridesOf(shape);
    const chosen = parts.filter((part) => part[0] === "at" && typeof part[1] !== "number");
    const together = broadcastShape(chosen.map((part) => shapeOf(part[1])));
    const groups = []; // {shape, offsets} for each stretch of the result; indices by arrays share one
    let axis = 0, shared = null, last = -1;
    const isAdvanced = (part) => part[0] === "at" && (chosen.length > 0 || typeof part[1] !== "number");
    parts.forEach((part, place) => {
      if (part[0] === "newaxis") return groups.push({ shape: [1], offsets: [0] });
      const [n, stride] = [shape[axis], strides[axis++]];
      if (part[0] === "slice") {
        const places = slicePlaces(part, n);
        return groups.push({ shape: [places.length], offsets: places.map((p) => p * stride) });
      }
      const offsets = dataOf(spread(part[1], together)).map((p) => (p < 0 ? p + n : p) * stride);
      if (!isAdvanced(part)) return groups.push({ shape: [], offsets });
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
  const pick = (x, index) => {
    const { shape, positions } = picked(shapeOf(x), index);
    return take(x, positions, shape);
  };
  const put = (x, shape, index) => {
    const place = picked(shape, index);
    return gather(spread(x, place.shape), place.positions, shape);
  };

  // ------------------------------------------------------------------------------------------------------ operations

  const remainder = (x, y) => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  };
  const floorDivide = (x, y) => {
    if (y === 0 || !Number.isFinite(x)) return y === 0 ? x / y : NaN;
    return Math.round((x - remainder(x, y)) / y);
  };
  const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);
  const rint = (x) => {
    const low = Math.floor(x);
    return Math.abs(x - low) === 0.5 ? low + (low % 2 !== 0) : Math.round(x);
  };
  const logAddExp = (x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))));

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

  const stack = (parts, axis) => {
    const along = axis < 0 ? axisOf(axis, shapeOf(parts[0]).length + 1) : axis;
    return concatenate(parts.map((part) => expandDims(part, axis)), along);
  };
  const clip = (x, low, high) => {
    const above = low === null ? x : each(ELEMENTWISE.maximum)(x, low);
    return high === null ? above : each(ELEMENTWISE.minimum)(above, high);
  };
  const CASTS = { bool: (x) => +(x !== 0), float64: (x) => x };
  const cast = (x, dtype) => each(CASTS[dtype] ?? Math.trunc)(x);

  /** By the names of gates: operands, then parameters in the order in which the gate declares them. */
  const OPERATIONS = new Map([
    ...Object.entries(ELEMENTWISE).map(([name, f]) => [name, each(f)]),
    ...Object.entries({
      sum, mean,
      prod: (lane) => lane.reduce((all, entry) => all * entry, 1),
      max: (lane) => Math.max(...lane), min: (lane) => Math.min(...lane),
      any: (lane) => +lane.some((v) => v !== 0), all: (lane) => +lane.every((v) => v !== 0),
      argmax: (lane) => best(lane, Math.max(...lane)), argmin: (lane) => best(lane, Math.min(...lane)),
      logsumexp: logSumExp,
    }).map(([name, f]) => [name, total(f)]),
    ...Object.entries({
      var: (x, axis, ddof, keepdims) => total(variance)(x, axis, keepdims, ddof),
      std: (x, axis, ddof, keepdims) => total((lane) => Math.sqrt(variance(lane, ddof)))(x, axis, keepdims),
      reshape, transpose, swapaxes: swapAxes, matrix_transpose: (x) => swapAxes(x, -1, -2), ravel: (x) => reshape(x, [-1]),
      broadcast_to: (x, shape) => spread(x, [shape].flat()), expand_dims: expandDims, squeeze,
      concatenate: (...all) => concatenate(all.slice(0, -1), all.at(-1)),
      stack: (...all) => stack(all.slice(0, -1), all.at(-1)),
      matmul, dot, outer, softmax, clip, astype: cast,
      einsum: (...all) => einsum(all.at(-1), ...all.slice(0, -1)),
      getitem: (x, index) => pick(x, index), scatter: (x, index, shape) => put(x, [shape].flat(), index),
      add_at: (x, values, index) => each((u, v) => u + v)(x, put(values, shapeOf(x), index)),
      product_of_others: (x, axis) => inLanes(x, axis, (lane, k) => lane.reduce((all, entry, i) => (i === k ? all : all * entry), 1)),
    }),
  ]);
  OPERATIONS.set("bitwise_and", OPERATIONS.get("logical_and"));
  OPERATIONS.set("bitwise_or", OPERATIONS.get("logical_or"));
  OPERATIONS.set("invert", OPERATIONS.get("logical_not"));

  /** The value of an operand: what stands at a place, a constant, or null where a bound was left out. */
  const valueAt = (operand, values) => (typeof operand === "number" ? values[operand] : operand === null ? null : fromNested(operand.is, operand.shape ?? []));
  const indexed = (part, values) => (part[0] === "at" ? ["at", typeof part[1] === "number" ? values[part[1]] : fromNested(part[1].is)] : part);
  const isIndex = (parameter) => Array.isArray(parameter) && parameter.length > 0 && parameter.every((part) => Array.isArray(part) && typeof part[0] === "string");

  // ----------------------------------------------------------------------------------------------------- the circuit

  /** The values at all places of the program, for the inputs that the record has, or others by the ids of their wires. */
  const known = (record, { program, wires }, inputs) => {
    const values = program.inputs.map(() => null);
    record.wires.forEach((wire, id) => {
      if (typeof wires[id] === "number" && wires[id] < program.inputs.length) values[wires[id]] = fromNested(inputs[id] ?? wire.value, wire.shape);
    });
    for (const [gate, operands, parameters] of program.ops) {
      const told = parameters.map((parameter) => (isIndex(parameter) ? parameter.map((part) => indexed(part, values)) : parameter));
      values.push(OPERATIONS.get(gate)(...operands.map((operand) => valueAt(operand, values)), ...told));
    }
    return values;
  };

  /** Which wires anything arrives at, and which of what is sent goes anywhere: to a number where it is alive. */
  const arrivals = (record, formulas, values) => {
    const reached = new Set([formulas.made[record.output]]);
    const goes = formulas.sent.map(([from, to, , mask]) => {
      const isAlive = reached.has(from) && (mask === null || valueAt(mask, values) !== 0);
      if (isAlive) reached.add(to);
      return isAlive;
    });
    return [reached, goes];
  };

  /** The first guard that an edit breaks, as a sentence; null where the recording still holds. */
  const brokenGuard = (formulas, values) => {
    const isKept = ([operand, value]) => numbersOf(value).every((v, k) => Object.is(dataOf(valueAt(operand, values))[k] + 0, v + 0));
    return formulas.guards.find((guard) => !isKept(guard))?.[2] ?? null;
  };

  /** A local gradient: one for each entry, or one number along an operand that the gate does not follow. */
  const localOf = (operand, values, shape, before) => {
    if (operand === null) return null;
    const local = valueAt(operand, values);
    return toNested(typeof local === "number" && !Array.isArray(before) ? local : spread(local, shape));
  };

  /**
   * The numbers of a circuit for other inputs (values by id, as the record has them).
   * `left` is a sentence where these inputs leave what was recorded: the numbers are then not to be shown.
   */
  const recompute = (record, formulas, inputs = {}) => {
    const values = known(record, formulas, inputs);
    const [reached, goes] = arrivals(record, formulas, values);
    const isReached = (id) => reached.has(formulas.made[id]);
    const valueOf = (operand, shape) => spread(valueAt(operand, values), shape);
    const gradients = record.wires.map(({ shape }, id) => (isReached(id) && formulas.gradients[id] !== null ? valueOf(formulas.gradients[id], shape) : filled(shape, 0)));
    const sent = (use, k) => {
      const { shape } = record.wires[use.from];
      const parts = formulas.uses[k].filter((place) => goes[place]).map((place) => valueOf(formulas.sent[place][2], shape));
      const routes = record.wires[use.to].pattern === "routes" && use.contribution !== null;
      if (!parts.length) return routes ? filled(shape, 0) : null;
      const part = parts.reduce((x, y) => each((u, v) => u + v)(x, y));
      const isLost = isReached(use.from) && !isAllFinite(part) && isAllFinite(gradients[use.from]);
      return isLost ? gradients[use.from] : part; // what the block's rule says, where its gates as written overflow
    };
    return {
      left: brokenGuard(formulas, values),
      values: record.wires.map((wire, id) => toNested(valueAt(formulas.wires[id], values), wire.dtype)),
      gradients: record.wires.map((wire, id) => (wire.gradient === null ? null : toNested(gradients[id]))),
      contributions: record.uses.map((use, k) => (record.wires[use.from].gradient === null ? null : toNested(sent(use, k)))),
      locals: record.uses.map((use, k) => localOf(formulas.locals[k], values, record.wires[use.to].shape, use.local)),
      reached: record.wires.map((_, id) => isReached(id)),
    };
  };

  const isAllFinite = (x) => dataOf(x).every(Number.isFinite);
  const isAny = (nested) => numbersOf(nested ?? 0).some((entry) => entry !== 0);

  /** The record for other inputs, with `left` as in `recompute`; nothing in it was checked by differences. */
  const recorded = (record, formulas, inputs = {}) => {
    const numbers = recompute(record, formulas, inputs);
    const wires = record.wires.map((wire) => ({ ...wire, value: numbers.values[wire.id], gradient: numbers.gradients[wire.id] }));
    const isDead = (k) => formulas.switches[k] && numbers.locals[k] === 0;
    const uses = record.uses.map((use, k) => {
      const [local, contribution] = [numbers.locals[k], numbers.contributions[k]];
      const routes = wires[use.to].pattern === "routes" && contribution !== null;
      const text = formulas.texts[k] && isDead(k) ? "0" : formulas.texts[k]?.[0] ?? use.local_text;
      const blocked = routes && !isAny(contribution) && isAny(numbers.gradients[use.to]);
      return { ...use, local, contribution, local_text: text, blocked };
    });
    const into = wires.map((wire) => uses.flatMap((use, k) => (use.to === wire.id ? [k] : [])));
    const codeOf = (id) => into[id].filter((k) => formulas.texts[k] && !isDead(k)).map((k) => formulas.texts[k][1]);
    const swept = [...record.forward].reverse().filter((id) => numbers.reached[id] && into[id].length);
    return { ...record, wires, uses, backward: swept.map((id) => ({ wire: id, uses: into[id], code: codeOf(id) })), checks: {}, left: numbers.left };
  };

  gatewise.compute = { recompute, recorded, gates: [...OPERATIONS.keys()] };
})();
