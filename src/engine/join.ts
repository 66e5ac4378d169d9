import { type Attributes, isSameValue, type Scalar, scalarsOf } from '../model/value.ts';
import type { CompiledRule, JoinCondition } from '../rules/rule-set.ts';
import type { MetaverseObject, Store } from '../store/store.ts';
import { keyOf } from './lookup.ts';

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
  attributes: Attributes,
  isFree: (mv: number) => Promise<boolean>,
): Promise<JoinResult> {
  let ambiguous: JoinResult = { kind: 'none' };
  for (const rule of rules) {
    for (const group of rule.joins) {
      const candidates = await joinCandidates(store, rule.targetType, group, attributes);
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

/** The metaverse objects for which all conditions of a join group hold, whether they are free or not. */
export async function joinCandidates(
  store: Store,
  type: string,
  group: readonly JoinCondition[],
  attributes: Attributes,
): Promise<readonly number[]> {
  const [first, ...others] = group;
  if (first === undefined) return [];
  const found: number[] = [];
  for (const value of scalarsOf(attributes[first.spaceAttribute])) {
    for (const candidate of await store.sync.metaverseByValue({ kind: first.metaverseAttribute, key: keyOf(value) })) {
      if (found.includes(candidate.id) || (type !== '*' && candidate.type !== type)) continue;
      if (others.length === 0 && !first.caseSensitive) found.push(candidate.id);
      else if (await holdsAll(store, candidate.id, group, attributes)) found.push(candidate.id);
    }
  }
  return found;
}

async function holdsAll(
  store: Store,
  mv: number,
  group: readonly JoinCondition[],
  attributes: Attributes,
): Promise<boolean> {
  const object = await store.sync.metaverse(mv);
  if (object === null) return false;
  return group.every(({ spaceAttribute, metaverseAttribute, caseSensitive }) =>
    scalarsOf(attributes[spaceAttribute]).some((ours) =>
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
