// Opens and closes the groups of a picture, and sets its legend.
/** @import { Placed } from "./elastic.js" */
/** @import { Folded, Geometry } from "./types" */
import { put, svgElement } from "./dom.js";
import { placeAll } from "./elastic.js";
import { widthOf } from "./texts.js";

const CORNER = 5;
const MARGIN = 16; // around a drawing
const [NOTE_SIZE, LEGEND_LINE] = [11, 17];

// Drawing: the twin of `bent` in _views/drawing.py.

/** @typedef {[x: number, y: number]} Point */

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
/** @param {Point} point */
const at = ([x, y]) => `${round(x)},${round(y)}`;
/** @param {Point} a @param {Point} b */
const distance = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
/** @param {Point} start @param {Point} end @param {number} length @returns {Point} */
const towards = (start, end, length) => {
  const share = length / (distance(start, end) || 1);
  return [start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share];
};
/** @param {Point} start @param {Point} end */
const straight = (start, end) => (start[1] === end[1] ? `H${round(end[0])}` : `V${round(end[1])}`);
/** @param {Point} start @param {Point} end */
const step = (start, end) => at([end[0] - start[0], end[1] - start[1]]);

/** The path through some points, its corners rounded. @param {Point[]} points */
const bent = (points) => {
  /** @type {Point[]} */
  const track = [];
  for (const [x, y] of points) {
    /** @type {Point} */
    const point = [round(x), round(y)];
    const [before, last] = track.slice(-2);
    if (track.length && distance(track[track.length - 1], point) === 0) continue;
    if (last && [0, 1].some((axis) => before[axis] === last[axis] && last[axis] === point[axis])) track.pop();
    track.push(point);
  }
  if (track.length < 2) track.push(track[0]);
  const pieces = [`M${at(track[0])}`];
  for (let place = 1; place + 1 < track.length; place++) {
    const [before, corner, after] = track.slice(place - 1, place + 2);
    const radius = Math.min(CORNER, distance(before, corner) / 2, distance(corner, after) / 2);
    const [start, end] = [towards(corner, before, radius), towards(corner, after, radius)];
    pieces.push(`${straight(before, start)}q${step(start, corner)} ${step(start, end)}`);
  }
  return pieces.join("") + straight(track[track.length - 2], track[track.length - 1]);
};

/** @param {Element} element @param {{ [name: string]: number }} values */
const set = (element, values) => Object.entries(values).forEach(([name, value]) => put(element, name, String(round(value))));

// Each element with its level and its place there: in the geometry they have the order of the document.

const LINES = "path.use, path.trunk";
const MARKS = ".arrow, .fork, .cut, g.gate, g.heat, text:not(.title)";
/** @typedef {{ element: SVGElement, number: number, points: Point[] }} Line */
/** @typedef {{ element: SVGElement, number: number, x: number, low: number, high: number, before: string }} Mark */
/** @typedef {{ element: Element, number: number, group: number, place: Comment }} Block */
/** @typedef {{ lines: Line[], marks: Mark[], blocks: Block[], then: Placed[], size: number[] }} Bound */

/** @type {WeakMap<Element, Bound>} */
const bindings = new WeakMap();

/** @param {Element} svg */
const bound = (svg) => {
  const found = bindings.get(svg);
  if (!found) throw new Error("the picture was not bound");
  return found;
};

/** A part of the picture that is always there. @param {Element} room @param {string} selector */
const part = (room, selector) => {
  const found = room.querySelector(selector);
  if (!(found instanceof SVGElement)) throw new Error(`the picture has no ${selector}`);
  return found;
};

/** Tie a picture to its geometry, before anything in it is moved about. @param {Element} svg @param {Geometry} geometry */
export const bind = (svg, geometry) => {
  const then = placeAll(geometry);
  /** @type {Bound} */
  const found = { lines: [], marks: [], blocks: [], then, size: extentOf(then) };
  bindings.set(svg, found);
  if (!geometry.levels[0].groups.length) return; // nothing will ever move
  geometry.levels.forEach((level, number) => {
    const room = level.group === null ? svg : part(svg, `g.block[data-group="${level.group}"]`);
    const own = [...room.children].filter((element) => element instanceof SVGElement);
    own.filter((element) => element.matches(LINES)).forEach((element, place) => {
      const flat = level.paths[place];
      /** @type {Point[]} */
      const points = flat.flatMap((x, index) => (index % 2 ? [] : [[x, flat[index + 1]]]));
      found.lines.push({ element, number, points });
    });
    own.filter((element) => element.matches(MARKS)).forEach((element, place) => {
      const [x, y, low, high] = level.marks[place];
      const before = element.getAttribute("transform") ?? "";
      found.marks.push({ element, number, x, low: low ?? y, high: high ?? y, before });
    });
    if (level.group !== null) found.blocks.push({ element: room, number, group: level.group, place: placeOf(room) });
  });
};

/** @param {Element} block */
const placeOf = (block) => {
  const place = document.createComment("");
  block.before(place);
  return place;
};

/** @param {Geometry} geometry */
const openGroups = ({ levels }) => new Set(levels.flatMap(({ groups }) => groups.filter(({ open }) => open).map(({ group }) => group)));

/** Take the insides of closed groups out of the document: a browser lays out thousands of marks that nobody sees. @param {Element} svg @param {Geometry} geometry */
export const settle = (svg, geometry) => {
  const opened = openGroups(geometry);
  for (const { element, group, place } of bound(svg).blocks) {
    const isOpen = opened.has(group);
    element.toggleAttribute("hidden", !isOpen);
    if (!isOpen) element.remove();
    else if (!element.parentNode) place.after(element);
  }
};

/** @param {Placed[]} placed */
const extentOf = ([root]) => [root.width, root.down.at(root.level.height)];

/** Where a wire ends: at the outline of its gate or of its open group. @param {Placed} here @param {string | undefined} to @param {number} x */
const endOf = (here, to, x) => {
  const found = /^g\d+$/.test(to ?? "") && here.opened.find(([group]) => `g${group.group}` === to);
  return found ? found[1].left : here.x(x);
};

/** @param {Element} svg @param {Geometry} geometry */
const redraw = (svg, geometry) => {
  const now = placeAll(geometry);
  const { lines, marks, blocks, then } = bound(svg);
  const opened = openGroups(geometry);
  const isSeen = (/** @type {{ number: number }} */ { number }) => now[number].level.group === null || opened.has(now[number].level.group);
  for (const { element, number, points } of lines.filter(isSeen)) {
    /** @type {Point[]} */
    const moved = points.map(([x, y]) => [now[number].x(x), now[number].y(y)]);
    moved[moved.length - 1][0] = endOf(now[number], element.dataset.to, points[points.length - 1][0]);
    put(element, "d", bent(moved));
  }
  for (const { element, number, x, low, high, before } of marks.filter(isSeen)) {
    const [here, there, to] = [now[number], then[number], element.dataset.to];
    const dx = endOf(here, to, x) - endOf(there, to, x);
    const dy = here.y(low) - there.y(low);
    put(element, "transform", `translate(${round(dx)} ${round(dy)}) ${before}`.trim());
    if (element.matches("g.gate")) stretch(element, here.y(high) - there.y(high) - dy);
    if (element.matches(".arrow[data-to]")) element.toggleAttribute("hidden", opened.has(Number(to?.slice(1))));
    if (element.matches("g.gate[data-group]")) element.toggleAttribute("hidden", opened.has(Number(element.dataset.group)));
  }
  for (const { element, number, group } of blocks) {
    if (!opened.has(group)) continue;
    const here = now[number];
    set(part(element, ":scope > rect.block"), { x: here.left, y: here.top, width: here.width, height: here.height });
    set(part(element, ":scope > text.title"), { x: here.left + 7, y: here.top + 14 });
  }
  bound(svg).size = extentOf(now);
  settle(svg, geometry);
  frame(svg);
};

// The legend and the paper: the twin of `_Stage.scene` in _views/scene.py.

/** Set the legend in rows that fit under the drawing, and make the paper large enough for both. @param {Element} svg */
const frame = (svg) => {
  const [across, down] = bound(svg).size;
  const texts = [...svg.querySelectorAll("g.legend text")];
  const widths = texts.map((text) => Number(text.getAttribute("textLength")));
  let [rows, used] = [1, 0];
  texts.forEach((text, place) => {
    if (used && used + widths[place] > across - 2 * MARGIN) [rows, used] = [rows + 1, 0];
    set(text, { x: MARGIN + used, y: down + LEGEND_LINE * (rows - 0.5) });
    used += widths[place] + 2 * MARGIN;
  });
  const width = Math.max(across, ...widths.map((each) => each + 2 * MARGIN));
  const height = down + LEGEND_LINE * rows + MARGIN / 2;
  set(svg, { width, height });
  put(svg, "viewBox", `0 0 ${round(width)} ${round(height)}`);
  set(part(svg, "rect.paper"), { width, height });
};

/** Have these notes in the legend, after what it says of values and gradients. @param {Element} svg @param {string[]} notes */
export const writeLegend = (svg, notes) => {
  const legend = part(svg, "g.legend");
  const there = [...legend.querySelectorAll("text.note")];
  if (there.length === notes.length && there.every((text, place) => text.textContent === notes[place])) return;
  there.forEach((text) => text.remove());
  for (const note of notes) {
    const text = svgElement("text", { class: "note", "aria-hidden": "true" });
    set(text, { "font-size": NOTE_SIZE, textLength: widthOf(note, NOTE_SIZE) });
    text.textContent = note;
    legend.append(text);
  }
  frame(svg);
};

/** A gate whose ports were pulled apart grows with them. @param {SVGElement} gate @param {number} extra */
const stretch = (gate, extra) => {
  for (const rect of gate.querySelectorAll("rect.gate")) {
    if (!(rect instanceof SVGElement)) continue;
    rect.dataset.height ??= String(rect.getAttribute("height"));
    set(rect, { height: Number(rect.dataset.height) + extra });
  }
  gate.querySelectorAll("text").forEach((text) => put(text, "transform", `translate(0 ${round(extra / 2)})`));
};

/** Open a closed group, or close an open one; whatever stands inside it is closed with it. @param {Element} svg @param {Geometry} geometry @param {number} number */
export const toggle = (svg, geometry, number) => {
  const shut = (/** @type {Folded} */ group) => {
    group.open = false;
    geometry.levels[group.level].groups.forEach(shut);
  };
  const group = geometry.levels.flatMap(({ groups }) => groups).find((each) => each.group === Number(number));
  if (!group) return;
  if (group.open) shut(group);
  else group.open = true;
  redraw(svg, geometry);
};
