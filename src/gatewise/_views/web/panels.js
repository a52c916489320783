// What stands beside the picture: the table of all wires, and the staged code.
/** @import { Numbers } from "./state.js" */
/** @import { Recorded, Staged, Wire } from "./types" */
import { make } from "./dom.js";
import { said } from "./phrases.js";
import { shapeText } from "./texts.js";

export class Table {
  /** @param {Numbers} numbers */
  constructor(numbers) {
    this.numbers = numbers;
    const { wires, output } = numbers.recorded;
    const heads = ["wire", "made", "value", "gradient", "pattern"].map((head) => make("th", { scope: "col" }, said(`head.${head}`)));
    this.rows = wires.map((wire) => this.row(wire));
    const caption = make("caption", {}, said("page.caption", { name: numbers.name(output.id) }));
    const body = make("tbody", {}, ...this.rows.map((row) => row.element));
    this.element = make("div", { class: "table", hidden: true }, make("table", {}, caption, make("thead", {}, make("tr", {}, ...heads)), body));
  }

  /** @param {Wire} wire */
  row(wire) {
    const { numbers } = this;
    const shape = wire.shape.length ? ` ${shapeText(wire.shape)}` : "";
    const head = make("th", { scope: "row" }, numbers.name(wire.id) + shape);
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

export class Code {
  /** @param {Staged} code @param {Recorded} record */
  constructor(code, record) {
    this.code = code;
    this.record = record;
    this.lines = code.lines.map((line) => make("span", {}, line + "\n"));
    this.box = make("pre", { class: "code", tabindex: "0", role: "region", "aria-label": said("page.code.region") });
    this.box.append(make("div", {}, ...this.lines));
    this.element = make("section", {}, make("h2", {}, said("page.code")), this.box);
  }

  /** @param {number | null} wire @param {boolean} isBack */
  light(wire, isBack) {
    const spans = wire === null ? undefined : this.code.stages[this.record.wires[wire].stage ?? ""];
    const [start, end] = spans ? spans[Number(isBack)] : [0, 0];
    this.lines.forEach((line, at) => {
      line.classList.toggle("lit", at >= start && at < end);
      line.classList.toggle("back", isBack);
    });
    if (start < end) this.scrollTo(this.lines[start], this.lines[end - 1]);
  }

  /** @param {HTMLElement} first @param {HTMLElement} last */
  scrollTo(first, last) {
    const top = first.offsetTop - this.box.offsetTop;
    const bottom = last.offsetTop + last.offsetHeight - this.box.offsetTop;
    if (top < this.box.scrollTop || bottom > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top - 24;
  }
}
