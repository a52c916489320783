// The fields for the inputs, each a number that can be typed, dragged or stepped.
/** @import { Numbers } from "./state.js" */
/** @import { Value, Wire } from "./types" */
import { make } from "./dom.js";
import { general, number } from "./numbers.js";
import { pieces, said } from "./phrases.js";
import { shapeText } from "./texts.js";

/** @typedef {{ field: HTMLInputElement, wire: Wire, index: number[] }} Field */

const ROOM = 10; // characters that a field has room for

/** @param {number[]} shape @returns {number[][]} */
const indices = (shape) =>
  shape.reduce((/** @type {number[][]} */ found, size) => found.flatMap((index) => [...Array(size).keys()].map((at) => [...index, at])), [[]]);

/** A field's step: a hundredth or so of what is in it. @param {number} value */
const stepFor = (value) => (value === 0 || !Number.isFinite(value) ? 0.1 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1));

/** As many digits, four at most, as a field has room for, so that nothing is cut off. @param {number} value */
const fitting = (value) => {
  if (!Number.isFinite(value)) return "";
  const texts = [number(value), ...[3, 2, 1].map((count) => general(value, count))];
  return texts.find((text) => text.length <= ROOM) ?? texts[texts.length - 1];
};

/** @param {number} value @param {number} count @param {number} step */
const moved = (value, count, step) => (count === 0 ? value : Number(((Math.round(value / step) + count) * step).toPrecision(12)));

/** @param {HTMLInputElement} field */
const isInvalid = (field) => field.getAttribute("aria-invalid") === "true";

export class Inputs {
  /** @param {Numbers} numbers @param {() => void} changed */
  constructor(numbers, changed) {
    this.numbers = numbers;
    this.changed = changed;
    /** @type {Field[]} */
    this.fields = [];
    this.prediction = make("p", { class: "prediction", role: "status" });
    this.element = make("section", { class: "inputs" }, make("h2", {}, said("page.inputs")));
    if (numbers.isRecording() || !numbers.editable().length) {
      this.element.append(make("p", { class: "help" }, numbers.formulas.recording ?? said("page.inputs.none")));
      return;
    }
    this.hasHandle = numbers.editable().some((wire) => !wire.shape.length);
    const groups = numbers.editable().map((wire) => (wire.shape.length ? this.grid(wire) : this.scalar(wire)));
    const tools = make(
      "div",
      { class: "tools" },
      make("button", { type: "button", click: () => this.measure() }, said("page.measure")),
      make("button", { type: "button", click: () => this.reset() }, said("page.reset")),
    );
    this.element.append(make("div", { class: "fields" }, ...groups), this.prediction, tools);
  }

  /** @param {Wire} wire @param {number[]} index */
  name = (wire, index) => this.numbers.name(wire.id) + (index.length ? `[${index.join(", ")}]` : "");

  /** @param {Wire} wire */
  scalar(wire) {
    const field = this.field(wire, [], null);
    const handle = make("span", { class: "drag", title: said("page.drag") }, this.name(wire, []));
    this.makeDraggable(handle, field, wire);
    return make("label", { class: "field" }, handle, field);
  }

  /** @param {Wire} wire */
  grid(wire) {
    const cells = indices(wire.shape).map((index) => this.field(wire, index, this.name(wire, index)));
    const grid = make("div", { class: "grid" }, ...cells);
    grid.style.gridTemplateColumns = `repeat(${wire.shape[wire.shape.length - 1]}, auto)`;
    return make("fieldset", {}, make("legend", {}, `${this.name(wire, [])} ${shapeText(wire.shape)}`), grid);
  }

  /** @param {Wire} wire @param {number[]} index @param {string | null} label */
  field(wire, index, label) {
    const field = make("input", {
      "aria-label": label,
      type: "number",
      step: "any",
      "aria-invalid": "false",
      focus: () => this.write(entry),
      blur: () => this.write(entry),
      input: () => this.take(entry),
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const count = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
        if (!count || field.value === "") return;
        event.preventDefault();
        const value = Number(field.value);
        this.put(entry, moved(value, count * (event.shiftKey ? 10 : 1), stepFor(value)));
      },
    });
    const entry = { field, wire, index };
    this.fields.push(entry);
    this.write(entry);
    return field;
  }

  /** @param {Field} entry */
  current({ wire, index }) {
    return Number(index.reduce((/** @type {Value} */ part, at) => (Array.isArray(part) ? part[at] : part), this.numbers.inputs[wire.id]));
  }

  /** All digits of a number while it may be changed, else as many as fit; what is no number stays as it was typed. @param {Field} entry */
  write(entry) {
    const { field } = entry;
    const value = this.current(entry);
    field.title = String(value);
    if (isInvalid(field)) return;
    const text = field.matches(":focus") ? String(value) : fitting(value);
    if (field.value !== text) field.value = text;
  }

  /** @param {HTMLElement} handle @param {HTMLInputElement} field @param {Wire} wire */
  makeDraggable(handle, field, wire) {
    /** @type {{ x: number, value: number, step: number } | null} */
    let start = null;
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const now = this.current({ field, wire, index: [] });
      const value = Number.isFinite(now) ? now : 0;
      start = { x: event.clientX, value, step: stepFor(value) };
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (start) this.put({ field, wire, index: [] }, moved(start.value, Math.round((event.clientX - start.x) / 4), start.step));
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (start = null));
  }

  /** @param {Field} entry @param {number} value */
  put(entry, value) {
    entry.field.value = String(value);
    this.take(entry);
  }

  /** @param {Field} entry */
  take({ field, wire, index }) {
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
    const invalid = fields.find(({ field }) => isInvalid(field));
    if (invalid) this.prediction.replaceChildren(this.refused(invalid));
    else if (numbers.refusal) this.prediction.replaceChildren(numbers.refusal);
    else if (numbers.now === numbers.from) this.prediction.replaceChildren(said(this.hasHandle ? "page.change.drag" : "page.change"));
    else this.prediction.replaceChildren(...this.predicted());
  }

  /** @param {Field} entry */
  refused(entry) {
    const { wire, index, field } = entry;
    const isFilled = field.validity.badInput || field.value.trim() !== "";
    return said(isFilled ? "page.refused" : "page.refused.empty", { name: this.name(wire, index), value: String(this.current(entry)) });
  }

  predicted() {
    const { numbers } = this;
    const { actual, predicted, unasked } = numbers.change();
    const [told, f] = [(/** @type {number} */ value) => make("b", {}, numbers.quantity(value)), numbers.recorded.objective()];
    if (!unasked.length) return pieces("page.predicted", { f, actual: told(actual), predicted: told(predicted) });
    return pieces("page.predicted.none", { f, actual: told(actual), names: said("list", { names: unasked }) });
  }
}
