import { type Finding, finding, type ObjectName } from '../model/finding.ts';
import type { AttributeChange, PlanValue } from '../model/plan.ts';
import { type Attributes, isSameValue } from '../model/value.ts';
import type { LeftReferences, TenantEvent } from '../store/store.ts';
import type { DriftPolicy, EngineContext } from './context.ts';
import { LONGEST_LAG } from './recent-change.ts';

/** What was decided at the last sync about what is changed in the tenant. */
const POLICY = 'drift policy';

const HISTORY_SEARCHED = 10;
const WRITES_VALUES: ReadonlySet<string> = new Set(['create', 'link', 'update']);

/** What the comparison of one object comes to when it is known what was changed in the tenant. */
export interface Weighed {
  /** What is to be written; changes in the tenant that are put right are marked. */
  readonly changes: readonly AttributeChange[];
  /** Changes in the tenant that stay. */
  readonly left: readonly AttributeChange[];
  readonly event: TenantEvent | null;
}

/** Tells what somebody changed in the tenant from what changed in the directory, and what of it stays. Asks nothing where nothing was changed there. */
export class TenantDrift {
  readonly #context: EngineContext;
  readonly isAnyKnown: boolean;

  private constructor(context: EngineContext, isAnyKnown: boolean) {
    this.#context = context;
    this.isAnyKnown = isAnyKnown;
  }

  static async begin(context: EngineContext): Promise<TenantDrift> {
    return new TenantDrift(context, await context.store.drift.isAnyKnown());
  }

  /**
   * `wanted`: the whole object as the directory wants it. An attribute drifted where the directory still wants what the tenant held before; if it
   * wants something else, it has changed itself, and that counts.
   */
  async weigh(
    mv: { readonly id: number; readonly anchor: string | null },
    changes: readonly AttributeChange[],
    wanted: Attributes,
  ): Promise<Weighed> {
    if (!this.isAnyKnown) return { changes, left: [], event: null };
    const { store, drift } = this.#context;
    const known = await store.drift.of(mv.id);
    const kept: AttributeChange[] = [];
    const left: AttributeChange[] = [];
    const drifted = new Set<string>();
    for (const change of changes) {
      const name = change.attribute;
      const isDrift =
        known.attributes.has(name) &&
        isSameValue(known.attributes.get(name), wanted[name]) &&
        !(await this.#isOwnOldValue(mv.anchor, change)) &&
        !(await this.#isOwnValue(mv.anchor, change));
      if (!isDrift) {
        kept.push(change);
        continue;
      }
      drifted.add(name);
      if (isLeft(drift, name, change.native)) left.push(change);
      else kept.push({ ...change, drift: true });
    }
    await store.drift.forget(
      mv.id,
      [...known.attributes.keys()].filter((name) => !drifted.has(name)),
    );
    return { changes: kept, left, event: known.event };
  }

  /** A replica that lags behind shows what we have overwritten a moment ago: nobody changed that back. */
  async #isOwnOldValue(anchor: string | null, { attribute, from }: AttributeChange): Promise<boolean> {
    if (anchor === null) return false;
    const { store, now } = this.#context;
    const since = new Date(now().getTime() - LONGEST_LAG).toISOString();
    const recent = (await store.apply.changesOf(anchor, HISTORY_SEARCHED)).filter(
      (entry) => entry.at > since && (entry.action === 'update' || entry.action === 'link'),
    );
    return recent.some((entry) =>
      (JSON.parse(entry.body) as readonly AttributeChange[]).some(
        (one) => one.attribute === attribute && JSON.stringify(one.from) === JSON.stringify(from),
      ),
    );
  }

  /** What the tenant holds was written by us last, or by the other server for this tenant: it only did not reach what we believe. */
  async #isOwnValue(anchor: string | null, { attribute, from }: AttributeChange): Promise<boolean> {
    if (anchor === null) return false;
    for (const entry of await this.#context.store.apply.changesOf(anchor, HISTORY_SEARCHED)) {
      if (!WRITES_VALUES.has(entry.action)) continue;
      const written = (JSON.parse(entry.body) as readonly AttributeChange[]).find((one) => one.attribute === attribute);
      if (written !== undefined) return JSON.stringify(written.to) === JSON.stringify(from);
    }
    return false;
  }

  /** The reference attributes of which a change in the tenant stays. */
  leftReferences(attributes: readonly string[]): ReadonlySet<string> {
    return new Set(attributes.filter((name) => isLeft(this.#context.drift, name, name)));
  }
}

function isLeft(policy: DriftPolicy, attribute: string, native: string): boolean {
  if (attribute === 'member' && policy.members !== undefined) return policy.members === 'leave';
  const own = Object.entries(policy.attributes).find(([name]) =>
    [attribute, native].some((one) => one.toLowerCase() === name.toLowerCase()),
  );
  return (own?.[1] ?? policy.default) === 'leave';
}

/** Where the policy is another one than at the last sync, everything that was changed in the tenant is looked at again. In the caller's transaction. */
export async function touchWhenPolicyChanged({ store, drift }: EngineContext): Promise<void> {
  const policy = JSON.stringify(drift);
  const before = await store.meta(POLICY);
  if (before === policy) return;
  await store.setMeta(POLICY, policy);
  if (before === null || !(await store.drift.isAnyKnown())) return;
  await store.drift.touchAll();
  await store.sync.raiseVersion();
}

/** The object without the values that stay as the tenant has them. */
export function keepLeft(wanted: Attributes, left: readonly AttributeChange[], current: Attributes | null): Attributes {
  if (left.length === 0) return wanted;
  const names = new Set(left.map((change) => change.attribute));
  const others = Object.entries(wanted).filter(([name]) => !names.has(name));
  const held = Object.entries(current ?? {}).filter(([name]) => names.has(name));
  return Object.fromEntries([...others, ...held]);
}

export function leftFindings(object: ObjectName | null, left: readonly AttributeChange[]): readonly Finding[] {
  return left.map(({ native, from, to }) =>
    finding('drift-left', 'plan', {
      object,
      attribute: native,
      value: from === null ? null : textOf(from),
      cause: `${native} was changed in the tenant from ${quoted(to)}, which the directory still says, to ${quoted(from)}, and the configuration leaves such a change alone.`,
      remedy: remedyOf(`attributes.${native}`),
    }),
  );
}

/** One finding for what came and one for what went, however many there are. */
export function leftReferenceFinding(
  object: ObjectName | null,
  { attribute, isHeld, count }: LeftReferences,
  named: readonly ObjectName[],
): Finding {
  const names = named.map((one) => one.name).join(', ');
  const all = count > named.length ? `${names} and ${count - named.length} more` : names;
  const what = isHeld
    ? `The tenant has ${all} as ${attribute}, the directory has not: it was added in the tenant`
    : `The directory has ${all} as ${attribute}, the tenant has not: it was removed in the tenant`;
  return finding('drift-left', 'plan', {
    object,
    otherObject: named[0] ?? null,
    attribute,
    value: all,
    cause: `${what}, and the configuration leaves such a change alone.`,
    remedy: remedyOf(attribute === 'member' ? 'members' : `attributes.${attribute}`),
  });
}

function remedyOf(key: string): string {
  return `Nothing, if the change is meant: it stays until the value changes in the directory. Else set drift.${key}: correct in dirbridge.yaml; the next run then puts it right.`;
}

function quoted(value: PlanValue): string {
  return value === null ? 'nothing' : `"${textOf(value)}"`;
}

function textOf(value: Exclude<PlanValue, null>): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
