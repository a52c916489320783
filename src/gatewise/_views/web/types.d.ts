// What a page is given: the record of docs/record.md, and what lies beside it.

/** NaN and inf are words in a record; null was not computed. */
export type Entry = number | boolean | string | null;
export type Value = Entry | Value[];
export type Digits = number | null | undefined;
export type Slots = { [slot: string]: string | number | readonly string[] };

export interface Summary {
  min: Entry;
  max: Entry;
  mean: Entry;
  map?: Entry[][];
}

export interface Wire {
  id: number;
  name: string;
  kind: string;
  cut?: boolean;
  read?: boolean;
  shape: number[];
  dtype: string;
  value: Value;
  summary?: Summary | null;
  gradient: Value;
  gradient_summary?: Summary | null;
  source?: { line: number | null; text: string } | null;
  step: number | null;
  stage: string | null;
  gate: string | null;
  symbol: string | null;
  pattern: string | null;
  corner?: string | null;
  given?: { [name: string]: Value };
  says?: string | null;
  cure?: string;
  expression: string | null;
}

export interface Use {
  from: number;
  to: number;
  port: number;
  local: Value;
  local_text: string | null;
  contribution: Value;
  contribution_summary?: Summary | null;
  blocked: boolean;
}

export interface Check {
  verdict: string;
  entry: number[] | null;
  gradient: Value;
  numerical: Value;
  error: Entry;
  slopes: [number, number] | null;
  reason: string | null;
  entries: number;
  counts: { [verdict: string]: number };
}

/** A loop that is shown as one round. */
export interface Loop {
  line: number;
  text: string;
  count: number;
  /** The loop in whose rounds it stands. */
  around: number | null;
  round: number;
  wires: { [id: string]: string };
}

/** What one thing is in every round that is kept: the same, floats in base 64, or each with the summary of a large one. */
export interface Column {
  same?: Value;
  shape?: number[];
  floats?: string;
  each?: [Value, Summary | null][];
}

/** The rounds of a loop: which are kept, and by wire and use the columns of what changes; the group that shows it. */
export interface RoundsOf {
  kept: number[];
  wires: { [id: string]: { [field: string]: number } };
  uses: { [place: string]: { [field: string]: number } };
  columns: Column[];
  group: number;
}

export interface Recorded {
  wires: Wire[];
  uses: Use[];
  forward: number[];
  backward: { wire: number; uses: number[]; code?: string[] }[];
  output: number;
  upstream: Value;
  checks: { [id: string]: Check };
  loops: Loop[];
  sizes: { [name: string]: number };
  /** Of a record that was computed anew: why its circuit would be another. */
  left?: string | null;
}

/** An array with its entries in row order; a number stands for itself, truth values are 1 and 0. */
export type Computed = number | { shape: number[]; data: number[] };
export type Operand = number | null | { is: Value; shape?: number[] };
export type IndexPart = ["slice", number | null, number | null, number | null] | ["at", Computed] | ["newaxis"] | ["rest"];

/** How the numbers of a record come about (_record/formulas.py). */
export interface Formulas {
  recording?: string;
  program: { inputs: unknown[]; ops: [gate: string, operands: Operand[], parameters: unknown[]][] };
  wires: Operand[];
  made: number[];
  gradients: Operand[];
  sent: [from: number, to: number, operand: Operand, mask: Operand][];
  uses: number[][];
  locals: Operand[];
  texts: ([local: string | null, line: string] | null)[];
  switches: boolean[];
  guards: [operand: Operand, value: Value, sentence: string][];
}

/** A group that a level of the picture can open, and its places there (_views/picture.py). */
export interface Folded {
  group: number;
  open: boolean;
  column: number;
  x: number;
  width: number;
  span: [number, number];
  top: number;
  bottom: number;
  ports: number[];
  level: number;
}

export interface Level {
  group: number | null;
  width: number;
  height: number;
  starts: number[];
  ports: number[];
  spans: [number, number][];
  groups: Folded[];
  paths: number[][];
  marks: number[][];
}

export interface Geometry {
  width: number;
  height: number;
  levels: Level[];
}

/** The staged code: its lines, and by stage the lines that are its forward and its backward pass. */
export interface Staged {
  lines: string[];
  stages: { [name: string]: [number, number][] };
}

export interface Data {
  record: Recorded;
  formulas: Formulas;
  rounds: RoundsOf[];
  digits: number | null;
  code: Staged | null;
  marks: { [name: string]: (string | null)[] };
  geometry: Geometry;
  groups: [name: string, wires: number[]][];
  deepest: number;
  style: string;
  phrases: { [key: string]: string };
}

/** What a label of the picture says, and the cells of its map: shades, null where an entry is not finite. */
export type Cells = (number | null)[][];
export interface Said {
  text: string;
  isLoud: boolean;
  cells: Cells | null;
}
