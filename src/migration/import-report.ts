/** `taken`: stands in what is written. `standard`: nothing has to be written, ours does the same. `left`: is not taken over, and why. */
export const IMPORT_OUTCOMES = ['taken', 'standard', 'left'] as const;
export type ImportOutcome = (typeof IMPORT_OUTCOMES)[number];

/** One line of what became of one thing. */
export interface ImportLine {
  readonly outcome: ImportOutcome;
  readonly what: 'rule' | 'setting' | 'file';
  readonly name: string;
  readonly detail: string;
}

export const line = {
  taken: (what: ImportLine['what'], name: string, detail: string): ImportLine => ({
    outcome: 'taken',
    what,
    name,
    detail,
  }),
  standard: (what: ImportLine['what'], name: string, detail: string): ImportLine => ({
    outcome: 'standard',
    what,
    name,
    detail,
  }),
  left: (what: ImportLine['what'], name: string, detail: string): ImportLine => ({
    outcome: 'left',
    what,
    name,
    detail,
  }),
};
