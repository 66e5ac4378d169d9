import { isSameValue, type Scalar, scalarsOf } from '../model/value.ts';
import type { CompiledRule, JoinCondition, RuleSource } from '../rules/rule-set.ts';
import type { MetaverseObject, Store } from '../store/store.ts';
import { keyOf } from './lookup.ts';

/** An object as the conditions of joins read it. */
export type JoinSource = Pick<RuleSource, 'get'>;

export type JoinResult =
  | { readonly kind: 'joined'; readonly mv: number; readonly rule: CompiledRule }
  | { readonly kind: 'none' }
  | AmbiguousJoin;

export interface AmbiguousJoin {
  readonly kind: 'ambiguous';
  readonly rule: CompiledRule;
  readonly candidates: readonly number[];
  readonly condition: JoinCondition;
}

/**
 * Looks for the metaverse object that an object belongs to: the join groups of the rules in order, the first with exactly one
 * match wins; none or several go on to the next (and several are told when nothing matched in the end). `isFree` leaves out metaverse
 * objects that have an object of the same space already.
 */
export async function joinObject(
  store: Store,
  rules: readonly CompiledRule[],
  source: JoinSource,
  isFree: (mv: number) => Promise<boolean>,
): Promise<JoinResult> {
  let ambiguous: JoinResult = { kind: 'none' };
  for (const rule of rules) {
    for (const group of rule.joins) {
      const candidates = await joinCandidates(store, rule.targetType, group, source);
      const free: number[] = [];
      for (const mv of candidates) if (await isFree(mv)) free.push(mv);
      const [first, second] = free;
      if (first !== undefined && second === undefined) return { kind: 'joined', mv: first, rule };
      const [condition] = group;
      if (second !== undefined && condition !== undefined && ambiguous.kind === 'none') {
        ambiguous = { kind: 'ambiguous', rule, candidates: free, condition };
      }
    }
  }
  return ambiguous;
}

/**
 * Whether a rule that makes objects may make one of this: where it joins by attributes, one of them at least must have a value, or the object could never be
 * found again by any (Connect: "How to understand the architecture", join module). `side`: which side of the conditions `source` is.
 */
export function mayProvision(
  rule: Pick<CompiledRule, 'link' | 'joins'>,
  side: 'spaceAttribute' | 'metaverseAttribute',
  source: JoinSource,
): boolean {
  if (rule.link !== 'provision') return false;
  if (rule.joins.length === 0) return true;
  return rule.joins.some((group) =>
    group.some((condition) => scalarsOf(source.get(condition[side])).some((value) => value !== '')),
  );
}

/** The same in words: what a rule that would make this object waits for; null when nothing of the kind is in the way. */
export function explainUnprovisioned(rules: readonly CompiledRule[], source: JoinSource): string | null {
  const provisioning = rules.filter((rule) => rule.link === 'provision');
  if (provisioning.length === 0 || provisioning.some((rule) => mayProvision(rule, 'spaceAttribute', source)))
    return null;
  return provisioning
    .map((rule) => {
      const names = new Set(rule.joins.flat().map((condition) => condition.spaceAttribute));
      return `"${rule.name}" makes an object only of what has a value to join by, and it has none in ${[...names].join(', ')}`;
    })
    .join('; ');
}

/** The metaverse objects for which all conditions of a join group hold, whether they are free or not. */
export async function joinCandidates(
  store: Store,
  type: string,
  group: readonly JoinCondition[],
  source: JoinSource,
): Promise<readonly number[]> {
  const [first, ...others] = group;
  if (first === undefined) return [];
  const found: number[] = [];
  for (const value of scalarsOf(source.get(first.spaceAttribute))) {
    for (const candidate of await store.sync.metaverseByValue({ kind: first.metaverseAttribute, key: keyOf(value) })) {
      if (found.includes(candidate.id) || (type !== '*' && candidate.type !== type)) continue;
      if (others.length === 0 && !first.caseSensitive) found.push(candidate.id);
      else if (await holdsAll(store, candidate.id, group, source)) found.push(candidate.id);
    }
  }
  return found;
}

async function holdsAll(
  store: Store,
  mv: number,
  group: readonly JoinCondition[],
  source: JoinSource,
): Promise<boolean> {
  const object = await store.sync.metaverse(mv);
  if (object === null) return false;
  return group.every(({ spaceAttribute, metaverseAttribute, caseSensitive }) =>
    scalarsOf(source.get(spaceAttribute)).some((ours) =>
      ANCHORS.has(metaverseAttribute) && isEmpty(object)
        ? anchorText(ours) === object.anchor
        : scalarsOf(object.attributes[metaverseAttribute]).some((theirs) =>
            caseSensitive ? isSameValue(ours, theirs) : keyOf(ours) === keyOf(theirs),
          ),
    ),
  );
}

/** What a person is known by in the tenant. */
export const ANCHORS: ReadonlySet<string> = new Set(['sourceAnchor', 'sourceAnchorBinary']);

/** Of a person whom no account stands for any more the anchor is left, as a text. */
function isEmpty(object: MetaverseObject): boolean {
  return Object.keys(object.attributes).length === 0;
}

function anchorText(value: Scalar): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}
