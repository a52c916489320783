// Open groups in their places: the twin of _views/elastic.py, on the numbers that travel with the picture.
/** @import { Folded, Geometry, Level } from "./types" */
/** @typedef {[low: number, high: number]} Span */
/** @typedef {[start: number, end: number, room: number]} Demand */

const SAME = 0.01; // heights closer than this are one

/** A rising map of one coordinate: from each place on, everything is moved on by its extra room. */
class Stretch {
  /** @type {[place: number, extra: number][]} */
  places = [];

  /** @param {number} coordinate @returns {number} */
  at(coordinate) {
    return this.places.reduce((moved, [place, extra]) => (place <= coordinate + SAME ? moved + extra : moved), coordinate);
  }

  /** Make room for every [start, end, room], if possible without tearing the intervals of `whole` apart. @param {Demand[]} demands @param {Span[]} whole */
  pull(demands, whole) {
    for (const [start, end, room] of demands.sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
      const missing = room - (this.at(end) - this.at(start));
      if (missing > 1e-6) this.places.push([lastPlace(start, end, whole), missing]);
    }
  }
}

/** The last place of a demand that is in no interval; its end, where there is none. @param {number} start @param {number} end @param {Span[]} whole */
const lastPlace = (start, end, whole) => {
  let place = end;
  for (;;) {
    const hit = whole.filter(([low, high]) => low + SAME < place && place <= high + SAME).map(([low]) => low);
    if (!hit.length) return place > start + SAME ? place : end;
    place = Math.min(...hit);
  }
};

/** @template T @param {T[]} list @returns {[T, T][]} */
export const pairs = (list) => list.slice(1).map((item, place) => [list[place], item]);

/** A level where it is drawn: maps of its own coordinates, and the corner of its box. */
export class Placed {
  across = new Stretch();
  down = new Stretch();
  settled = new Stretch(); // what the level around asks for on top
  left = 0;
  top = 0;

  /** @param {Level} level @param {(number: number) => Placed} placedAt */
  constructor(level, placedAt) {
    this.level = level;
    /** @type {[Folded, Placed][]} */
    this.inner = level.groups.map((group) => [group, placedAt(group.level)]);
    this.opened = this.inner.filter(([group]) => group.open);
    /** @type {Span[]} */
    this.spans = [...level.spans, ...level.groups.filter((group) => !group.open).map(({ span }) => span)];
    const wider = new Map();
    for (const [group, inside] of this.opened) {
      wider.set(group.column, Math.max(wider.get(group.column) ?? 0, inside.width - group.width));
    }
    wider.forEach((extra, column) => this.across.places.push([level.starts[column], extra]));
    this.down.pull(this.opened.flatMap(([group, inside]) => demands(group, inside)), this.spans);
  }

  /** @param {number} x */
  x = (x) => this.left + this.across.at(x);
  /** @param {number} y */
  y = (y) => this.top + this.settled.at(this.down.at(y));

  get width() {
    return this.across.at(this.level.width);
  }

  get height() {
    return this.y(this.level.height) - this.top;
  }
}

/** Every level with its maps, for the groups that are open. @param {Geometry} geometry */
export const placeAll = (geometry) => {
  /** @type {Placed[]} */
  const placed = [];
  /** @param {number} number @returns {Placed} */
  const at = (number) => (placed[number] = new Placed(geometry.levels[number], at));
  settleDown(at(0));
  return placed;
};

/** @param {Placed} inside */
const heightsInside = (inside) => inside.level.ports.map((height) => inside.down.at(height));

/** The heights an open group needs over, between and under its ports. @param {Folded} group @param {Placed} inside @returns {Demand[]} */
const demands = (group, inside) => {
  const [outer, within] = [group.ports, heightsInside(inside)];
  /** @type {Demand[]} */
  const between = pairs(outer).map(([upper, lower], place) => [upper, lower, within[place + 1] - within[place]]);
  const last = within.length - 1;
  const under = inside.down.at(inside.level.height) - within[last];
  return [[group.top, outer[0], within[0]], ...between, [outer[last], group.bottom, under]];
};

/** Give each open group its corner, and pull its ports to where the wires around it arrive. @param {Placed} here */
const settleDown = (here) => {
  for (const [group, inside] of here.opened) {
    const wanted = group.ports.map(here.y);
    const within = heightsInside(inside);
    /** @type {Demand[]} */
    const gaps = pairs(within).map(([upper, lower], place) => [upper, lower, wanted[place + 1] - wanted[place]]);
    inside.settled.pull(gaps, inside.spans.map(([low, high]) => [inside.down.at(low), inside.down.at(high)]));
    inside.top = wanted[0] - within[0];
    inside.left = here.x(group.x + group.width / 2) - inside.width;
  }
  here.inner.forEach(([, inside]) => settleDown(inside));
};
