// What the marks of a picture say at some numbers: the twin of the labels of _views/parts.py, the maps of _views/heat.py,
// and the outlines, dashes and legend of _views/scene.py. Everything in a picture that an edit may change is said here.
(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const { entries, isFinite, number, quantity } = gatewise.numbers;
  const NOT_COMPUTED = "–";
  const [ROWS, COLUMNS] = [6, 16]; // of a map at most
  const SHADES = ["0", "0.2", "0.5", "0.8", "1"]; // as the file has them

  // Maps: the twin of heat.py.

  const isNumber = (entry) => entry !== null && Number.isFinite(Number(entry));

  const rowsOf = (value) => {
    if (!Array.isArray(value[0])) return [value];
    return Array.isArray(value[0][0]) ? value.flatMap(rowsOf) : value;
  };

  /** The borders of `most` parts, the first ones one longer where it does not come out even. */
  const cuts = (size, most) => {
    const count = Math.min(size, most);
    const [short, longer] = [Math.floor(size / count), size % count];
    const start = (place) => place * short + Math.min(place, longer);
    return Array.from({ length: count }, (_, place) => [start(place), start(place + 1)]);
  };

  /** The entry of the largest size, NaN before all others. */
  const largestOf = (part) => {
    const sizes = entries(part).map((entry) => (Number.isNaN(entry) ? [1, 0] : [0, Math.abs(entry)]));
    const best = sizes.reduce((best, [isBad, size], at) => {
      const [isWorst, most] = sizes[best];
      return isBad > isWorst || (isBad === isWorst && size > most) ? at : best;
    }, 0);
    return part[best];
  };

  const coarse = (value) => {
    const table = rowsOf(value);
    if (!table[0]?.length) return [];
    const [bands, columns] = [cuts(table.length, ROWS), cuts(table[0].length, COLUMNS)];
    return bands.map(([top, bottom]) =>
      columns.map(([left, right]) => largestOf(table.slice(top, bottom).flatMap((row) => row.slice(left, right)))),
    );
  };

  const shadeOf = (entry, largest) => {
    if (!isNumber(entry)) return null;
    const size = Math.abs(Number(entry));
    return size === 0 ? 0 : Math.sign(Number(entry)) * Math.max(1, Math.ceil((4 * size) / largest));
  };

  /** What stands beside a map, from all its entries or from the least and the greatest. */
  const scaleOf = (reached, largest, digits) => {
    const known = reached.filter((entry) => entry !== null && entry !== undefined);
    const extreme = (better, none) => known.reduce((best, entry) => (best === null || better(entry, best) ? entry : best), null) ?? none;
    const least = extreme((entry, best) => entry < best, -largest);
    const greatest = extreme((entry, best) => entry > best, largest);
    if (least === greatest) return `${least !== 0 && reached.length > 1 ? "all " : ""}${number(least, digits)}`;
    if (least < 0 && greatest > 0) return `±${number(largest, digits)}`;
    return greatest > 0 ? `max ${number(greatest, digits)}` : `min ${number(least, digits)}`;
  };

  /** The map of an array, {cells, scale}; null for what has no entries, or none that were written down. */
  const heatOf = (value, summary, digits) => {
    const table = value !== null ? coarse(value) : summary?.map;
    if (!table?.[0]?.length) return null;
    const all = table.flat();
    const largest = Math.max(0, ...all.filter(isNumber).map((entry) => Math.abs(Number(entry))));
    const bad = all.find((entry) => !isNumber(entry));
    const scale = bad !== undefined ? number(bad, digits) : scaleOf(value !== null ? entries(value) : [summary.min, summary.max], largest, digits);
    return { cells: table.map((row) => row.map((entry) => shadeOf(entry, largest))), scale };
  };

  const inset = (place, by) => (place + by).toFixed(1);

  /** The cells of a map as paths, one a shade, as `picture._cells` writes them. */
  const pathsOf = (cells) => {
    const shades = [...new Set(cells.flat())].filter((shade) => shade !== 0);
    const last = (shade) => (shade === null ? Infinity : shade);
    return shades.sort((one, other) => last(one) - last(other)).map((shade) => {
      const places = cells.flatMap((row, y) => row.flatMap((each, x) => (each === shade ? [[6 * x, 6 * y]] : [])));
      const d = places.map(([x, y]) => (shade !== null && shade < 0 ? `M${inset(x, 1.2)},${inset(y, 1.2)}h3.6v3.6h-3.6z` : `M${inset(x, 0.3)},${inset(y, 0.3)}h5.4v5.4h-5.4z`)).join("");
      if (shade === null) return { class: "bad", d };
      const opacity = SHADES[Math.abs(shade)];
      return shade > 0 ? { d, "fill-opacity": opacity } : { d, "stroke-width": 1.5, "stroke-opacity": opacity };
    });
  };

  // Labels: the twin of parts.py. Each is {text, isLoud, cells}, with the cells of its map or null.

  const label = (text, isLoud = false, heat = null) => ({ text: heat?.scale ?? text, isLoud, cells: heat?.cells ?? null });

  const value = ({ wires }, id, digits) => {
    const wire = wires[id];
    const heat = wire.shape.length && wire.dtype !== "bool" ? heatOf(wire.value, wire.summary, digits) : null;
    if (wire.value === null && !wire.summary) return label(NOT_COMPUTED);
    return label(quantity(wire.value, wire.summary, digits), !isFinite(wire.value, wire.summary), heat);
  };

  const hasGradient = (wire) => wire.gradient !== null || wire.gradient_summary !== null;

  const gradient = ({ wires, uses, output }, id, usesOf, digits) => {
    const wire = wires[id];
    if (!hasGradient(wire)) return label(NOT_COMPUTED);
    const heat = wire.shape.length ? heatOf(wire.gradient, wire.gradient_summary, digits) : null;
    const isLoud = !isFinite(wire.gradient, wire.gradient_summary);
    const found = label(quantity(wire.gradient, wire.gradient_summary, digits), isLoud, heat);
    const isAway = id !== output && usesOf.length > 0 && usesOf.every((at) => uses[at].blocked);
    return isAway ? { ...found, text: `${found.text} routed away` } : found;
  };

  const added = (one, other) => (Array.isArray(one) ? one.map((part, at) => added(part, other[at])) : entries(one)[0] + entries(other)[0]);

  const branch = ({ wires, uses }, along, digits) => {
    const taken = along.map((at) => uses[at]);
    if (taken.every((use) => wires[use.to].pattern === "stops")) return label("stops");
    if (isBlocked({ uses }, along)) return label("routed away");
    const summary = taken.length === 1 ? taken[0].contribution_summary : null; // no sum of summaries says anything
    if (summary) return label(quantity(null, summary, digits), !isFinite(null, summary), heatOf(null, summary, digits));
    const came = taken.map((use) => use.contribution).filter((each) => each !== null);
    if (!came.length) return label(NOT_COMPUTED);
    const total = came.reduce(added);
    return label(quantity(total, null, digits), !isFinite(total), Array.isArray(total) ? heatOf(total, null, digits) : null);
  };

  // Lines, outlines and the legend: the twin of scene.py.

  /** Whether the gate at the end of a line routed the gradient elsewhere. */
  const isBlocked = ({ uses }, along) => along.length > 0 && along.every((at) => uses[at].blocked);

  const PICKS_OF_TWO = ["maximum", "minimum", "fmax", "fmin"];
  const PICKS_INSIDE = ["max", "min", "amax", "amin"];

  /** What stands under the symbol of a max that several were the largest for: the twin of `patterns.tie`. */
  const tie = ({ wires, uses }, id, along) => {
    const wire = wires[id];
    const isInside = PICKS_INSIDE.includes(wire.gate);
    if (!isInside && !PICKS_OF_TWO.includes(wire.gate)) return "";
    const operands = along.map((at) => uses[at]);
    if (isInside) {
      const came = operands.flatMap((use) => entries(use.contribution)).filter(Boolean).length;
      return came > wire.shape.reduce((product, size) => product * size, 1) ? "tie" : "";
    }
    const isShare = (entry) => typeof entry === "number" && entry > 0 && entry < 1;
    if (operands.some((use) => entries(use.local).some(isShare))) return "tie";
    if (operands.length !== 1 || wires[operands[0].from].shape.join() !== wire.shape.join()) return "";
    const [own, chosen, locals] = [wires[operands[0].from].value, wire.value, operands[0].local].map(entries);
    return own.some((entry, at) => entry === chosen[at] && locals[at] === 0) ? "tie 0" : "";
  };

  /** Whether a closed group hides a number that is not finite. */
  const hidesTrouble = ({ wires }, members) =>
    members.some((id) => !isFinite(wires[id].value, wires[id].summary) || !isFinite(wires[id].gradient, wires[id].gradient_summary));

  /** The notes of the legend for what is seen: {heat, fork, dashed: whether, texts: of labels, ties: of gates, folded, steps: of gates}. */
  const notes = (seen) => [
    ...(seen.heat ? ["■ positive □ negative", "darker is larger"] : []),
    ...(seen.heat && [...seen.texts].some((text) => text.startsWith("±")) ? ["± size of the largest"] : []),
    ...(seen.fork ? ["● fork: the gradients of its branches add"] : []),
    ...(seen.dashed ? ["dashed: a max or a mask routed the gradient away"] : []),
    ...(seen.ties.has("tie") ? ["tie: equals split the gradient"] : []),
    ...(seen.ties.has("tie 0") ? ["tie 0: a tie with a constant passes nothing"] : []),
    ...(seen.texts.has("stops") ? ["stops: the gate passes no gradient"] : []),
    ...(seen.texts.has(NOT_COMPUTED) ? [`${NOT_COMPUTED} not computed`] : []),
    ...(seen.folded ? [`folded: ${seen.folded} of ${seen.steps} gates, in double outlines`] : []),
  ];

  gatewise.marks = { value, gradient, branch, isBlocked, hidesTrouble, tie, notes, pathsOf, NOT_COMPUTED };
})();
