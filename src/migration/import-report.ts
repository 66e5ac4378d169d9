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

/** How many rules of the export became what. A rule of which a part was taken counts as taken over. */
export type RuleCounts = Readonly<Record<ImportOutcome, number>>;

/** What to do after an import, in order. `written`: the paths of the configuration and of the rule file. */
export function nextSteps(
  [config = 'dirbridge.yaml']: readonly string[],
  secrets: readonly string[],
): readonly string[] {
  return [
    `Secrets: put each where the configuration says (${secrets.join('; ')}), files with mode 600; then replace clientId by that of the application you register, and name the CA of the domain controllers under tls. Read what was not taken over.`,
    `Check: dirbridge --config ${config} config validate, then rules lint, then check, the same way.`,
    'Plan while Connect is still in charge: "dirbridge plan --full" reads and writes nothing to the tenant; the configuration says staging: true.',
    'Compare: "dirbridge compare --csexport FILE" tells where we would differ from what Connect exports.',
    'Switch: stop Connect first, never two writers; docs/guide/moving-from-connect.md goes through the day step by step.',
  ];
}
