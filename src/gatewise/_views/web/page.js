// The page: walking, cards, inputs, the table. It draws nothing of its own in the picture but marks what is there.

(() => {
  "use strict";
  const gatewise = (globalThis.gatewise ??= {});
  const { entries, isFinite, number, plain } = gatewise.numbers;
  const PENDING = "–";
  const ADVANCE = 0.6; // the width of one cell of the picture's font, in font sizes
  const SIZE = 13; // of labels that state no size of their own
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

    isRoutedAway(id) {
      const uses = this.usesOf[id];
      return id !== this.now.output && uses.length > 0 && uses.every((at) => this.now.uses[at].blocked) && this.hasGradient(id);
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

    // How far the output moved, and how far the gradients at the starting point said it would.
    change() {
      const actual = this.objective(this.now) - this.objective(this.from);
      let predicted = 0;
      for (const wire of this.editable()) {
        const before = this.from.wires[wire.id];
        if (before.gradient === null) continue;
        const gradient = entries(before.gradient);
        const then = entries(before.value);
        entries(this.now.wires[wire.id].value).forEach((entry, at) => {
          if (entry !== then[at]) predicted += gradient[at] * (entry - then[at]);
        });
      }
      return { actual, predicted };
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
      this.steps = stepsOf(record);
      this.at = null; // the number of steps done; null: not walking, everything is shown
      this.forward = this.steps.filter((step) => !step.isBack).length;
      this.valueFrom = new Map();
      this.gradientFrom = new Map([[record.output, this.forward + 1]]);
      this.contributionFrom = new Map();
      this.steps.forEach((step, at) => {
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

    to(place) {
      this.at = place === null ? null : Math.max(0, Math.min(this.steps.length, place));
    }

    by(count) {
      this.to(this.at === null ? (count > 0 ? 1 : this.steps.length) : this.at + count);
    }
  }

  // The picture: finds the marks of a drawn circuit, and keeps their words and classes up to date.
  function mapOf(label) {
    const before = label.previousElementSibling;
    return before?.matches("g.heat") ? before : null;
  }

  function rowsOf(value) {
    if (!Array.isArray(value[0])) return [value];
    return Array.isArray(value[0][0]) ? value.flatMap(rowsOf) : value;
  }

  function cell(x, y, entry, largest) {
    if (entry === 0) return [];
    const shade = Number.isFinite(entry) ? Math.max(1, Math.ceil((4 * Math.abs(entry)) / largest)) / 4 : 1;
    const kind = !Number.isFinite(entry) ? "bad" : entry > 0 ? "full" : "ring";
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", kind === "ring" ? `M${6 * x + 1.25},${6 * y + 1.25}h3.5v3.5h-3.5z` : `M${6 * x},${6 * y}h6v6h-6z`);
    path.setAttribute("opacity", String(shade));
    return [path];
  }

  function isVisible({ element }) {
    return element.closest("[hidden]") === null;
  }

  class Picture {
    constructor(svg, geometry, numbers, walk) {
      this.svg = svg;
      this.geometry = geometry; // null where there is no group to open or close
      if (geometry) gatewise.picture.bind(svg, geometry);
      this.numbers = numbers;
      this.walk = walk;
      const name = `circuit of ${numbers.objectiveName()}`;
      svg.setAttribute("role", "group");
      svg.setAttribute("aria-label", name);
      svg.querySelector(":scope > title")?.remove();
      const inputs = [...svg.querySelectorAll(":scope > text.name")].filter((text) => this.isInput(Number(text.dataset.wire)));
      svg.querySelector("g.gate")?.before(...inputs); // a screen reader reads in this order: that of the tape
      this.find();
    }

    isInput(id) {
      return this.numbers.recorded.wires[id].kind !== "gate";
    }

    find() {
      const all = (selector) => [...this.svg.querySelectorAll(selector)];
      this.rooms = new WeakMap(); // how wide each label may get
      this.drawn = null; // where everything stood when it was drawn
      this.written ??= new WeakMap(all("text").map((text) => [text, text.textContent]));
      all("text").forEach((text) => text.setAttribute("aria-hidden", "true"));
      this.labels = all("text.value[data-wire], text.gradient[data-wire], text.branch[data-to]");
      this.lines = all("path.use, path.trunk");
      this.items = [];
      const taken = new Set();
      for (const gate of all("g.gate[data-wires]")) this.addGate(gate, taken);
      for (const block of all("g.block[data-group]")) this.addBlock(block);
      for (const text of [...all("text.name[data-wire]"), ...all("text.value[data-wire]")]) {
        const id = Number(text.dataset.wire);
        if (!taken.has(id)) this.addItem({ element: text, id, ids: [id], place: id });
        taken.add(id);
      }
      this.items.sort((one, other) => one.place - other.place);
    }

    // What can be focused: a gate, the name of an input, the title of a block; in tape order.
    addItem(item) {
      item.element.setAttribute("role", "button");
      item.element.setAttribute("tabindex", "-1");
      item.element.removeAttribute("aria-hidden");
      this.items.push(item);
    }

    addGate(element, taken) {
      const { wires, group } = element.dataset;
      const ids = wires.split(" ").map(Number);
      if (group) return this.addItem({ element, id: ids[0], ids: [...this.membersOf(group), ...ids], place: ids[0], group });
      ids.forEach((id) => taken.add(id));
      element.setAttribute("data-pattern", this.numbers.recorded.wires[ids[0]].pattern);
      this.addItem({ element, id: ids[0], ids, place: ids[0] });
    }

    addBlock(block) {
      const { group } = block.dataset;
      const title = block.querySelector(":scope > .title");
      const place = Math.min(...this.membersOf(group)) - 0.5;
      if (title) this.addItem({ element: title, id: null, ids: [], place, group, isOpen: true });
    }

    itemOf(id) {
      const found = this.items.filter((item) => item.ids.includes(id));
      return found.find(isVisible) ?? found[0] ?? null;
    }

    itemOfGroup(group) {
      return this.items.find((item) => item.group === group && isVisible(item)) ?? null;
    }

    shownItems() {
      return this.items.filter(isVisible);
    }

    update(pinned) {
      this.labels.forEach((label) => this.updateLabel(label));
      this.lines.forEach((line) => this.updateLine(line));
      this.items.forEach((item) => this.updateItem(item, pinned));
    }

    updateLabel(label) {
      const id = Number(label.dataset.wire);
      const { text, isPending = false, isLoud = false } = this.wording(label, id);
      this.write(label, text);
      label.classList.toggle("pending", isPending);
      const map = mapOf(label);
      if (map) this.updateMap(map, label, isPending);
      label.classList.toggle("loud", isLoud);
    }

    wording(label, id) {
      const found = this.wordingNow(label, id);
      if (found.isPending || this.numbers.now !== this.numbers.recorded) return found;
      return { ...found, text: this.written.get(label) };
    }

    wordingNow(label, id) {
      const wire = this.numbers.now.wires[id];
      if (label.classList.contains("value")) {
        if (!this.walk.hasValue(id)) return { text: PENDING, isPending: true };
        if (wire.value === null && !wire.summary) return { text: PENDING };
        return { text: this.entriesText(wire.value) ?? this.numbers.value(id), isLoud: !isFinite(wire.value, wire.summary) };
      }
      if (label.classList.contains("branch")) return this.branchWording(label, id);
      if (!this.walk.hasGradient(id)) return { text: PENDING, isPending: true };
      const away = this.numbers.isRoutedAway(id) ? " routed away" : "";
      return {
        text: (this.entriesText(wire.gradient) ?? this.numbers.gradient(id)) + away,
        isLoud: !isFinite(wire.gradient, wire.gradient_summary),
      };
    }

    branchWording(label, id) {
      const { now } = this.numbers;
      const uses = this.usesAlong(label, id);
      if (uses.every((at) => now.wires[now.uses[at].to].pattern === "stops")) return { text: "stops" };
      if (!uses.every((at) => this.walk.hasContribution(at))) return { text: PENDING, isPending: true };
      if (uses.every((at) => now.uses[at].blocked)) return { text: "routed away" };
      const came = uses.map((at) => now.uses[at].contribution).filter((each) => each !== null);
      if (!came.length) return { text: PENDING };
      const total = came.reduce(added);
      return { text: this.entriesText(total) ?? this.numbers.quantity(total, null), isLoud: !isFinite(total, null) };
    }

    // Of an array, the size of its largest entry; null for a number, and for an array without entries.
    entriesText(value) {
      if (!Array.isArray(value) || !entries(value).length) return null;
      const all = entries(value).map(Number);
      const bad = all.find((entry) => !Number.isFinite(entry));
      if (bad !== undefined) return number(bad);
      const largest = Math.max(...all.map(Math.abs));
      return largest === 0 ? "0" : `±${number(largest, this.numbers.digits)}`;
    }

    // The map of an array that has changed: full squares for positive entries, rings for negative ones, as Python draws.
    updateMap(map, label, isPending) {
      map.classList.toggle("pending", isPending);
      const { now, recorded } = this.numbers;
      const wire = now.wires[Number(label.dataset.wire)];
      if (now === recorded && !map.hasAttribute("data-edited")) return;
      map.toggleAttribute("data-edited", true);
      const value = label.classList.contains("value") ? wire.value : wire.gradient;
      map.querySelectorAll("path").forEach((path) => path.remove());
      const rows = value === null ? [] : rowsOf(value);
      const largest = Math.max(...entries(rows).map((entry) => Math.abs(Number(entry))).filter(Number.isFinite), 0);
      rows.forEach((row, y) => row.forEach((entry, x) => map.prepend(...cell(x, y, Number(entries(entry)[0]), largest))));
    }

    // The uses that a branch stands for: those by one operand of a gate, or by all gates in a group.
    usesAlong(label, id) {
      const { now, usesOf } = this.numbers;
      const { to, port } = label.dataset;
      if (to.startsWith("g")) {
        const members = this.membersOf(to.slice(1));
        return usesOf[id].filter((at) => members.has(now.uses[at].to));
      }
      const target = now.wires[Number(to)];
      const isSame = (wire) => wire.id === target.id || (wire.step !== null && wire.step === target.step);
      return usesOf[id].filter((at) => now.uses[at].port === Number(port) && isSame(now.wires[now.uses[at].to]));
    }

    blockOf(group) {
      return this.svg.querySelector(`g.block[data-group="${group}"]`);
    }

    membersOf(group) {
      const inside = this.blockOf(group).querySelectorAll("g.gate:not([data-group])");
      return new Set([...inside].flatMap((gate) => gate.dataset.wires.split(" ").map(Number)));
    }

    write(label, text) {
      if (label.textContent === text) return;
      if (!this.rooms.has(label)) this.rooms.set(label, this.roomOf(label));
      const natural = text.length * parseFloat(label.getAttribute("font-size") ?? SIZE) * ADVANCE;
      label.textContent = text;
      label.setAttribute("textLength", String(Math.round(Math.min(natural, this.rooms.get(label)) * 10) / 10));
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
      const marks = [...this.svg.querySelectorAll("text[data-wire], rect.gate")];
      return { frame, scale, boxes: new Map(marks.map((mark) => [mark, mark.getBoundingClientRect()])) };
    }

    updateLine(line) {
      const from = Number(line.dataset.from);
      const marks = [line];
      if (line.nextElementSibling?.classList.contains("arrow")) marks.push(line.nextElementSibling);
      const step = this.walk.current;
      const isLit = step !== null && this.leadsTo(line.dataset.to ?? "", step.wires);
      for (const mark of marks) {
        mark.classList.toggle("pending", !this.walk.hasValue(from));
        mark.classList.toggle("lit", isLit);
        mark.classList.toggle("back", isLit && step.isBack);
      }
    }

    leadsTo(to, wires) {
      const members = to.startsWith("g") ? this.membersOf(to.slice(1)) : new Set([Number(to)]);
      return to !== "" && wires.some((wire) => members.has(wire));
    }

    updateItem(item, pinned) {
      const { element, ids, group } = item;
      const step = this.walk.current;
      const isLit = step !== null && step.wires.some((wire) => ids.includes(wire));
      element.classList.toggle("lit", isLit);
      element.classList.toggle("back", isLit && step.isBack);
      element.classList.toggle("pinned", ids.includes(pinned));
      if (group) element.setAttribute("aria-expanded", String(Boolean(item.isOpen)));
      else element.setAttribute("aria-pressed", String(ids.includes(pinned)));
      element.setAttribute("aria-label", this.spoken(item));
    }

    spoken({ element, id, group, isOpen }) {
      const { numbers, walk } = this;
      const title = group && this.titleOf(group);
      if (isOpen) return `${title}, open`;
      const wire = numbers.recorded.wires[id];
      const value = walk.hasValue(id) ? `value ${numbers.value(id)}` : "value not yet known";
      const gradient = !numbers.hasGradient(id)
        ? "gradient not computed"
        : walk.hasGradient(id)
          ? `gradient ${numbers.gradient(id)}`
          : "gradient not yet known";
      if (wire.kind !== "gate") return `${numbers.made(wire)} ${numbers.name(id)}, ${value}, ${gradient}`;
      const what = group ? title : `gate ${numbers.said(wire, "symbol")}`;
      return `${what}, ${numbers.name(id)} = ${numbers.made(wire)}, ${value}, ${gradient}`;
    }

    titleOf(group) {
      const count = this.membersOf(group).size;
      return `${this.blockOf(group).querySelector(":scope > .title").textContent}, ${count} ${count === 1 ? "gate" : "gates"}`;
    }

    showPatterns(isShown) {
      this.svg.querySelectorAll("text.does").forEach((text) => text.remove());
      for (const { element } of isShown ? this.items : []) {
        const shape = element.querySelector(":scope > rect.gate");
        if (!shape || !element.dataset.pattern) continue;
        const box = shape.getBBox();
        const text = document.createElementNS(this.svg.namespaceURI, "text");
        for (const [name, value] of [["class", "does"], ["x", box.x + box.width / 2], ["y", box.y + box.height + 11]]) text.setAttribute(name, value);
        text.setAttribute("aria-hidden", "true");
        text.textContent = element.dataset.pattern;
        element.append(text);
      }
    }
  }

  function added(one, other) {
    return Array.isArray(one) ? one.map((part, at) => added(part, other[at])) : one + other;
  }

  // A field's step: a hundredth or so of what is in it.
  function stepFor(value) {
    return value === 0 || !Number.isFinite(value) ? 0.1 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
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
      if (numbers.isRecording()) {
        this.element.append(make("p", { class: "help" }, numbers.formulas.recording));
        return;
      }
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
        value: String(entryAt(wire.value, index)),
        input: () => this.take(field, wire, index),
        keydown: (event) => {
          const count = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (!count || field.value === "") return;
          event.preventDefault();
          const value = Number(field.value);
          this.put(field, wire, index, moved(value, count * (event.shiftKey ? 10 : 1), stepFor(value)));
        },
      });
      this.fields.push({ field, wire, index });
      return field;
    }

    makeDraggable(handle, field, wire) {
      let start = null;
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const value = Number(field.value);
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
      if (!isNumber) return;
      this.numbers.set(wire.id, index, Number(field.value));
      this.changed();
    }

    measure() {
      this.numbers.from = this.numbers.now;
      this.changed();
    }

    reset() {
      this.numbers.reset();
      for (const { field, wire, index } of this.fields) {
        field.value = String(entryAt(wire.value, index));
        field.setAttribute("aria-invalid", "false");
      }
      this.changed();
    }

    update() {
      const { numbers } = this;
      if (numbers.isRecording()) return;
      if (numbers.refusal) return this.prediction.replaceChildren(numbers.refusal);
      const { actual, predicted } = numbers.change();
      const name = numbers.objectiveName();
      const told = (value) => make("b", {}, numbers.quantity(value, null));
      if (numbers.now === numbers.from) {
        this.prediction.replaceChildren("Change an input: type, drag its name left or right, or press the arrow up or down.");
      } else {
        this.prediction.replaceChildren(`${name} changed by `, told(actual), " (actual); gradient · Δinputs = ", told(predicted), " (prediction)");
      }
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
      this.walk = new Walk(this.numbers.recorded);
      this.picture = new Picture(svg, data.geometry, this.numbers, this.walk);
      this.pinned = this.pointed = this.playing = null;
      this.code = data.code && new Code(data.code, this.numbers.recorded);
      this.inputs = new Inputs(this.numbers, () => this.update());
      this.table = new Table(this.numbers);
      this.card = make("pre", { class: "card" });
      this.paper = make("div", { class: "paper" }, svg);
      this.legend = this.patternLegend();
      const side = make("div", { class: "side" }, make("section", {}, make("h2", {}, "Card"), this.card), ...(this.code ? [this.code.element] : []));
      const help = make("p", { class: "help" }, "Walk: ← → Home End, space plays. In the picture: Tab enters, arrows go from wire to wire, Enter pins a card, Escape lets go.");
      const drawing = make("section", { class: "drawing" }, this.paper, this.legend, help);
      this.element = make("div", { class: "live" }, this.bar(), drawing, side, this.inputs.element, this.table.element);
      place.replaceChildren(make("style", {}, data.style), this.element);
      this.makeRoom(svg.viewBox.baseVal.width);
      this.listen();
      this.setRoving(this.picture.items[0]);
      this.update();
    }

    // A picture that is wider than its column gets the whole width; one that is still a little wider shrinks.
    makeRoom(width) {
      if (width > this.paper.clientWidth) this.element.classList.add("wide");
      const room = this.paper.clientWidth / width;
      if (room < 1 && room > LEAST_FIT) this.fit.click();
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
      const pressed = (text, click) => make("button", { type: "button", "aria-pressed": "false", click: (event) => {
        const isOn = event.currentTarget.getAttribute("aria-pressed") !== "true";
        event.currentTarget.setAttribute("aria-pressed", String(isOn));
        click(isOn);
      } }, text);
      this.notFinite = make("button", { type: "button", class: "warns", click: () => this.jump(this.numbers.firstNotFinite()) }, "first non-finite wire");
      return [
        this.notFinite,
        pressed("patterns", (isOn) => this.showPatterns(isOn)),
        (this.fit = pressed("fit", (isOn) => this.paper.classList.toggle("fits", isOn))),
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
      const item = this.picture.items.find(({ element }) => element.contains(target));
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

    click(event) {
      const item = this.picture.items.find(({ element }) => element.contains(event.target));
      if (item?.group && event.key !== " ") return this.toggleGroup(item.group);
      const id = this.wireAt(event.target);
      if (id === null) return;
      this.setRoving(item ?? this.picture.itemOf(id));
      this.pin(id);
    }

    toggleGroup(group) {
      const { picture } = this;
      gatewise.picture.toggle(picture.svg, picture.geometry, group);
      picture.find();
      this.update();
      this.focus(picture.itemOfGroup(group));
    }

    onPictureKey(event) {
      const items = this.picture.shownItems();
      const at = items.findIndex(({ element }) => element === event.target);
      const last = items.length - 1;
      const places = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in places) this.focus(items[Math.max(0, Math.min(last, places[event.key]))]);
      else if (event.key === "Enter" || event.key === " ") this.click(event);
      else if (event.key === "Escape") this.pin(this.pinned);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    setRoving(item) {
      this.picture.items.forEach(({ element }) => element.setAttribute("tabindex", element === item.element ? "0" : "-1"));
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
      const text = gatewise.card.text(now, recorded.wires[id].name, digits);
      const lines = text.split("\n");
      if (this.numbers.refusal) return this.card.replaceChildren(this.numbers.refusal);
      this.card.replaceChildren(...lines.map((line, at) => make("span", {}, at + 1 < lines.length ? line + "\n" : line)));
      const step = this.walk.current;
      const isWalk = step !== null && this.pinned === null && this.pointed === null;
      const isShown = isWalk || this.pinned !== null || this.pointed !== null;
      this.code?.light(isShown ? id : null, isWalk && step.isBack);
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
      this.notFinite.hidden = this.numbers.firstNotFinite() === null;
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
