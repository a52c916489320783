// The page: one circuit in its place, with walking, cards, inputs, the table. It draws nothing of its own in the picture
// but marks what is there.
/** @import { Data } from "./types" */
/** @import { Step } from "./walk.js" */
import { LONGEST_CURE, sections } from "./card.js";
import { make, put } from "./dom.js";
import { Picture } from "./drawn.js";
import { Inputs } from "./inputs.js";
import { Code, Table } from "./panels.js";
import { said, speak } from "./phrases.js";
import { Sliders } from "./rounds.js";
import { Numbers } from "./state.js";
import { plain } from "./texts.js";
import { Walk } from "./walk.js";

/** @import { Item } from "./drawn.js" */

const PACE = 1100; // milliseconds a step while it plays
const LEAST_FIT = 0.75; // a picture that has to shrink more than this is scrolled instead
const PATTERNS = ["distributes", "routes", "swaps", "scales", "spreads", "mixes", "moves", "stops"];

/** @param {string} text @param {string} label @param {() => void} click */
const button = (text, label, click) => make("button", { type: "button", "aria-label": label, title: label, click }, text);

/** A button that stays down until it is pressed again. @param {string} text @param {(isOn: boolean) => void} click @param {string | null} kind */
const pressed = (text, click, kind = null) => {
  const element = make("button", { type: "button", class: kind, "aria-pressed": "false" }, text);
  element.addEventListener("click", () => {
    const isOn = element.getAttribute("aria-pressed") !== "true";
    element.setAttribute("aria-pressed", String(isOn));
    click(isOn);
  });
  return element;
};

/** @param {EventTarget | null} target */
const elementOf = (target) => (target instanceof Element ? target : null);

class Circuit {
  /** @type {number | null} */
  pinned = null;
  /** @type {number | null} */
  pointed = null;
  /** @type {ReturnType<typeof setInterval> | null} */
  playing = null;
  hasChosenFit = false;

  /** @param {Element} place @param {SVGSVGElement} svg @param {Data} data */
  constructor(place, svg, data) {
    this.numbers = new Numbers(data);
    this.deepest = data.deepest;
    this.walk = new Walk(data.record);
    this.picture = new Picture(svg, data, this.numbers, this.walk);
    this.code = data.code && new Code(data.code, data.record);
    this.inputs = new Inputs(this.numbers, () => this.takeNumbers());
    this.sliders = new Sliders(data.record, data.rounds, (chosen) => this.chooseRounds(chosen));
    this.table = new Table(this.numbers);
    this.card = make("pre", { class: "card" });
    this.paper = make("div", { class: "paper" }, svg);
    this.legend = this.patternLegend();
    this.trouble = make("p", { class: "trouble" });
    this.status = make("p", { class: "status", role: "status" });
    this.play = button(said("page.walk.play"), said("page.walk.play"), () => this.togglePlaying());
    this.fit = pressed(said("page.fit"), (isOn) => this.chooseFit(isOn), "fit");
    this.notFinite = make("button", { type: "button", class: "warns", click: () => this.jump(this.numbers.firstNotFinite()) }, said("page.trouble"));
    const side = make("div", { class: "side" }, make("section", {}, make("h2", {}, said("page.card")), this.card), ...(this.code ? [this.code.element] : []));
    const drawing = make("section", { class: "drawing" }, this.paper, this.trouble, this.legend, make("p", { class: "help" }, this.help()));
    this.element = make("div", { class: "live" }, this.bar(), drawing, side, this.inputs.element, this.table.element);
    place.replaceChildren(make("style", {}, data.style), this.element);
    this.listen();
    this.setRoving(this.picture.shownItems()[0]);
    this.update();
    this.makeRoom();
  }

  help() {
    const { openable, items } = this.picture;
    const isAnyShut = items.some(({ group, canOpen }) => group !== undefined && !canOpen);
    const count = this.picture.countGates(this.numbers.recorded.record.forward);
    const shut = isAnyShut ? [said("page.help.shut", { count, most: this.deepest })] : [];
    return [said("page.help.walk"), said("page.help.picture"), ...(openable.size ? [said("page.help.groups")] : []), ...shut].join(" ");
  }

  // A picture that is wider than its column gets the whole width; one that is still a little wider shrinks, until the
  // reader decides.
  makeRoom() {
    const { width } = this.picture.svg.viewBox.baseVal;
    this.element.classList.remove("wide");
    this.element.classList.toggle("wide", width > this.paper.clientWidth);
    const room = this.paper.clientWidth / width;
    if (!this.hasChosenFit) this.setFit(room < 1 && room > LEAST_FIT);
  }

  /** @param {boolean} isOn */
  setFit(isOn) {
    this.fit.setAttribute("aria-pressed", String(isOn));
    this.paper.classList.toggle("fits", isOn);
  }

  /** @param {boolean} isOn */
  chooseFit(isOn) {
    this.hasChosenFit = true;
    this.setFit(isOn);
  }

  bar() {
    const buttons = [
      button("|◀", said("page.walk.first"), () => this.go(() => this.walk.to(0))),
      button("◀", said("page.walk.back"), () => this.go(() => this.walk.by(-1))),
      button("▶", said("page.walk.next"), () => this.go(() => this.walk.by(1))),
      button("▶|", said("page.walk.last"), () => this.go(() => this.walk.to(this.walk.steps.length))),
      this.play,
    ];
    const hear = (/** @type {KeyboardEvent} */ event) => this.onWalkKey(event);
    const walk = make("div", { class: "walk", role: "group", "aria-label": said("page.walk"), keydown: hear }, ...buttons);
    const switches = [
      this.notFinite,
      pressed(said("page.patterns"), (isOn) => this.showPatterns(isOn)),
      this.fit,
      pressed(said("page.table"), (isOn) => (this.table.element.hidden = !isOn)),
    ];
    return make("div", { class: "bar" }, walk, this.status, make("div", { class: "more" }, ...switches), this.sliders.element);
  }

  patternLegend() {
    const used = new Set(this.numbers.recorded.wires.map((wire) => wire.pattern));
    const rows = PATTERNS.filter((pattern) => used.has(pattern));
    return make("dl", { hidden: true }, ...rows.flatMap((pattern) => [make("dt", {}, pattern), make("dd", {}, said(`pattern.${pattern}`))]));
  }

  /** @param {boolean} isShown */
  showPatterns(isShown) {
    this.legend.hidden = !isShown;
    this.paper.classList.toggle("patterned", isShown);
    this.picture.showPatterns(isShown);
  }

  // Walking.

  /** @param {() => void} step */
  go(step) {
    step();
    this.pinned = this.pointed = null;
    this.update();
    this.scrollToCurrent();
  }

  /** @param {KeyboardEvent} event */
  onWalkKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {{ [key: string]: (() => void) | undefined }} */
    const moves = {
      ArrowRight: () => this.walk.by(1),
      ArrowLeft: () => this.walk.by(-1),
      Home: () => this.walk.to(0),
      End: () => this.walk.to(this.walk.steps.length),
      Escape: () => this.walk.to(null),
    };
    const move = moves[event.key];
    if (move) this.go(move);
    else if (event.key === " " && elementOf(event.target)?.tagName !== "BUTTON") this.togglePlaying();
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
    clearInterval(this.playing ?? undefined);
    this.playing = null;
    this.update();
  }

  tellStep() {
    const { walk, numbers } = this;
    const step = walk.current;
    if (walk.at === null) return said("page.steps", { count: String(walk.steps.length) });
    if (step === null) return said("page.steps.start", { all: String(walk.steps.length) });
    const { symbol } = numbers.recorded.wires[step.wires[0]];
    const told = step.isBack ? this.tellBackward(step) : step.wires.map((id) => `${numbers.name(id)} = ${numbers.value(id)}`);
    return said(step.isBack ? "page.steps.backward" : "page.steps.forward", {
      step: String(walk.at),
      all: String(walk.steps.length),
      gate: plain(symbol),
      told: told.join(", ") || said("page.steps.nothing"),
    });
  }

  /** @param {Step} step */
  tellBackward(step) {
    const { now } = this.numbers;
    const uses = step.uses.map((at) => now.uses[at]).filter((use) => use.contribution !== null);
    return uses.map((use) => {
      const key = now.isUsedOnce(now.wires[use.from]) ? "back.whole" : "back.part";
      return said(key, { d: `d${this.numbers.name(use.from)}`, came: this.numbers.quantity(use.contribution) });
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
    const point = (/** @type {Event} */ event) => this.point(this.wireAt(elementOf(event.target)));
    svg.addEventListener("pointerover", point);
    svg.addEventListener("pointerleave", () => this.point(null));
    svg.addEventListener("focusin", point);
    svg.addEventListener("focusout", () => this.point(null));
    svg.addEventListener("click", (event) => this.click(event));
    svg.addEventListener("keydown", (event) => this.onPictureKey(event));
    if (this.element.getRootNode() !== document) return;
    document.addEventListener("keydown", (event) => event.target === document.body && this.onWalkKey(event));
  }

  /** @param {Element | null} target */
  wireAt(target) {
    const item = this.picture.itemAt(target);
    if (item) return item.id;
    const mark = target?.closest("[data-wire], [data-from]");
    return mark instanceof SVGElement ? Number(mark.dataset.wire ?? mark.dataset.from) : null;
  }

  /** @param {number | null} id */
  point(id) {
    if (this.pointed === id) return;
    this.pointed = id;
    this.showCard();
  }

  /** @param {number | null} id */
  pin(id) {
    this.pinned = this.pinned === id ? null : id;
    this.update();
  }

  /** A group opens or closes, everything else is pinned; Shift pins a group. @param {MouseEvent | KeyboardEvent} event */
  click(event) {
    const item = this.picture.itemAt(elementOf(event.target));
    if (item?.canOpen && item.group !== undefined && !event.shiftKey) return this.toggleGroup(item.group);
    this.pinAt(elementOf(event.target));
  }

  /** @param {Element | null} target */
  pinAt(target) {
    const id = this.wireAt(target);
    if (id === null) return;
    this.setRoving(this.picture.itemAt(target) ?? this.picture.itemOf(id));
    this.pin(id);
  }

  /** @param {number} group */
  toggleGroup(group) {
    this.picture.toggle(group);
    this.update();
    this.makeRoom();
    this.focus(this.picture.itemOfGroup(group));
  }

  /** @param {KeyboardEvent} event */
  onPictureKey(event) {
    const items = this.picture.shownItems();
    const at = items.findIndex(({ element }) => element === event.target);
    const last = items.length - 1;
    /** @type {{ [key: string]: number }} */
    const places = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in places) this.focus(items[Math.max(0, Math.min(last, places[event.key]))]);
    else if (event.key === "Enter" || event.key === " ") this.click(event);
    else if (event.key === "p" || event.key === "P") this.pinAt(elementOf(event.target));
    else if (event.key === "Escape") this.pin(this.pinned);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Item | null} item */
  setRoving(item) {
    this.picture.items.forEach(({ element }) => put(element, "tabindex", element === item?.element ? "0" : "-1"));
  }

  /** @param {Item | null} item */
  focus(item) {
    this.setRoving(item);
    item?.element.focus();
  }

  /** @param {number | null} id */
  jump(id) {
    const item = this.picture.itemOf(id);
    this.walk.to(null);
    this.pinned = id;
    this.update();
    if (item) this.focus(item);
  }

  // What is shown.

  shownWire = () => this.pinned ?? this.pointed ?? this.walk.current?.wires[0] ?? this.numbers.recorded.output.id;

  showCard() {
    const id = this.shownWire();
    const { now, refusal } = this.numbers;
    if (refusal) return this.card.replaceChildren(refusal);
    const lines = this.walk.reached(sections(now.record, now.wires[id].name, now.digits), id);
    this.card.replaceChildren(...lines.map((line, at) => make("span", {}, at + 1 < lines.length ? line + "\n" : line)));
    const step = this.walk.current;
    const isPointed = this.pinned !== null || this.pointed !== null;
    this.code?.light(isPointed || step !== null ? id : null, !isPointed && step !== null && step.isBack);
  }

  /** @param {number[]} chosen */
  chooseRounds(chosen) {
    this.numbers.choose(chosen);
    this.sliders.update(this.numbers.now.record);
    this.takeNumbers();
  }

  takeNumbers() {
    this.walk.follow(this.numbers.now.record);
    this.update();
  }

  update() {
    this.picture.update(this.pinned);
    this.table.update();
    this.inputs.update();
    this.showCard();
    this.status.textContent = this.tellStep();
    this.play.textContent = said(this.playing === null ? "page.walk.play" : "page.walk.pause");
    this.play.setAttribute("aria-label", this.play.textContent);
    this.showTrouble(this.numbers.firstNotFinite());
  }

  /** The first wire that is not finite has a button, and what cures it is said. @param {number | null} id */
  showTrouble(id) {
    const cure = id === null ? "" : this.numbers.now.wires[id].cure;
    this.notFinite.hidden = id === null;
    this.trouble.hidden = !cure;
    this.trouble.textContent = id !== null && cure ? said("trouble.page", { name: this.numbers.name(id), cure: plain(cure, LONGEST_CURE) }) : "";
  }
}

// Starting: in a document the picture is there already, in a notebook it is taken out of the image.

/** @param {HTMLImageElement} image */
const svgOf = (image) => {
  const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (character) => character.charCodeAt(0));
  const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
  return document.importNode(parsed.documentElement, true);
};

/** The picture with the attributes that it travels without. @param {Element | null} svg @param {Data["marks"]} marks */
const withData = (svg, marks) => {
  if (!(svg instanceof SVGSVGElement)) throw new Error("there is no picture");
  const elements = [svg, ...svg.querySelectorAll("*")];
  for (const [name, values] of Object.entries(marks)) {
    values.forEach((value, at) => value !== null && elements[at].setAttribute(`data-${name}`, value));
  }
  return svg;
};

/** Objects of the same keys, which travel key by key. @param {{ [key: string]: any[] }} columns @returns {any[]} */
const rowsFrom = (columns) => {
  const [names, lists] = [Object.keys(columns), Object.values(columns)];
  return (lists[0] ?? []).map((_, at) => Object.fromEntries(names.map((name, which) => [name, lists[which][at]])));
};

/** @param {{ holder: Element, data: any }} given */
export const start = ({ holder, data }) => {
  const { record } = data;
  [record.wires, record.uses] = [rowsFrom(record.wires), rowsFrom(record.uses)];
  speak(data.phrases);
  const image = holder.querySelector("img");
  if (!image) return new Circuit(holder, withData(holder.querySelector("svg"), data.marks), data);
  const inside = make("div", { class: "gatewise-circuit" });
  holder.attachShadow({ mode: "open" }).append(inside);
  return new Circuit(inside, withData(svgOf(image), data.marks), data);
};
