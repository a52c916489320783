// The picture: finds the marks of a drawn circuit once, and keeps what it says up to date, on whatever is to be seen.
/** @import { Numbers } from "./state.js" */
/** @import { Walk } from "./walk.js" */
/** @import { Cells, Data } from "./types" */
import { put, svgElement } from "./dom.js";
import { pathsOf } from "./heat.js";
import { isBlocked, labelOf, notesOf } from "./marks.js";
import { tie } from "./patterns.js";
import { said } from "./phrases.js";
import { bind, settle, toggle, writeLegend } from "./picture.js";
import { retitle } from "./rounds.js";
import { isAllFinite, isEdge, isGate } from "./sheet.js";
import { plain, widthOf } from "./texts.js";

/** @typedef {SVGElement | null} Block the open group that a mark stands in */
/** @typedef {{ text: string, isLoud: boolean, cells: Cells | Element[] | null }} Told */
/** @typedef {{ element: SVGElement, id: number, kind: string, uses: number[], written: Told, map: Element | null, block: Block }} Label */
/** @typedef {{ element: SVGElement, from: number, parts: Element[], uses: number[], block: Block }} Line */
/**
 * What can be focused: a gate, the name of an input, the title of a block.
 * @typedef {{ element: SVGElement, id: number | null, ids: Set<number>, place: number, group?: number, canOpen?: boolean,
 *   isOpen?: boolean, isLoud?: boolean, block?: Block, tie?: string, baseline?: number }} Item
 */
/** @typedef {{ name: string, wires: number[], members: Set<number>, gates: number }} Group */

const DASHES = "4 3";
const SIZE = 13; // of labels that state no size of their own
const [TIE_SIZE, TIE_ROOM] = [9, 4]; // of the word under a gate's symbol, and how far that moves up for it
const LABELS = "text.value[data-wire], text.gradient[data-wire], text.branch[data-to]";

/** @param {Element} label */
const mapOf = (label) => {
  const before = label.previousElementSibling;
  return before?.matches("g.heat") ? before : null;
};

/** @param {Element} element @returns {Block} */
const blockOf = (element) => element.closest("g.block");

/** @param {Element} element @param {string} name */
const measure = (element, name) => Number(element.getAttribute(name));

export class Picture {
  /** @param {SVGSVGElement} svg @param {Data} data @param {Numbers} numbers @param {Walk} walk */
  constructor(svg, data, numbers, walk) {
    this.svg = svg;
    this.geometry = data.geometry;
    this.numbers = numbers;
    this.walk = walk;
    /** @type {number | null} */
    this.pinned = null;
    /** @type {Group[]} */
    this.groups = data.groups.map(([name, wires]) => ({ name, wires, members: new Set(wires), gates: this.countGates(wires) }));
    this.openable = new Set(data.geometry.levels.flatMap(({ groups }) => groups.map(({ group }) => group)));
    /** @type {WeakMap<Element, number>} how wide each label may get */
    this.rooms = new WeakMap();
    /** @type {ReturnType<Picture["measured"]> | null} where everything stands */
    this.drawn = null;
    /** @type {Item[]} */
    this.items = [];
    bind(svg, data.geometry);
    put(svg, "role", "group");
    put(svg, "aria-label", said("page.circuit", { name: numbers.recorded.objective() }));
    svg.querySelector(":scope > title")?.remove();
    const inputs = this.all(":scope > text.name").filter((text) => !isGate(numbers.recorded.wires[Number(text.dataset.wire)]));
    svg.querySelector("g.gate")?.before(...inputs); // a screen reader reads in this order: that of the tape
    this.all("text").forEach((text) => text.setAttribute("aria-hidden", "true"));
    this.labels = this.all(LABELS).map((element) => this.labelOf(element));
    this.forks = this.all(".fork").map((element) => ({ element, block: blockOf(element) }));
    this.lines = this.findLines(this.all("path.use, path.trunk"));
    this.findItems();
    this.itemByElement = new Map(this.items.map((item) => [/** @type {Element} */ (item.element), item]));
    /** @type {Map<number, Item[]>} */
    this.itemsOfWire = new Map();
    for (const item of this.items) {
      for (const id of item.ids) this.itemsOfWire.set(id, [...(this.itemsOfWire.get(id) ?? []), item]);
    }
    settle(svg, data.geometry);
  }

  /** @param {string} selector */
  all = (selector) => [...this.svg.querySelectorAll(selector)].filter((element) => element instanceof SVGElement);

  /** @param {number[]} wires */
  countGates(wires) {
    const { recorded } = this.numbers;
    const gates = wires.filter((id) => !isEdge(recorded.wires[id]));
    return new Set(gates.map((id) => recorded.wires[id].step ?? `wire ${id}`)).size;
  }

  /** A label, the uses it tells of, and what Python wrote: that holds for the numbers as they were recorded. @param {SVGElement} element @returns {Label} */
  labelOf(element) {
    const id = Number(element.dataset.wire);
    const kind = ["value", "gradient"].find((each) => element.classList.contains(each)) ?? "branch";
    const [map, block] = [mapOf(element), blockOf(element)];
    const uses = kind === "branch" ? this.usesAlong(id, element.dataset.to ?? "", block, Number(element.dataset.port)) : this.numbers.usesOf[id];
    const written = { text: element.textContent ?? "", isLoud: element.classList.contains("loud"), cells: map && [...map.children] };
    return { element, id, kind, uses, written, map, block };
  }

  /** Lines from one wire to one gate stand in the order of its ports. @param {SVGElement[]} elements @returns {Line[]} */
  findLines(elements) {
    const count = new Map();
    return elements.map((element) => {
      const { from: wire, to = "" } = element.dataset;
      const next = element.nextElementSibling;
      const [from, block, place] = [Number(wire), blockOf(element), count.get(`${wire} ${to}`) ?? 0];
      count.set(`${wire} ${to}`, place + 1);
      const uses = this.usesAlong(from, to, block, this.portsBetween(from, to)[place]);
      return { element, from, parts: [element, ...(next?.classList.contains("arrow") ? [next] : [])], uses, block };
    });
  }

  findItems() {
    const taken = new Set();
    for (const gate of this.all("g.gate[data-wires]")) this.addGate(gate, taken);
    for (const block of this.all("g.block[data-group]")) this.addBlock(block, Number(block.dataset.group));
    for (const text of [...this.all("text.name[data-wire]"), ...this.all("text.value[data-wire]")]) {
      const id = Number(text.dataset.wire);
      if (!taken.has(id)) this.addItem({ element: text, id, ids: new Set([id]), place: id });
      taken.add(id);
    }
    this.items.sort((one, other) => one.place - other.place); // tape order
  }

  /** @param {Item} item */
  addItem(item) {
    item.element.setAttribute("role", "button");
    item.element.setAttribute("tabindex", "-1");
    item.element.removeAttribute("aria-hidden");
    item.block = blockOf(item.element);
    this.items.push(item);
  }

  /** @param {SVGElement} element @param {Set<number>} taken */
  addGate(element, taken) {
    const [ids, group] = [String(element.dataset.wires).split(" ").map(Number), element.dataset.group];
    if (group) {
      const { members } = this.groups[Number(group)];
      const canOpen = this.openable.has(Number(group));
      return this.addItem({ element, id: ids[0], ids: new Set([...members, ...ids]), place: ids[0], group: Number(group), canOpen });
    }
    ids.forEach((id) => taken.add(id));
    element.setAttribute("data-pattern", String(this.numbers.recorded.wires[ids[0]].pattern));
    this.addItem({ element, id: ids[0], ids: new Set(ids), place: ids[0] });
  }

  /** @param {SVGElement} block @param {number} group */
  addBlock(block, group) {
    const title = block.querySelector(":scope > .title");
    const place = Math.min(...this.groups[group].wires) - 0.5;
    if (title instanceof SVGElement) this.addItem({ element: title, id: null, ids: new Set(), place, group, canOpen: true, isOpen: true });
  }

  /** @param {{ element: Element, block?: Block }} mark */
  isVisible = ({ element, block }) => !block?.hasAttribute("hidden") && !element.hasAttribute("hidden");

  /** @param {number | null} id */
  itemOf(id) {
    const found = id === null ? [] : this.itemsOfWire.get(id) ?? [];
    return found.find((item) => this.isVisible(item)) ?? found[0] ?? null;
  }

  /** @param {Element | null} target */
  itemAt(target) {
    for (let element = target; element && element !== this.svg; element = element.parentElement) {
      const item = this.itemByElement.get(element);
      if (item) return item;
    }
    return null;
  }

  /** @param {number} group */
  itemOfGroup = (group) => this.items.find((item) => item.group === group && this.isVisible(item)) ?? null;

  shownItems = () => this.items.filter((item) => this.isVisible(item));

  /** @param {number} group */
  toggle(group) {
    toggle(this.svg, this.geometry, group);
    this.rooms = new WeakMap(); // labels have different room when things have moved
    this.drawn = null;
  }

  /** @param {number | null} pinned */
  update(pinned) {
    this.pinned = pinned;
    const labels = this.labels.filter(this.isVisible).map((label) => this.updateLabel(label));
    const lines = this.lines.filter(this.isVisible).map((line) => this.updateLine(line));
    const items = this.shownItems();
    items.forEach((item) => this.updateItem(item));
    this.updateLegend(labels, lines.includes(true), items);
    retitle(this.svg, this.numbers.now.record, this.numbers.rounds);
  }

  // Labels. What one says of the numbers is returned; on a walk it may show less.

  /** @param {Label} label */
  updateLabel(label) {
    const { element, map } = label;
    const told = this.told(label);
    const isPending = !this.isKnown(label);
    this.write(element, isPending ? said("mark.unknown") : told.text);
    element.classList.toggle("pending", isPending);
    element.classList.toggle("loud", told.isLoud && !isPending);
    if (map) this.updateMap(map, told.cells, isPending);
    return told;
  }

  /** @param {Label} label @returns {Told} */
  told({ kind, id, uses, written }) {
    const { now, recorded } = this.numbers;
    return now === recorded ? written : labelOf(now, kind, now.wires[id], uses.map((at) => now.uses[at]));
  }

  /** @param {Label} label */
  isKnown({ kind, id, uses, written }) {
    if (kind === "value") return this.walk.hasValue(id);
    if (kind === "gradient") return this.walk.hasGradient(id);
    return written.text === said("mark.stops") || uses.every((at) => this.walk.hasContribution(at));
  }

  /** A map without numbers is not to be seen, nor one that a walk has not reached. @param {Element} map @param {Told["cells"]} shades @param {boolean} isPending */
  updateMap(map, shades, isPending) {
    map.classList.toggle("pending", isPending || !shades);
    if (!shades || shades[0] === map.firstChild) return;
    const frame = map.querySelector("rect");
    const drawn = shades.filter((each) => each instanceof Element);
    if (drawn.length) return map.replaceChildren(...drawn);
    const paths = pathsOf(/** @type {Cells} */ (shades)).map((path) => svgElement("path", path));
    map.replaceChildren(...paths, ...(frame ? [frame] : []));
  }

  /** The uses that a branch or a line stands for: those by all gates in a group, outside one, or by one operand of a gate. @param {number} id @param {string} to @param {Block} block @param {number} port */
  usesAlong(id, to, block, port) {
    const { recorded, usesOf } = this.numbers;
    const isIn = (/** @type {string | undefined} */ group, /** @type {number} */ at) => this.groups[Number(group)].members.has(recorded.uses[at].to);
    if (to === "out") return block ? usesOf[id].filter((at) => !isIn(block.dataset.group, at)) : [];
    if (to.startsWith("g")) return usesOf[id].filter((at) => isIn(to.slice(1), at));
    return this.usesBy(id, to).filter((at) => recorded.uses[at].port === port);
  }

  /** @param {number} id @param {string} to */
  usesBy(id, to) {
    const { recorded, usesOf } = this.numbers;
    const target = recorded.wires[Number(to || NaN)];
    return usesOf[id].filter((at) => {
      const wire = recorded.wires[recorded.uses[at].to];
      return wire.id === target?.id || (wire.step !== null && wire.step === target?.step);
    });
  }

  /** @param {number} id @param {string} to */
  portsBetween(id, to) {
    const ports = this.usesBy(id, to).map((at) => this.numbers.recorded.uses[at].port);
    return [...new Set(ports)].sort((one, other) => one - other);
  }

  /** @param {SVGElement} element @param {string} text */
  write(element, text) {
    if (element.textContent === text) return;
    const room = this.rooms.get(element) ?? this.roomOf(element);
    this.rooms.set(element, room);
    const natural = widthOf(text, parseFloat(element.getAttribute("font-size") ?? String(SIZE)));
    element.textContent = text;
    element.setAttribute("textLength", String(Math.round(Math.min(natural, room) * 10) / 10));
  }

  /** How wide a label may get before it meets a gate, another label or the border; all are measured at once, as drawn. @param {Element} label */
  roomOf(label) {
    const { frame, scale, boxes } = (this.drawn ??= this.measured());
    const own = boxes.get(label) ?? label.getBoundingClientRect();
    const isLeftwards = (label.getAttribute("text-anchor") === "end" || label.matches(".branch"));
    let room = isLeftwards ? own.right - frame.left : frame.right - own.left;
    for (const [mark, box] of boxes) {
      if (mark === label || box.top >= own.bottom - 2 || box.bottom <= own.top + 2) continue;
      const gap = isLeftwards ? own.right - box.right : box.left - own.left;
      if (gap > 0) room = Math.min(room, gap);
    }
    return Math.max(room * scale - 4, measure(label, "textLength"));
  }

  measured() {
    const frame = this.svg.getBoundingClientRect();
    const scale = this.svg.viewBox.baseVal.width / (frame.width || 1);
    const all = [...this.svg.querySelectorAll("text[data-wire], rect.gate")];
    return { frame, scale, boxes: new Map(all.map((mark) => [mark, mark.getBoundingClientRect()])) };
  }

  // Lines and gates.

  /** A line is lit where it carries a use by the gate of the step: into its group, into it, and out of another group. @param {Line} line */
  updateLine({ element, from, parts, uses }) {
    const step = this.walk.current;
    const { now, recorded } = this.numbers;
    const isLit = step !== null && uses.some((at) => step.wires.includes(recorded.uses[at].to));
    for (const mark of parts) {
      mark.classList.toggle("pending", !this.walk.hasValue(from));
      mark.classList.toggle("lit", isLit);
      mark.classList.toggle("back", isLit && step.isBack);
    }
    const isDashed = isBlocked(uses.map((at) => now.uses[at]));
    put(element, "stroke-dasharray", isDashed ? DASHES : null);
    return isDashed;
  }

  /** @param {Item} item */
  updateItem(item) {
    const { element, ids, group, canOpen, isOpen } = item;
    const step = this.walk.current;
    const isLit = step !== null && step.wires.some((wire) => ids.has(wire));
    const isPinned = this.pinned !== null && ids.has(this.pinned);
    element.classList.toggle("lit", isLit);
    element.classList.toggle("back", isLit && step.isBack);
    element.classList.toggle("pinned", isPinned);
    if (group !== undefined && !isOpen) this.markTrouble(item, this.groups[group].wires);
    if (group === undefined) this.markTie(item);
    if (canOpen) put(element, "aria-expanded", String(Boolean(isOpen)));
    else put(element, "aria-pressed", String(isPinned));
    put(element, "aria-label", this.spoken(item));
  }

  /** A tie in a max comes and goes with the numbers; the symbol makes room for the word under it. @param {Item} item */
  markTie(item) {
    const [symbol, outline, before] = ["text.symbol", "rect", "text.tie"].map((part) => item.element.querySelector(`:scope > ${part}`));
    if (!symbol || !outline || item.id === null) return;
    item.baseline ??= measure(symbol, "y") + (before ? TIE_ROOM : 0);
    item.tie = tie(this.numbers.now, this.numbers.now.wires[item.id]);
    if (item.tie === (before?.textContent ?? "")) return;
    before?.remove();
    put(symbol, "y", String(item.baseline - (item.tie ? TIE_ROOM : 0)));
    if (item.tie) item.element.append(this.tieMark(item.tie, symbol, outline));
  }

  /** @param {string} word @param {Element} symbol @param {Element} outline */
  tieMark(word, symbol, outline) {
    const y = measure(outline, "y") + measure(outline, "height") / 2 + 12;
    const place = { x: String(symbol.getAttribute("x")), y, textLength: widthOf(word, TIE_SIZE) };
    const mark = svgElement("text", { class: "tie", "font-size": TIE_SIZE, ...place, "aria-hidden": "true" });
    put(mark, "transform", symbol.getAttribute("transform"));
    mark.textContent = word;
    return mark;
  }

  /** What a closed group hides is not to be overlooked. @param {Item} item @param {number[]} wires */
  markTrouble(item, wires) {
    const isLoud = !wires.every((id) => isAllFinite(this.numbers.now.wires[id]));
    item.isLoud = isLoud;
    item.element.querySelectorAll(":scope > rect").forEach((rect) => rect.classList.toggle("loud", isLoud));
  }

  /** @param {Item} item */
  spoken({ id, group, isOpen, canOpen, isLoud }) {
    const { numbers, walk } = this;
    const title = group === undefined ? "" : this.titleOf(group);
    if (isOpen || id === null) return said("spoken.open", { title });
    const wire = numbers.recorded.wires[id];
    const value = walk.hasValue(id) ? said("spoken.value", { value: numbers.value(id) }) : said("spoken.value.unknown");
    const known = walk.hasGradient(id) ? said("spoken.gradient", { gradient: numbers.gradient(id) }) : said("spoken.gradient.unknown");
    const told = [value, numbers.hasGradient(id) ? known : said("spoken.gradient.none")];
    if (!isGate(wire)) return [`${numbers.made(wire)} ${numbers.name(id)}`, ...told].join(", ");
    const what = title || said("spoken.gate", { symbol: plain(wire.symbol) });
    const notes = [...(isLoud ? [said("spoken.trouble")] : []), ...(group !== undefined && !canOpen ? [said("spoken.shut")] : [])];
    return [what, `${numbers.name(id)} = ${numbers.made(wire)}`, ...told, ...notes].join(", ");
  }

  /** @param {number} group */
  titleOf(group) {
    const { name, gates } = this.groups[group];
    return said("spoken.group", { name, gates: String(gates), count: gates });
  }

  /** The legend: the marks that are to be seen now, and only those. @param {Told[]} labels @param {boolean} dashed @param {Item[]} items */
  updateLegend(labels, dashed, items) {
    const shut = items.flatMap(({ group, isOpen }) => (group === undefined || isOpen ? [] : [this.groups[group].gates]));
    const notes = notesOf({
      labels,
      fork: this.forks.some(this.isVisible),
      dashed,
      ties: new Set(items.map((item) => item.tie ?? "")),
      round: items.some(({ id, group }) => group === undefined && id !== null && this.numbers.recorded.wires[id].pattern === "carries"),
      folded: shut.reduce((sum, gates) => sum + gates, 0),
      steps: this.countGates(this.numbers.recorded.record.forward),
    });
    writeLegend(this.svg, notes);
  }

  /** @param {boolean} isShown */
  showPatterns(isShown) {
    this.items.forEach(({ element }) => element.querySelector(":scope > text.does")?.remove());
    for (const { element } of isShown ? this.items : []) {
      const shape = element.querySelector(":scope > rect.gate");
      if (!shape || !element.dataset.pattern) continue;
      const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => measure(shape, name));
      const text = svgElement("text", { class: "does", x: x + width / 2, y: y + height + 11, "aria-hidden": "true" });
      text.textContent = element.dataset.pattern;
      element.append(text);
    }
  }
}
