// The page: walking, cards, inputs, the table. It draws nothing of its own in the picture but marks what is there.

(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const { cells, entries, general, isFinite, number, plain } = gatewise.numbers;
  const { marks } = gatewise;
  const PENDING = marks.NOT_COMPUTED; // of what a walk has not reached too
  const DASHES = "4 3";
  const ADVANCE = 0.6; // the width of one cell of the picture's font, in font sizes
  const SIZE = 13; // of labels that state no size of their own
  const [TIE_SIZE, TIE_ROOM] = [9, 4]; // of the word under a gate's symbol, and how far that moves up for it
  const FIELD = 10; // characters that a field has room for
  const NONE_EDITABLE = "No input of this circuit can be changed here: only numbers of the type float64 can.";
  const PACE = 1100; // milliseconds a step while it plays
  const LEAST_FIT = 0.75; // a picture that has to shrink more than this is scrolled instead
  const PATTERNS = {
    distributes: "every input gets the whole gradient",
    routes: "the gradient goes to the input that was let through",
    swaps: "each input's gradient is scaled by the other input",
    scales: "the gradient is multiplied by the slope",
    spreads: "the gradient goes out to every entry that was added up",
    mixes: "each input's gradient collects from many entries",
    moves: "each entry's gradient goes back to where the entry came from",
    stops: "no gradient passes",
  };

  function thousands(count) {
    return count.toLocaleString("en-US");
  }

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  function withinIndex(value, index, entry) {
    if (!index.length) return entry;
    return value.map((part, at) => (at === index[0] ? withinIndex(part, index.slice(1), entry) : part));
  }

  function entryAt(value, index) {
    return index.reduce((part, at) => part[at], value);
  }

  function indices(shape) {
    return shape.reduce((found, size) => found.flatMap((index) => [...Array(size).keys()].map((at) => [...index, at])), [[]]);
  }

  // The numbers: the record at the inputs as they are now, and at the point that changes are measured from.
  class Numbers {
    constructor(data) {
      this.recorded = this.from = this.now = data.record;
      this.formulas = data.formulas;
      this.digits = data.digits;
      this.inputs = this.givenInputs(this.recorded);
      this.refusal = "";
      this.usesOf = this.recorded.wires.map(() => []);
      this.operands = this.recorded.wires.map(() => []);
      this.recorded.uses.forEach((use, at) => {
        this.usesOf[use.from].push(at);
        this.operands[use.to].push(at);
      });
    }

    givenInputs(record) {
      return Object.fromEntries(record.wires.filter((wire) => wire.kind !== "gate").map((wire) => [wire.id, wire.value]));
    }

    isRecording() {
      return "recording" in this.formulas;
    }

    // The inputs that a reader may change: floats that Python did not read.
    editable() {
      return this.recorded.wires.filter(
        (wire) => wire.kind === "input" && !wire.read && wire.value !== null && wire.dtype === "float64",
      );
    }

    set(id, index, entry) {
      const inputs = { ...this.inputs, [id]: withinIndex(this.inputs[id], index, entry) };
      this.inputs = inputs;
      this.now = this.at(inputs);
    }

    reset() {
      this.inputs = this.givenInputs(this.recorded);
      this.now = this.from = this.recorded;
      this.refusal = "";
    }

    at(inputs) {
      this.refusal = "";
      const given = this.givenInputs(this.recorded);
      if (Object.keys(given).every((id) => JSON.stringify(given[id]) === JSON.stringify(inputs[id]))) return this.recorded;
      const found = gatewise.compute.recorded(this.recorded, this.formulas, inputs);
      this.refusal = found.left ?? "";
      return found.left ? this.unknown(found) : found;
    }

    // Nothing but the inputs: what is shown where they lead out of what was recorded.
    unknown(found) {
      const wires = found.wires.map((wire) => ({ ...wire, value: wire.kind === "gate" ? null : wire.value, gradient: null }));
      return { ...found, wires, uses: found.uses.map((use) => ({ ...use, local: null, contribution: null })) };
    }

    name(id) {
      return this.said(this.recorded.wires[id], "name");
    }

    said(wire, key) {
      return plain(wire[key] ?? "");
    }

    made(wire) {
      if (wire.kind === "gate") return this.said(wire, "expression");
      return wire.kind + (wire.cut ? " (cut)" : wire.read ? " (read by Python)" : "");
    }

    quantity(value, summary) {
      return gatewise.numbers.quantity(value, summary, this.digits);
    }

    value(id) {
      const wire = this.now.wires[id];
      return this.quantity(wire.value, wire.summary);
    }

    hasGradient(id) {
      const wire = this.now.wires[id];
      return wire.gradient !== null || wire.gradient_summary !== null;
    }

    gradient(id) {
      const wire = this.now.wires[id];
      return this.hasGradient(id) ? this.quantity(wire.gradient, wire.gradient_summary) : PENDING;
    }

    // What the gradients are gradients of: the output, or its entries weighted by what the sweep started from.
    objective(record) {
      const upstream = entries(record.upstream);
      return entries(record.wires[record.output].value).reduce((total, entry, at) => total + entry * upstream[upstream.length > 1 ? at : 0], 0);
    }

    objectiveName() {
      const output = this.recorded.wires[this.recorded.output];
      const name = this.name(output.id);
      if (!entries(this.recorded.upstream).every((entry) => entry === 1)) {
        return output.shape.length ? `sum(upstream * ${name})` : `upstream * ${name}`;
      }
      return output.shape.length ? `sum(${name})` : name;
    }

    // How far the output moved, and how far the gradients at the starting point said it would: not where an input that
    // was changed has no gradient; those are the unasked ones.
    change() {
      const actual = this.objective(this.now) - this.objective(this.from);
      const unasked = [];
      let predicted = 0;
      for (const wire of this.editable()) {
        const before = this.from.wires[wire.id];
        const then = entries(before.value);
        const moves = entries(this.now.wires[wire.id].value).map((entry, at) => (Object.is(entry, then[at]) ? 0 : entry - then[at]));
        if (moves.every((move) => move === 0)) continue;
        if (before.gradient === null) unasked.push(this.name(wire.id));
        else entries(before.gradient).forEach((slope, at) => (predicted += moves[at] && slope * moves[at]));
      }
      return { actual, predicted, unasked };
    }

    // The wire where something stops being finite first: forward, else in the backward sweep.
    firstNotFinite() {
      const wires = this.now.wires;
      const forward = wires.find((wire) => !isFinite(wire.value, wire.summary));
      const backward = wires.filter((wire) => !isFinite(wire.gradient, wire.gradient_summary)).pop();
      return (forward || backward)?.id ?? null;
    }
  }

  // The steps of the walk: one a gate, forward and then backward, in the order of the record's events.
  function stepsOf(record) {
    const steps = [];
    for (const id of record.forward) {
      const last = steps[steps.length - 1];
      const step = record.wires[id].step;
      if (last && step !== null && record.wires[last.wires[0]].step === step) last.wires.push(id);
      else steps.push({ wires: [id], uses: [], isBack: false });
    }
    return [...steps, ...record.backward.map((event) => ({ wires: [event.wire], uses: event.uses, isBack: true }))];
  }

  class Walk {
    constructor(record) {
      this.at = null; // the number of steps done; null: not walking, everything is shown
      this.follow(record);
    }

    // Where the sweep goes depends on the numbers.
    follow(record) {
      if (record === this.record) return;
      this.record = record;
      this.steps = stepsOf(record);
      if (this.at !== null) this.to(this.at);
      this.forward = this.steps.filter((step) => !step.isBack).length;
      this.valueFrom = new Map();
      this.gradientFrom = new Map([[record.output, this.forward + 1]]);
      this.contributionFrom = new Map();
      this.doneFrom = new Map(); // when a gate was gone back through
      this.steps.forEach((step, at) => {
        if (step.isBack) this.doneFrom.set(step.wires[0], at + 1);
        for (const id of step.isBack ? [] : step.wires) this.valueFrom.set(id, at + 1);
        for (const use of step.uses) {
          this.contributionFrom.set(use, at + 1);
          this.gradientFrom.set(record.uses[use].from, at + 1);
        }
      });
    }

    get current() {
      return this.at ? this.steps[this.at - 1] : null;
    }

    hasValue(id) {
      return this.at === null || this.at >= (this.valueFrom.get(id) ?? 0);
    }

    hasGradient(id) {
      return this.at === null || this.at >= (this.gradientFrom.get(id) ?? this.steps.length);
    }

    hasContribution(use) {
      return this.at === null || this.at >= (this.contributionFrom.get(use) ?? this.forward + 1);
    }

    // What a card may say by now: what goes forward and is local first, the rest once the gate was gone back through.
    reached(lines, id) {
      if (this.at === null || this.at >= (this.doneFrom.get(id) ?? this.gradientFrom.get(id) ?? this.steps.length)) return lines;
      const known = ["gate", "input", "constant", ...(this.hasValue(id) ? ["forward", "local"] : [])];
      let isKept = true;
      return lines.filter((line) => {
        const head = /^ {0,2}(\w+)/.exec(line);
        if (head) isKept = known.includes(head[1]);
        return isKept;
      });
    }

    to(place) {
      this.at = place === null ? null : Math.max(0, Math.min(this.steps.length, place));
    }

    by(count) {
      this.to(this.at === null ? (count > 0 ? 1 : this.steps.length) : this.at + count);
    }
  }

  // The picture: finds the marks of a drawn circuit once, and keeps what it says up to date, on whatever is to be seen.

  const LABELS = "text.value[data-wire], text.gradient[data-wire], text.branch[data-to]";

  function mapOf(label) {
    const before = label.previousElementSibling;
    return before?.matches("g.heat") ? before : null;
  }

  function svgElement(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // Writing what is there already would make the browser lay out everything anew.
  function put(element, name, value) {
    if (element.getAttribute(name) === value) return;
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }

  class Picture {
    constructor(svg, data, numbers, walk) {
      this.svg = svg;
      this.geometry = data.geometry;
      this.numbers = numbers;
      this.walk = walk;
      this.groups = data.groups.map(([name, wires]) => ({ name, wires, members: new Set(wires), gates: this.countGates(wires) }));
      this.openable = new Set(data.geometry.levels.flatMap(({ groups }) => groups.map(({ group }) => group)));
      gatewise.picture.bind(svg, data.geometry);
      put(svg, "role", "group");
      put(svg, "aria-label", `circuit of ${numbers.objectiveName()}`);
      svg.querySelector(":scope > title")?.remove();
      const inputs = [...svg.querySelectorAll(":scope > text.name")].filter((text) => this.isInput(Number(text.dataset.wire)));
      svg.querySelector("g.gate")?.before(...inputs); // a screen reader reads in this order: that of the tape
      this.find();
      gatewise.picture.settle(svg, data.geometry);
    }

    isInput(id) {
      return this.numbers.recorded.wires[id].kind !== "gate";
    }

    countGates(wires) {
      const { recorded } = this.numbers;
      return new Set(wires.map((id) => recorded.wires[id].step ?? `wire ${id}`)).size;
    }

    find() {
      const all = (selector) => [...this.svg.querySelectorAll(selector)];
      this.forgetRooms();
      this.blocks = new Map(all("g.block[data-group]").map((element) => [Number(element.dataset.group), element]));
      all("text").forEach((text) => text.setAttribute("aria-hidden", "true"));
      this.labels = all(LABELS).map((element) => this.labelOf(element));
      this.forks = all(".fork").map((element) => ({ element, block: element.closest("g.block") }));
      this.findLines(all("path.use, path.trunk"));
      this.items = [];
      const taken = new Set();
      for (const gate of all("g.gate[data-wires]")) this.addGate(gate, taken);
      for (const [group, block] of this.blocks) this.addBlock(block, group);
      for (const text of [...all("text.name[data-wire]"), ...all("text.value[data-wire]")]) {
        const id = Number(text.dataset.wire);
        if (!taken.has(id)) this.addItem({ element: text, id, ids: new Set([id]), place: id });
        taken.add(id);
      }
      this.items.sort((one, other) => one.place - other.place);
      this.itemByElement = new Map(this.items.map((item) => [item.element, item]));
      this.itemsOfWire = new Map();
      for (const item of this.items) {
        for (const id of item.ids) this.itemsOfWire.set(id, [...(this.itemsOfWire.get(id) ?? []), item]);
      }
    }

    // Labels have different room when things have moved.
    forgetRooms() {
      this.rooms = new WeakMap(); // how wide each label may get
      this.drawn = null; // where everything stands
    }

    // A label, the uses it tells of, and what Python wrote: that holds for the numbers as they were recorded.
    labelOf(element) {
      const id = Number(element.dataset.wire);
      const kind = ["value", "gradient", "branch"].find((each) => element.classList.contains(each));
      const [map, block] = [mapOf(element), element.closest("g.block")];
      const uses = kind === "branch" ? this.usesAlong(id, element.dataset.to, block, Number(element.dataset.port)) : this.numbers.usesOf[id];
      const written = { text: element.textContent, isLoud: element.classList.contains("loud"), cells: map && [...map.children] };
      return { element, id, kind, uses, written, map, block };
    }

    // Lines from one wire to one gate stand in the order of its ports.
    findLines(elements) {
      const count = new Map();
      this.lines = elements.map((element) => {
        const { from, to = "" } = element.dataset;
        const arrow = element.nextElementSibling?.classList.contains("arrow") ? [element.nextElementSibling] : [];
        const block = element.closest("g.block");
        const place = count.get(`${from} ${to}`) ?? 0;
        count.set(`${from} ${to}`, place + 1);
        const uses = this.usesAlong(Number(from), to, block, this.portsBetween(Number(from), to)[place]);
        return { element, from: Number(from), to, parts: [element, ...arrow], uses, block };
      });
    }

    // What can be focused: a gate, the name of an input, the title of a block; in tape order.
    addItem(item) {
      item.element.setAttribute("role", "button");
      item.element.setAttribute("tabindex", "-1");
      item.element.removeAttribute("aria-hidden");
      item.block = item.element.closest("g.block");
      this.items.push(item);
    }

    addGate(element, taken) {
      const { wires, group } = element.dataset;
      const ids = wires.split(" ").map(Number);
      if (group) {
        const { members } = this.groups[group];
        const canOpen = this.openable.has(Number(group));
        return this.addItem({ element, id: ids[0], ids: new Set([...members, ...ids]), place: ids[0], group: Number(group), canOpen });
      }
      ids.forEach((id) => taken.add(id));
      element.setAttribute("data-pattern", this.numbers.recorded.wires[ids[0]].pattern);
      this.addItem({ element, id: ids[0], ids: new Set(ids), place: ids[0] });
    }

    addBlock(block, group) {
      const title = block.querySelector(":scope > .title");
      const place = Math.min(...this.groups[group].wires) - 0.5;
      if (title) this.addItem({ element: title, id: null, ids: new Set(), place, group, canOpen: true, isOpen: true });
    }

    isVisible({ element, block }) {
      return !block?.hasAttribute("hidden") && !element.hasAttribute("hidden");
    }

    itemOf(id) {
      const found = this.itemsOfWire.get(id) ?? [];
      return found.find((item) => this.isVisible(item)) ?? found[0] ?? null;
    }

    itemAt(target) {
      for (let element = target; element && element !== this.svg; element = element.parentElement) {
        if (this.itemByElement.has(element)) return this.itemByElement.get(element);
      }
      return null;
    }

    itemOfGroup(group) {
      return this.items.find((item) => item.group === group && this.isVisible(item)) ?? null;
    }

    shownItems() {
      return this.items.filter((item) => this.isVisible(item));
    }

    toggle(group) {
      gatewise.picture.toggle(this.svg, this.geometry, group);
      this.forgetRooms();
    }

    update(pinned) {
      const shown = (all) => all.filter((mark) => this.isVisible(mark));
      this.pinned = pinned;
      const labels = shown(this.labels).map((label) => this.updateLabel(label));
      const lines = shown(this.lines).map((line) => this.updateLine(line));
      const items = shown(this.items);
      items.forEach((item) => this.updateItem(item));
      this.updateLegend(labels, lines, items);
    }

    // Labels. What one says of the numbers is returned; on a walk it may show less.

    updateLabel(label) {
      const { element, map } = label;
      const told = this.told(label);
      const isPending = !this.isKnown(label);
      this.write(element, isPending ? PENDING : told.text);
      element.classList.toggle("pending", isPending);
      element.classList.toggle("loud", told.isLoud && !isPending);
      if (map) this.updateMap(map, told.cells, isPending);
      return told;
    }

    told({ kind, id, uses, written }) {
      const { now, recorded, digits } = this.numbers;
      if (now === recorded) return written;
      if (kind === "value") return marks.value(now, id, digits);
      return kind === "gradient" ? marks.gradient(now, id, uses, digits) : marks.branch(now, uses, digits);
    }

    isKnown({ kind, id, uses, written }) {
      if (kind === "value") return this.walk.hasValue(id);
      if (kind === "gradient") return this.walk.hasGradient(id);
      return written.text === "stops" || uses.every((at) => this.walk.hasContribution(at));
    }

    // A map without numbers is not to be seen, nor one that a walk has not reached.
    updateMap(map, cells, isPending) {
      map.classList.toggle("pending", isPending || !cells);
      if (!cells || cells[0] === map.firstChild) return;
      const frame = map.querySelector("rect");
      map.replaceChildren(...(cells[0] instanceof Element ? cells : [...marks.pathsOf(cells).map((path) => svgElement("path", path)), frame]));
    }

    // The uses that a branch or a line stands for: those by all gates in a group, outside one, or by one operand of a gate.
    usesAlong(id, to, block, port) {
      const { recorded, usesOf } = this.numbers;
      const isIn = (group, at) => this.groups[group].members.has(recorded.uses[at].to);
      if (to === "out") return block ? usesOf[id].filter((at) => !isIn(block.dataset.group, at)) : [];
      if (to.startsWith("g")) return usesOf[id].filter((at) => isIn(to.slice(1), at));
      return this.usesBy(id, to).filter((at) => recorded.uses[at].port === port);
    }

    usesBy(id, to) {
      const { recorded, usesOf } = this.numbers;
      const target = recorded.wires[to];
      const isSame = (wire) => wire.id === target?.id || (wire.step !== null && wire.step === target?.step);
      return usesOf[id].filter((at) => isSame(recorded.wires[recorded.uses[at].to]));
    }

    portsBetween(id, to) {
      const ports = this.usesBy(id, to).map((at) => this.numbers.recorded.uses[at].port);
      return [...new Set(ports)].sort((one, other) => one - other);
    }

    write(element, text) {
      if (element.textContent === text) return;
      if (!this.rooms.has(element)) this.rooms.set(element, this.roomOf(element));
      const natural = cells(text) * parseFloat(element.getAttribute("font-size") ?? SIZE) * ADVANCE;
      element.textContent = text;
      element.setAttribute("textLength", String(Math.round(Math.min(natural, this.rooms.get(element)) * 10) / 10));
    }

    // How wide a label may get before it meets a gate, another label or the border; all are measured at once, as drawn.
    roomOf(label) {
      const { frame, scale, boxes } = (this.drawn ??= this.measure());
      const own = boxes.get(label);
      const isLeftwards = label.getAttribute("text-anchor") === "end";
      let room = isLeftwards ? own.right - frame.left : frame.right - own.left;
      for (const [mark, box] of boxes) {
        if (mark === label || box.top >= own.bottom - 2 || box.bottom <= own.top + 2) continue;
        const gap = isLeftwards ? own.right - box.right : box.left - own.left;
        if (gap > 0) room = Math.min(room, gap);
      }
      return Math.max(room * scale - 4, parseFloat(label.getAttribute("textLength")));
    }

    measure() {
      const frame = this.svg.getBoundingClientRect();
      const scale = this.svg.viewBox.baseVal.width / (frame.width || 1);
      const all = [...this.svg.querySelectorAll("text[data-wire], rect.gate")];
      return { frame, scale, boxes: new Map(all.map((mark) => [mark, mark.getBoundingClientRect()])) };
    }

    // Lines and gates.

    // A line is lit where it carries a use by the gate of the step: into its group, into it, and out of another group.
    updateLine({ element, from, parts, uses }) {
      const step = this.walk.current;
      const { recorded } = this.numbers;
      const isLit = step !== null && uses.some((at) => step.wires.includes(recorded.uses[at].to));
      for (const mark of parts) {
        mark.classList.toggle("pending", !this.walk.hasValue(from));
        mark.classList.toggle("lit", isLit);
        mark.classList.toggle("back", isLit && step.isBack);
      }
      const isDashed = marks.isBlocked(this.numbers.now, uses);
      put(element, "stroke-dasharray", isDashed ? DASHES : null);
      return isDashed;
    }

    updateItem(item) {
      const { element, ids, group, canOpen, isOpen } = item;
      const step = this.walk.current;
      const isLit = step !== null && step.wires.some((wire) => ids.has(wire));
      const isPinned = ids.has(this.pinned);
      element.classList.toggle("lit", isLit);
      element.classList.toggle("back", isLit && step.isBack);
      element.classList.toggle("pinned", isPinned);
      if (group !== undefined && !isOpen) this.markTrouble(item);
      if (group === undefined) this.markTie(item);
      if (canOpen) put(element, "aria-expanded", String(Boolean(isOpen)));
      else put(element, "aria-pressed", String(isPinned));
      put(element, "aria-label", this.spoken(item));
    }

    // A tie in a max comes and goes with the numbers; the symbol makes room for the word under it.
    markTie(item) {
      const [symbol, outline, before] = ["text.symbol", "rect", "text.tie"].map((part) => item.element.querySelector(`:scope > ${part}`));
      if (!outline) return;
      item.baseline ??= Number(symbol.getAttribute("y")) + (before ? TIE_ROOM : 0);
      item.tie = marks.tie(this.numbers.now, item.id, this.numbers.operands[item.id]);
      if (item.tie === (before?.textContent ?? "")) return;
      before?.remove();
      put(symbol, "y", String(item.baseline - (item.tie ? TIE_ROOM : 0)));
      if (item.tie) item.element.append(this.tieMark(item.tie, symbol, outline));
    }

    tieMark(tie, symbol, outline) {
      const [top, height] = ["y", "height"].map((name) => Number(outline.getAttribute(name)));
      const place = { x: symbol.getAttribute("x"), y: top + height / 2 + 12, textLength: cells(tie) * TIE_SIZE * ADVANCE };
      const mark = svgElement("text", { class: "tie", "font-size": TIE_SIZE, ...place, "aria-hidden": "true" });
      if (symbol.hasAttribute("transform")) put(mark, "transform", symbol.getAttribute("transform"));
      mark.textContent = tie;
      return mark;
    }

    // What a closed group hides is not to be overlooked.
    markTrouble(item) {
      item.isLoud = marks.hidesTrouble(this.numbers.now, this.groups[item.group].wires);
      item.element.querySelectorAll(":scope > rect").forEach((rect) => rect.classList.toggle("loud", item.isLoud));
    }

    spoken({ id, group, isOpen, canOpen, isLoud }) {
      const { numbers, walk } = this;
      const title = group !== undefined && this.titleOf(group);
      if (isOpen) return `${title}, open`;
      const wire = numbers.recorded.wires[id];
      const value = walk.hasValue(id) ? `value ${numbers.value(id)}` : "value not yet known";
      const gradient = !numbers.hasGradient(id)
        ? "gradient not computed"
        : walk.hasGradient(id)
          ? `gradient ${numbers.gradient(id)}`
          : "gradient not yet known";
      if (wire.kind !== "gate") return `${numbers.made(wire)} ${numbers.name(id)}, ${value}, ${gradient}`;
      const what = title || `gate ${numbers.said(wire, "symbol")}`;
      const notes = [...(isLoud ? ["a number inside is not finite"] : []), ...(group !== undefined && !canOpen ? ["cannot be opened here"] : [])];
      return [`${what}, ${numbers.name(id)} = ${numbers.made(wire)}, ${value}, ${gradient}`, ...notes].join(", ");
    }

    titleOf(group) {
      const { name, gates } = this.groups[group];
      return `${name}, ${gates} ${gates === 1 ? "gate" : "gates"}`;
    }

    // The legend: the marks that are to be seen now, and only those.
    updateLegend(labels, lines, items) {
      const shut = items.filter(({ group, isOpen }) => group !== undefined && !isOpen);
      const notes = marks.notes({
        heat: labels.some(({ cells }) => cells),
        texts: new Set(labels.map(({ text }) => text)),
        fork: this.forks.some((fork) => this.isVisible(fork)),
        dashed: lines.includes(true),
        ties: new Set(items.map(({ tie }) => tie)),
        folded: shut.reduce((sum, { group }) => sum + this.groups[group].gates, 0),
        steps: this.countGates(this.numbers.recorded.forward),
      });
      gatewise.picture.writeLegend(this.svg, notes);
    }

    showPatterns(isShown) {
      this.items.forEach(({ element }) => element.querySelector(":scope > text.does")?.remove());
      for (const { element } of isShown ? this.items : []) {
        const shape = element.querySelector(":scope > rect.gate");
        if (!shape || !element.dataset.pattern) continue;
        const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(shape.getAttribute(name)));
        const text = svgElement("text", { class: "does", x: x + width / 2, y: y + height + 11, "aria-hidden": "true" });
        text.textContent = element.dataset.pattern;
        element.append(text);
      }
    }
  }

  // A field's step: a hundredth or so of what is in it.
  function stepFor(value) {
    return value === 0 || !Number.isFinite(value) ? 0.1 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  }

  // As many digits, four at most, as a field has room for, so that nothing is cut off.
  function fitting(value) {
    if (!Number.isFinite(value)) return "";
    const texts = [number(value), ...[3, 2, 1].map((count) => general(value, count))];
    return texts.find((text) => text.length <= FIELD) ?? texts.at(-1);
  }

  function moved(value, count, step) {
    return count === 0 ? value : Number(((Math.round(value / step) + count) * step).toPrecision(12));
  }

  // The fields for the inputs, each a number that can be typed, dragged or stepped.
  class Inputs {
    constructor(numbers, changed) {
      this.numbers = numbers;
      this.changed = changed;
      this.fields = [];
      this.prediction = make("p", { class: "prediction", role: "status" });
      this.element = make("section", { class: "inputs" }, make("h2", {}, "Inputs"));
      if (numbers.isRecording() || !numbers.editable().length) {
        this.element.append(make("p", { class: "help" }, numbers.formulas.recording ?? NONE_EDITABLE));
        return;
      }
      this.hasHandle = numbers.editable().some((wire) => !wire.shape.length);
      const groups = numbers.editable().map((wire) => (wire.shape.length ? this.grid(wire) : this.scalar(wire)));
      const tools = make(
        "div",
        { class: "tools" },
        make("button", { type: "button", click: () => this.measure() }, "measure from here"),
        make("button", { type: "button", click: () => this.reset() }, "reset"),
      );
      this.element.append(make("div", { class: "fields" }, ...groups), this.prediction, tools);
    }

    scalar(wire) {
      const field = this.field(wire, [], {});
      const handle = make("span", { class: "drag", title: "drag left or right" }, this.numbers.name(wire.id));
      this.makeDraggable(handle, field, wire);
      return make("label", { class: "field" }, handle, field);
    }

    grid(wire) {
      const name = this.numbers.name(wire.id);
      const cells = indices(wire.shape).map((index) => this.field(wire, index, { "aria-label": `${name}[${index.join(", ")}]` }));
      const grid = make("div", { class: "grid" }, ...cells);
      grid.style.gridTemplateColumns = `repeat(${wire.shape[wire.shape.length - 1]}, auto)`;
      return make("fieldset", {}, make("legend", {}, `${name} (${wire.shape.join(", ")}${wire.shape.length === 1 ? "," : ""})`), grid);
    }

    field(wire, index, attributes) {
      const field = make("input", {
        ...attributes,
        type: "number",
        step: "any",
        "aria-invalid": "false",
        focus: () => this.write(entry),
        blur: () => this.write(entry),
        input: () => this.take(field, wire, index),
        keydown: (event) => {
          const count = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (!count || field.value === "") return;
          event.preventDefault();
          const value = Number(field.value);
          this.put(field, wire, index, moved(value, count * (event.shiftKey ? 10 : 1), stepFor(value)));
        },
      });
      const entry = { field, wire, index };
      this.fields.push(entry);
      this.write(entry);
      return field;
    }

    current({ wire, index }) {
      return entryAt(this.numbers.inputs[wire.id], index);
    }

    // All digits of a number while it may be changed, else as many as fit; what is no number stays as it was typed.
    write(entry) {
      const { field } = entry;
      const value = this.current(entry);
      field.title = String(value);
      if (field.getAttribute("aria-invalid") === "true") return;
      const text = field.matches(":focus") ? String(value) : fitting(value);
      if (field.value !== text) field.value = text;
    }

    makeDraggable(handle, field, wire) {
      let start = null;
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const value = Number.isFinite(this.numbers.inputs[wire.id]) ? this.numbers.inputs[wire.id] : 0;
        start = { x: event.clientX, value, step: stepFor(value) };
        handle.setPointerCapture(event.pointerId);
      });
      handle.addEventListener("pointermove", (event) => {
        if (start) this.put(field, wire, [], moved(start.value, Math.round((event.clientX - start.x) / 4), start.step));
      });
      for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (start = null));
    }

    put(field, wire, index, value) {
      field.value = String(value);
      this.take(field, wire, index);
    }

    take(field, wire, index) {
      const isNumber = field.value.trim() !== "" && Number.isFinite(Number(field.value));
      field.setAttribute("aria-invalid", String(!isNumber));
      if (isNumber) this.numbers.set(wire.id, index, Number(field.value));
      this.changed();
    }

    measure() {
      this.numbers.from = this.numbers.now;
      this.changed();
    }

    reset() {
      this.numbers.reset();
      this.fields.forEach(({ field }) => field.setAttribute("aria-invalid", "false"));
      this.changed();
    }

    update() {
      const { fields, numbers } = this;
      fields.filter(({ field }) => !field.matches(":focus")).forEach((entry) => this.write(entry));
      const invalid = fields.find(({ field }) => field.getAttribute("aria-invalid") === "true");
      if (invalid) this.prediction.replaceChildren(this.refused(invalid));
      else if (numbers.refusal) this.prediction.replaceChildren(numbers.refusal);
      else if (numbers.now === numbers.from) this.prediction.replaceChildren(this.help());
      else this.prediction.replaceChildren(...this.predicted());
    }

    help() {
      return `Change an input: type${this.hasHandle ? ", drag its name left or right" : ""}, or press the arrow up or down.`;
    }

    refused(entry) {
      const { wire, index, field } = entry;
      const name = this.numbers.name(wire.id) + (index.length ? `[${index.join(", ")}]` : "");
      const why = field.validity.badInput || field.value.trim() !== "" ? `what stands in the field of ${name} is no number` : `the field of ${name} is empty`;
      return `Not changed: ${why}; everything shown is for ${name} = ${this.current(entry)}.`;
    }

    predicted() {
      const { numbers } = this;
      const { actual, predicted, unasked } = numbers.change();
      const told = (value) => make("b", {}, numbers.quantity(value, null));
      const moved = [`${numbers.objectiveName()} changed by `, told(actual), " (actual); "];
      if (!unasked.length) return [...moved, "gradient · Δinputs = ", told(predicted), " (prediction)"];
      return [...moved, `no prediction: the gradient of ${unasked.join(" and ")} was not asked for`];
    }
  }

  class Table {
    constructor(numbers) {
      this.numbers = numbers;
      const heads = ["wire", "made by", "value", "gradient", "pattern"].map((head) => make("th", { scope: "col" }, head));
      this.rows = numbers.recorded.wires.map((wire) => this.row(wire));
      const caption = `Every wire of ${numbers.name(numbers.recorded.output)}, in the order of the tape`;
      const body = make("tbody", {}, ...this.rows.map((row) => row.element));
      const table = make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...heads)), body);
      this.element = make("div", { class: "table", hidden: true }, table);
    }

    row(wire) {
      const { numbers } = this;
      const shape = wire.shape.length === 1 ? `${wire.shape[0]},` : wire.shape.join(", ");
      const head = make("th", { scope: "row" }, numbers.name(wire.id) + (wire.shape.length ? ` (${shape})` : ""));
      const [value, gradient] = [make("td"), make("td")];
      const element = make("tr", {}, head, make("td", {}, numbers.made(wire)), value, gradient, make("td", {}, wire.pattern ?? ""));
      return { element, value, gradient };
    }

    update() {
      this.rows.forEach((row, id) => {
        row.value.textContent = this.numbers.value(id);
        row.gradient.textContent = this.numbers.gradient(id);
      });
    }
  }

  class Code {
    constructor(code, record) {
      this.code = code;
      this.record = record;
      this.lines = code.lines.map((line) => make("span", {}, line + "\n"));
      this.box = make("pre", { class: "code", tabindex: "0", role: "region", "aria-label": "staged code" });
      this.box.append(make("div", {}, ...this.lines));
      this.element = make("section", {}, make("h2", {}, "Staged code"), this.box);
    }

    light(wire, isBack) {
      const spans = wire === null ? undefined : this.code.stages[this.record.wires[wire].stage];
      const [start, end] = spans ? spans[Number(isBack)] : [0, 0];
      this.lines.forEach((line, at) => {
        line.classList.toggle("lit", at >= start && at < end);
        line.classList.toggle("back", isBack);
      });
      if (start < end) this.scrollTo(this.lines[start], this.lines[end - 1]);
    }

    scrollTo(first, last) {
      const top = first.offsetTop - this.box.offsetTop;
      const bottom = last.offsetTop + last.offsetHeight - this.box.offsetTop;
      if (top < this.box.scrollTop || bottom > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top - 24;
    }
  }

  // The whole: one circuit in its place on the page.
  class Circuit {
    constructor(place, svg, data) {
      this.numbers = new Numbers(data);
      this.deepest = data.deepest;
      this.walk = new Walk(this.numbers.recorded);
      this.picture = new Picture(svg, data, this.numbers, this.walk);
      this.pinned = this.pointed = this.playing = null;
      this.code = data.code && new Code(data.code, this.numbers.recorded);
      this.inputs = new Inputs(this.numbers, () => this.takeNumbers());
      this.table = new Table(this.numbers);
      this.card = make("pre", { class: "card" });
      this.paper = make("div", { class: "paper" }, svg);
      this.legend = this.patternLegend();
      const side = make("div", { class: "side" }, make("section", {}, make("h2", {}, "Card"), this.card), ...(this.code ? [this.code.element] : []));
      const help = make("p", { class: "help" }, this.help());
      this.trouble = make("p", { class: "trouble" });
      const drawing = make("section", { class: "drawing" }, this.paper, this.trouble, this.legend, help);
      this.element = make("div", { class: "live" }, this.bar(), drawing, side, this.inputs.element, this.table.element);
      place.replaceChildren(make("style", {}, data.style), this.element);
      this.listen();
      this.setRoving(this.picture.shownItems()[0]);
      this.update();
      this.makeRoom();
    }

    help() {
      const { groups, openable, items } = this.picture;
      const inPicture = "In the picture: Tab enters, arrows go from wire to wire, Enter, Space or a click pins a card, Escape lets go.";
      const folding = "On a group Enter, Space or a click opens or closes it; P or a click with Shift pins its card.";
      const shut = items.some(({ group, canOpen }) => group !== undefined && !canOpen);
      const count = this.picture.countGates(this.numbers.recorded.forward);
      const why = `Groups with double outlines cannot be opened here: there are ${thousands(count)} gates, and a page opens circuits of up to ${thousands(this.deepest)}.`;
      return ["Walk: ← → Home End, Space plays.", inPicture, ...(openable.size ? [folding] : []), ...(shut ? [why] : [])].join(" ");
    }

    // A picture that is wider than its column gets the whole width; one that is still a little wider shrinks, until the
    // reader decides.
    makeRoom() {
      const width = this.picture.svg.viewBox.baseVal.width;
      this.element.classList.remove("wide");
      this.element.classList.toggle("wide", width > this.paper.clientWidth);
      const room = this.paper.clientWidth / width;
      if (!this.hasChosenFit) this.setFit(room < 1 && room > LEAST_FIT);
    }

    setFit(isOn) {
      this.fit.setAttribute("aria-pressed", String(isOn));
      this.paper.classList.toggle("fits", isOn);
    }

    bar() {
      const button = (text, label, click) => make("button", { type: "button", "aria-label": label, title: label, click }, text);
      this.buttons = {
        first: button("|◀", "first step", () => this.go(() => this.walk.to(0))),
        back: button("◀", "one step back", () => this.go(() => this.walk.by(-1))),
        next: button("▶", "one step on", () => this.go(() => this.walk.by(1))),
        last: button("▶|", "last step", () => this.go(() => this.walk.to(this.walk.steps.length))),
        play: button("play", "play", () => this.togglePlaying()),
      };
      this.status = make("p", { class: "status", role: "status" });
      const walk = make("div", { class: "walk", role: "group", "aria-label": "walk", keydown: (event) => this.onWalkKey(event) }, ...Object.values(this.buttons));
      return make("div", { class: "bar" }, walk, this.status, make("div", { class: "more" }, ...this.switches()));
    }

    switches() {
      const pressed = (text, click, kind = null) => make("button", { type: "button", class: kind, "aria-pressed": "false", click: (event) => {
        const isOn = event.currentTarget.getAttribute("aria-pressed") !== "true";
        event.currentTarget.setAttribute("aria-pressed", String(isOn));
        click(isOn);
      } }, text);
      this.notFinite = make("button", { type: "button", class: "warns", click: () => this.jump(this.numbers.firstNotFinite()) }, "first non-finite wire");
      return [
        this.notFinite,
        pressed("patterns", (isOn) => this.showPatterns(isOn)),
        (this.fit = pressed("fit", (isOn) => {
          this.hasChosenFit = true;
          this.setFit(isOn);
        }, "fit")),
        pressed("show as table", (isOn) => (this.table.element.hidden = !isOn)),
      ];
    }

    patternLegend() {
      const used = new Set(this.numbers.recorded.wires.map((wire) => wire.pattern));
      const rows = Object.entries(PATTERNS).filter(([pattern]) => used.has(pattern));
      return make("dl", { hidden: true }, ...rows.flatMap(([pattern, says]) => [make("dt", {}, pattern), make("dd", {}, says)]));
    }

    showPatterns(isShown) {
      this.arePatternsShown = isShown;
      this.legend.hidden = !isShown;
      this.paper.classList.toggle("patterned", isShown);
      this.picture.showPatterns(isShown);
    }

    // Walking.

    go(step) {
      step();
      this.pinned = this.pointed = null;
      this.update();
      this.scrollToCurrent();
    }

    onWalkKey(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const moves = {
        ArrowRight: () => this.walk.by(1),
        ArrowLeft: () => this.walk.by(-1),
        Home: () => this.walk.to(0),
        End: () => this.walk.to(this.walk.steps.length),
        Escape: () => this.walk.to(null),
      };
      const isButton = event.target.tagName === "BUTTON";
      if (moves[event.key]) this.go(moves[event.key]);
      else if (event.key === " " && !isButton) this.togglePlaying();
      else return;
      event.preventDefault();
    }

    togglePlaying() {
      if (this.playing !== null) return this.stop();
      if (this.walk.at === this.walk.steps.length) this.walk.to(0);
      this.playing = setInterval(() => this.playOn(), PACE);
      this.go(() => this.walk.by(1));
    }

    playOn() {
      if (!this.element.isConnected || this.walk.at === this.walk.steps.length) return this.stop();
      this.go(() => this.walk.by(1));
    }

    stop() {
      clearInterval(this.playing);
      this.playing = null;
      this.update();
    }

    tellStep() {
      const { walk, numbers } = this;
      const step = walk.current;
      if (walk.at === null) return `${walk.steps.length} steps: → walks through them`;
      if (step === null) return `step 0 of ${walk.steps.length}, only the inputs are known`;
      const wire = numbers.recorded.wires[step.wires[0]];
      const told = step.isBack ? this.tellBackward(step) : step.wires.map((id) => `${numbers.name(id)} = ${numbers.value(id)}`);
      return `step ${walk.at} of ${walk.steps.length}, ${step.isBack ? "backward" : "forward"} through ${numbers.said(wire, "symbol")}: ${told.join(", ") || "no gradient passes"}`;
    }

    tellBackward(step) {
      const uses = step.uses.map((at) => this.numbers.now.uses[at]).filter((use) => use.contribution !== null);
      return uses.map((use) => {
        const isWhole = this.numbers.usesOf[use.from].length === 1 && use.from !== this.numbers.recorded.output;
        return `d${this.numbers.name(use.from)} ${isWhole ? "=" : "gets"} ${this.numbers.quantity(use.contribution, null)}`;
      });
    }

    scrollToCurrent() {
      const step = this.walk.current;
      const item = step && this.picture.itemOf(step.wires[0]);
      if (!item) return;
      const [box, frame] = [item.element.getBoundingClientRect(), this.paper.getBoundingClientRect()];
      const isOut = box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom;
      if (!isOut) return;
      this.paper.scrollLeft += box.left - frame.left - frame.width / 2 + box.width / 2;
      this.paper.scrollTop += box.top - frame.top - frame.height / 2 + box.height / 2;
    }

    // The picture: pointing, focusing, pinning, folding.

    listen() {
      const { svg } = this.picture;
      const idOf = (event) => this.wireAt(event.target);
      svg.addEventListener("pointerover", (event) => this.point(idOf(event)));
      svg.addEventListener("pointerleave", () => this.point(null));
      svg.addEventListener("focusin", (event) => this.point(idOf(event)));
      svg.addEventListener("focusout", () => this.point(null));
      svg.addEventListener("click", (event) => this.click(event));
      svg.addEventListener("keydown", (event) => this.onPictureKey(event));
      const root = this.element.getRootNode();
      if (root === document) document.addEventListener("keydown", (event) => event.target === document.body && this.onWalkKey(event));
    }

    wireAt(target) {
      const item = this.picture.itemAt(target);
      if (item) return item.id;
      const mark = target.closest("[data-wire], [data-from]");
      return mark ? Number(mark.dataset.wire ?? mark.dataset.from) : null;
    }

    point(id) {
      if (this.pointed === id) return;
      this.pointed = id;
      this.showCard();
    }

    pin(id) {
      this.pinned = this.pinned === id ? null : id;
      this.update();
    }

    // A group opens or closes, everything else is pinned; Shift pins a group.
    click(event) {
      const item = this.picture.itemAt(event.target);
      if (item?.canOpen && !event.shiftKey) return this.toggleGroup(item.group);
      this.pinAt(event.target);
    }

    pinAt(target) {
      const id = this.wireAt(target);
      if (id === null) return;
      this.setRoving(this.picture.itemAt(target) ?? this.picture.itemOf(id));
      this.pin(id);
    }

    toggleGroup(group) {
      this.picture.toggle(group);
      this.update();
      this.makeRoom();
      this.focus(this.picture.itemOfGroup(group));
    }

    onPictureKey(event) {
      const items = this.picture.shownItems();
      const at = items.findIndex(({ element }) => element === event.target);
      const last = items.length - 1;
      const places = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in places) this.focus(items[Math.max(0, Math.min(last, places[event.key]))]);
      else if (event.key === "Enter" || event.key === " ") this.click(event);
      else if (event.key === "p" || event.key === "P") this.pinAt(event.target);
      else if (event.key === "Escape") this.pin(this.pinned);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    setRoving(item) {
      this.picture.items.forEach(({ element }) => put(element, "tabindex", element === item.element ? "0" : "-1"));
    }

    focus(item) {
      this.setRoving(item);
      item.element.focus();
    }

    jump(id) {
      const item = this.picture.itemOf(id);
      this.walk.to(null);
      this.pinned = id;
      this.update();
      if (item) this.focus(item);
    }

    // What is shown.

    shownWire() {
      return this.pinned ?? this.pointed ?? this.walk.current?.wires[0] ?? this.numbers.recorded.output;
    }

    showCard() {
      const id = this.shownWire();
      const { now, recorded, digits } = this.numbers;
      const lines = this.walk.reached(gatewise.card.text(now, recorded.wires[id].name, digits).split("\n"), id);
      if (this.numbers.refusal) return this.card.replaceChildren(this.numbers.refusal);
      this.card.replaceChildren(...lines.map((line, at) => make("span", {}, at + 1 < lines.length ? line + "\n" : line)));
      const step = this.walk.current;
      const isWalk = step !== null && this.pinned === null && this.pointed === null;
      const isShown = isWalk || this.pinned !== null || this.pointed !== null;
      this.code?.light(isShown ? id : null, isWalk && step.isBack);
    }

    takeNumbers() {
      this.walk.follow(this.numbers.now);
      this.update();
    }

    update() {
      this.picture.update(this.pinned);
      this.table.update();
      this.inputs.update();
      this.showCard();
      const { walk, buttons } = this;
      this.status.textContent = this.tellStep();
      buttons.play.textContent = this.playing === null ? "play" : "pause";
      buttons.play.setAttribute("aria-label", buttons.play.textContent);
      this.showTrouble(this.numbers.firstNotFinite());
    }

    // The first wire that is not finite has a button, and what cures it is said.
    showTrouble(id) {
      const cure = id === null ? "" : this.numbers.now.wires[id].cure;
      this.notFinite.hidden = id === null;
      this.trouble.hidden = !cure;
      this.trouble.textContent = cure ? `${this.numbers.name(id)} is not finite. Instead: ${plain(cure, 1000)}` : "";
    }
  }

  // Starting: in a document the picture is there already, in a notebook it is taken out of the image.

  function svgOf(image) {
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (character) => character.charCodeAt(0));
    const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
    return document.importNode(parsed.documentElement, true);
  }

  // The attributes that the picture travels without.
  function giveData(svg, marks) {
    const elements = [svg, ...svg.querySelectorAll("*")];
    for (const [name, values] of Object.entries(marks)) {
      values.forEach((value, at) => value !== null && (elements[at].dataset[name] = value));
    }
    return svg;
  }

  function rowsFrom(columns) {
    const [names, lists] = [Object.keys(columns), Object.values(columns)];
    return (lists[0] ?? []).map((_, at) => Object.fromEntries(names.map((name, which) => [name, lists[which][at]])));
  }

  function start({ holder, data }) {
    const { record } = data;
    [record.wires, record.uses] = [rowsFrom(record.wires), rowsFrom(record.uses)];
    const image = holder.querySelector("img");
    if (!image) return new Circuit(holder, giveData(holder.querySelector("svg"), data.marks), data);
    const inside = make("div", { class: "gatewise-circuit" });
    holder.attachShadow({ mode: "open" }).append(inside);
    return new Circuit(inside, giveData(svgOf(image), data.marks), data);
  }

  gatewise.page = { start };
})();
