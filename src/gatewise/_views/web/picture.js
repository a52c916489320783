// Opens and closes the groups of a picture: the twin of _views/elastic.py, on the numbers in the picture's metadata.
(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const CORNER = 5;
  const MARGIN = 16; // around a drawing
  const [NOTE_SIZE, LEGEND_LINE, ADVANCE] = [11, 17, 0.6];
  const SAME = 0.01; // heights closer than this are one

  /** A rising map of one coordinate: from each place on, everything is moved on by its extra room. */
  class Stretch {
    places = [];

    at(coordinate) {
      return this.places.reduce((moved, [place, extra]) => (place <= coordinate + SAME ? moved + extra : moved), coordinate);
    }

    /** Make room for every [start, end, room], if possible without tearing the intervals of `whole` apart. */
    pull(demands, whole) {
      for (const [start, end, room] of demands.sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
        const missing = room - (this.at(end) - this.at(start));
        if (missing > 1e-6) this.places.push([lastPlace(start, end, whole), missing]);
      }
    }
  }

  const lastPlace = (start, end, whole) => {
    let place = end;
    for (;;) {
      const hit = whole.filter(([low, high]) => low + SAME < place && place <= high + SAME).map(([low]) => low);
      if (!hit.length) return place > start + SAME ? place : end;
      place = Math.min(...hit);
    }
  };

  const pairs = (list) => list.slice(1).map((item, place) => [list[place], item]);

  /** Every level with its maps, for the groups that are open. */
  const placeAll = (geometry) => {
    const placed = [];
    const pulled = (number) => {
      const level = geometry.levels[number];
      const here = { level, across: new Stretch(), down: new Stretch(), settled: new Stretch(), left: 0, top: 0 };
      here.x = (x) => here.left + here.across.at(x);
      here.y = (y) => here.top + here.settled.at(here.down.at(y));
      here.inner = level.groups.map((group) => [group, pulled(group.level)]);
      here.opened = here.inner.filter(([group]) => group.open);
      here.spans = [...level.spans, ...level.groups.filter((group) => !group.open).map(({ span }) => span)];
      const wider = new Map();
      for (const [group, inside] of here.opened) {
        const extra = inside.across.at(inside.level.width) - group.width;
        wider.set(group.column, Math.max(wider.get(group.column) ?? 0, extra));
      }
      wider.forEach((extra, column) => here.across.places.push([level.starts[column], extra]));
      here.down.pull(here.opened.flatMap(([group, inside]) => demands(group, inside)), here.spans);
      return (placed[number] = here);
    };
    settleDown(pulled(0));
    return placed;
  };

  const heightsInside = (inside) => inside.level.ports.map((height) => inside.down.at(height));

  const demands = (group, inside) => {
    const [outer, within] = [group.ports, heightsInside(inside)];
    const between = pairs(outer).map(([upper, lower], place) => [upper, lower, within[place + 1] - within[place]]);
    const last = within.length - 1;
    const under = inside.down.at(inside.level.height) - within[last];
    return [[group.top, outer[0], within[0]], ...between, [outer[last], group.bottom, under]];
  };

  const settleDown = (here) => {
    for (const [group, inside] of here.opened) {
      const wanted = group.ports.map(here.y);
      const within = heightsInside(inside);
      const gaps = pairs(within).map(([upper, lower], place) => [upper, lower, wanted[place + 1] - wanted[place]]);
      inside.settled.pull(gaps, inside.spans.map((span) => span.map((height) => inside.down.at(height))));
      inside.top = wanted[0] - within[0];
      inside.left = here.x(group.x + group.width / 2) - inside.across.at(inside.level.width);
    }
    here.inner.forEach(([, inside]) => settleDown(inside));
  };

  // Drawing: the twin of `bent` in _views/drawing.py.

  const round = (value) => Math.round(value * 10) / 10;
  const at = ([x, y]) => `${round(x)},${round(y)}`;
  const distance = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
  const towards = (start, end, length) =>
    [0, 1].map((axis) => start[axis] + ((end[axis] - start[axis]) * length) / (distance(start, end) || 1));
  const straight = (start, end) => (start[1] === end[1] ? `H${round(end[0])}` : `V${round(end[1])}`);
  const step = (start, end) => at([end[0] - start[0], end[1] - start[1]]);

  const bent = (points) => {
    const track = [];
    for (const point of points.map((pair) => pair.map(round))) {
      const [before, last] = track.slice(-2);
      if (track.length && distance(track.at(-1), point) === 0) continue;
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
    return pieces.join("") + straight(track.at(-2), track.at(-1));
  };

  // Writing what is there already would cost a browser as much as a change.
  const put = (element, name, text) => element.getAttribute(name) === text || element.setAttribute(name, text);
  const set = (element, values) => Object.entries(values).forEach(([name, value]) => put(element, name, String(round(value))));

  // Each element with its level and its place there: in the geometry they have the order of the document.

  const LINES = "path.use, path.trunk";
  const MARKS = ".arrow, .fork, .cut, g.gate, g.heat, text:not(.title)";
  const bound = new WeakMap();

  /** Tie a picture to its geometry, before anything in it is moved about. */
  const bind = (svg, geometry) => {
    const then = placeAll(geometry);
    const found = { lines: [], marks: [], blocks: [], then, size: sizeOf(then) };
    bound.set(svg, found);
    if (!geometry.levels[0].groups.length) return; // nothing will ever move
    geometry.levels.forEach((level, number) => {
      const room = level.group === null ? svg : svg.querySelector(`g.block[data-group="${level.group}"]`);
      const own = [...room.children];
      own.filter((element) => element.matches(LINES)).forEach((element, place) => {
        const flat = level.paths[place];
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

  const placeOf = (block) => {
    const place = document.createComment("");
    block.before(place);
    return place;
  };

  const openGroups = ({ levels }) => new Set(levels.flatMap(({ groups }) => groups.filter(({ open }) => open).map(({ group }) => group)));

  /** Take the insides of closed groups out of the document: a browser lays out thousands of marks that nobody sees. */
  const settle = (svg, geometry) => {
    const opened = openGroups(geometry);
    for (const { element, group, place } of bound.get(svg).blocks) {
      const isOpen = opened.has(group);
      element.toggleAttribute("hidden", !isOpen);
      if (!isOpen) element.remove();
      else if (!element.parentNode) place.after(element);
    }
  };

  const sizeOf = ([root]) => [root.across.at(root.level.width), root.down.at(root.level.height)];

  /** Where a wire ends: at the outline of its gate or of its open group. */
  const endOf = (here, to, x) => {
    const found = /^g\d+$/.test(to ?? "") && here.opened.find(([group]) => `g${group.group}` === to);
    return found ? found[1].left : here.x(x);
  };

  const redraw = (svg, geometry) => {
    const now = placeAll(geometry);
    const { lines, marks, blocks, then } = bound.get(svg);
    const opened = openGroups(geometry);
    const isSeen = ({ number }) => now[number].level.group === null || opened.has(now[number].level.group);
    for (const { element, number, points } of lines.filter(isSeen)) {
      const moved = points.map(([x, y]) => [now[number].x(x), now[number].y(y)]);
      moved.at(-1)[0] = endOf(now[number], element.dataset.to, points.at(-1)[0]);
      put(element, "d", bent(moved));
    }
    for (const { element, number, x, low, high, before } of marks.filter(isSeen)) {
      const [here, there, to] = [now[number], then[number], element.dataset.to];
      const dx = endOf(here, to, x) - endOf(there, to, x);
      const dy = here.y(low) - there.y(low);
      put(element, "transform", `translate(${round(dx)} ${round(dy)}) ${before}`.trim());
      if (element.matches("g.gate")) stretch(element, here.y(high) - there.y(high) - dy);
      if (element.matches(".arrow[data-to]")) element.toggleAttribute("hidden", opened.has(Number(to.slice(1))));
      if (element.matches("g.gate[data-group]")) element.toggleAttribute("hidden", opened.has(Number(element.dataset.group)));
    }
    for (const { element, number, group } of blocks) {
      if (!opened.has(group)) continue;
      const here = now[number];
      const [width, height] = [here.across.at(here.level.width), here.y(here.level.height) - here.top];
      set(element.querySelector(":scope > rect.block"), { x: here.left, y: here.top, width, height });
      set(element.querySelector(":scope > text.title"), { x: here.left + 7, y: here.top + 14 });
    }
    bound.get(svg).size = sizeOf(now);
    settle(svg, geometry);
    frame(svg);
  };

  // The legend and the paper: the twin of `_Stage.scene` in _views/scene.py.

  /** Set the legend in rows that fit under the drawing, and make the paper large enough for both. */
  const frame = (svg) => {
    const [across, down] = bound.get(svg).size;
    const words = [...svg.querySelectorAll("g.legend text")].map((text) => [text, Number(text.getAttribute("textLength"))]);
    let [rows, used] = [1, 0];
    for (const [text, width] of words) {
      if (used && used + width > across - 2 * MARGIN) [rows, used] = [rows + 1, 0];
      set(text, { x: MARGIN + used, y: down + LEGEND_LINE * (rows - 0.5) });
      used += width + 2 * MARGIN;
    }
    const width = Math.max(across, ...words.map(([, each]) => each + 2 * MARGIN));
    const height = down + LEGEND_LINE * rows + MARGIN / 2;
    set(svg, { width, height });
    put(svg, "viewBox", `0 0 ${round(width)} ${round(height)}`);
    set(svg.querySelector("rect.paper"), { width, height });
  };

  /** Have these notes in the legend, after what it says of values and gradients. */
  const writeLegend = (svg, notes) => {
    const legend = svg.querySelector("g.legend");
    const there = [...legend.querySelectorAll("text.note")];
    if (there.length === notes.length && there.every((text, place) => text.textContent === notes[place])) return;
    there.forEach((text) => text.remove());
    for (const note of notes) {
      const text = document.createElementNS(svg.namespaceURI, "text");
      put(text, "class", "note");
      set(text, { "font-size": NOTE_SIZE, textLength: gatewise.numbers.cells(note) * NOTE_SIZE * ADVANCE });
      put(text, "aria-hidden", "true");
      text.textContent = note;
      legend.append(text);
    }
    frame(svg);
  };

  /** A gate whose ports were pulled apart grows with them. */
  const stretch = (gate, extra) => {
    for (const rect of gate.querySelectorAll("rect.gate")) {
      rect.dataset.height ??= rect.getAttribute("height");
      set(rect, { height: Number(rect.dataset.height) + extra });
    }
    gate.querySelectorAll("text").forEach((text) => put(text, "transform", `translate(0 ${round(extra / 2)})`));
  };

  /** Open a closed group, or close an open one; whatever stands inside it is closed with it. */
  const toggle = (svg, geometry, number) => {
    const shut = (group) => {
      group.open = false;
      geometry.levels[group.level].groups.forEach(shut);
    };
    const group = geometry.levels.flatMap(({ groups }) => groups).find((each) => each.group === Number(number));
    if (!group) return;
    if (group.open) shut(group);
    else group.open = true;
    redraw(svg, geometry);
  };

  gatewise.picture = { bind, settle, toggle, writeLegend };
})();
