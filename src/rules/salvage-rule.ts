import { type Issue, keyPath, type Path, pathOf } from './rule-problem.ts';
import { type RuleDefinition, ruleSchema } from './rule-schema.ts';

/** Stand in for keys that a rule cannot do without; what hangs on them is not judged then. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  name: '(without a name)',
  direction: 'inbound',
  connector: 'source',
  from: 'user',
  to: 'person',
  precedence: 0,
};

export interface SalvagedRule {
  readonly definition: RuleDefinition;
  /** Keys that hold a stand-in. */
  readonly unknown: ReadonlySet<string>;
}

/**
 * The rest of a rule whose form is wrong in places, so that mistakes of its other parts are told in the same go; null when nothing is left.
 * It is only ever judged, never used.
 */
export function salvageRule(raw: unknown, issues: readonly Issue[]): SalvagedRule | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null;
  const copy = structuredClone(raw) as Record<string, unknown>;
  const unknown = new Set<string>();
  for (const issue of issues) {
    for (const path of placesOf(issue)) remove(copy, path);
    const [key] = issue.path;
    if (issue.code === 'unrecognized_keys' || issue.path.length !== 1 || typeof key !== 'string') continue;
    unknown.add(key);
    if (key in STAND_INS) copy[key] = STAND_INS[key];
  }
  const parsed = ruleSchema.safeParse(copy);
  return parsed.success ? { definition: parsed.data, unknown } : null;
}

function placesOf(issue: Issue): readonly Path[] {
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => [...pathOf(issue), key])
    : [placeToDrop(keyPath(issue))];
}

/** A clause, a condition or a flow with a mistake goes as a whole. */
function placeToDrop(path: Path): Path {
  const [section] = path;
  if (section === 'scope' || section === 'join') return path.slice(0, 3);
  return section === 'flows' ? path.slice(0, 2) : path;
}

/** Places in lists are filled, not closed: the lines of what comes behind must stay right. */
const FILLERS: Readonly<Record<string, unknown>> = {
  scope: { attribute: 'x', operator: 'ISNULL' },
  join: { space: 'x', metaverse: 'x' },
};

function remove(root: Record<string, unknown>, path: Path): void {
  const [section = ''] = path;
  let at: unknown = root;
  for (const part of path.slice(0, -1)) {
    if (typeof at !== 'object' || at === null) return;
    at = (at as Record<string | number, unknown>)[part];
  }
  const last = path.at(-1);
  if (last === undefined || typeof at !== 'object' || at === null) return;
  if (Array.isArray(at)) at[Number(last)] = path.length === 2 ? [FILLERS[section]] : FILLERS[section];
  else delete (at as Record<string | number, unknown>)[last];
}
