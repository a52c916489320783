// The walk: one step a gate, forward and then backward, in the order of the record's events.
/** @import { Recorded } from "./types" */

/** @typedef {{ wires: number[], uses: number[], isBack: boolean }} Step */

/** @param {Recorded} record @returns {Step[]} */
const stepsOf = (record) => {
  /** @type {Step[]} */
  const steps = [];
  for (const id of record.forward) {
    const last = steps[steps.length - 1];
    const { step } = record.wires[id];
    if (last && step !== null && record.wires[last.wires[0]].step === step) last.wires.push(id);
    else steps.push({ wires: [id], uses: [], isBack: false });
  }
  return [...steps, ...record.backward.map(({ wire, uses }) => ({ wires: [wire], uses, isBack: true }))];
};

export class Walk {
  /** @type {number | null} the number of steps done; null: not walking, everything is shown */
  at = null;
  /** @type {Recorded | null} */
  record = null;
  /** @type {Step[]} */
  steps = [];
  forward = 0;
  /** @type {Map<number, number>} */
  valueFrom = new Map();
  /** @type {Map<number, number>} */
  gradientFrom = new Map();
  /** @type {Map<number, number>} */
  contributionFrom = new Map();
  /** @type {Map<number, number>} when a gate was gone back through */
  doneFrom = new Map();

  /** @param {Recorded} record */
  constructor(record) {
    this.follow(record);
  }

  /** Where the sweep goes depends on the numbers. @param {Recorded} record */
  follow(record) {
    if (record === this.record) return;
    this.record = record;
    this.steps = stepsOf(record);
    if (this.at !== null) this.to(this.at);
    this.forward = this.steps.filter((step) => !step.isBack).length;
    this.valueFrom = new Map();
    this.gradientFrom = new Map([[record.output, this.forward + 1]]);
    this.contributionFrom = new Map();
    this.doneFrom = new Map();
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

  /** @param {number} id */
  hasValue = (id) => this.at === null || this.at >= (this.valueFrom.get(id) ?? 0);
  /** @param {number} id */
  hasGradient = (id) => this.at === null || this.at >= (this.gradientFrom.get(id) ?? this.steps.length);
  /** @param {number} use */
  hasContribution = (use) => this.at === null || this.at >= (this.contributionFrom.get(use) ?? this.forward + 1);

  /**
   * What a card may say by now: what goes forward and is local first, the rest once the gate was gone back through.
   * @param {[label: string, lines: string[]][]} sections @param {number} id
   */
  reached(sections, id) {
    const isDone = this.at === null || this.at >= (this.doneFrom.get(id) ?? this.gradientFrom.get(id) ?? this.steps.length);
    const known = ["", ...(this.hasValue(id) ? ["forward", "local"] : [])];
    return sections.filter(([label]) => isDone || known.includes(label)).flatMap(([, lines]) => lines);
  }

  /** @param {number | null} place */
  to(place) {
    this.at = place === null ? null : Math.max(0, Math.min(this.steps.length, place));
  }

  /** @param {number} count */
  by(count) {
    this.to(this.at === null ? (count > 0 ? 1 : this.steps.length) : this.at + count);
  }
}
