import { createHash } from 'node:crypto';
import { TENANT_FACTS } from '../connectors/connector.ts';
import type { AttributeChange, PlanValue } from '../model/plan.ts';
import { printValue } from '../model/value.ts';
import type { LookupValue, StoredOperation } from '../store/store.ts';
import { findCircles, levelsOf } from './circles.ts';
import { type EngineContext, TENANT } from './context.ts';
import { uniqueKey } from './lookup.ts';

/** A unique value that an operation had to give up, and who has it. */
export interface LostValue {
  readonly mv: number;
  readonly attribute: string;
  readonly native: string;
  readonly value: string;
  readonly otherMv: number | null;
  readonly otherObject: number;
  /** Whether the other one has no more than come first with the same wish. */
  readonly isFirst: boolean;
  /** What it has for the time being; null: it goes without. */
  readonly meanwhile: string | null;
  /** One of several values of the attribute: the others go on. */
  readonly isOneOfMany?: boolean;
}

/** Before the @ (Graph, resources/user), with the digits that tell a name for the time being. */
const LONGEST_NAME = 64;
const DIGITS = 4;

interface Rival {
  readonly mv: number | null;
  readonly id: number;
  readonly isFirst: boolean;
}

interface Wait {
  readonly operation: number;
  readonly on: number;
  readonly value: LookupValue;
}

/**
 * Values that must be unique in the tenant: an operation that takes one from an object which gives it up in the same plan waits for that;
 * where objects exchange values in a circle, one of them steps aside first; a value that nobody gives up, or that two objects want, is lost by the
 * one that does not have it. Answers what was lost; the rest of those objects still goes.
 */
export async function settleUniqueValues(
  context: EngineContext,
  plan: number,
  facts: Readonly<Record<string, string>>,
): Promise<readonly LostValue[]> {
  const settling = new UniqueValues(context, plan, facts);
  return settling.settle();
}

class UniqueValues {
  readonly #context: EngineContext;
  readonly #plan: number;
  readonly #facts: Readonly<Record<string, string>>;
  readonly #kinds: ReadonlyMap<string, string>;
  readonly #lost: LostValue[] = [];

  constructor(context: EngineContext, plan: number, facts: Readonly<Record<string, string>>) {
    this.#context = context;
    this.#plan = plan;
    this.#facts = facts;
    this.#kinds = new Map(
      context.target.schema.attributes.flatMap((one) =>
        one.uniqueGroup === undefined ? [] : [[one.name, one.uniqueGroup] as const],
      ),
    );
  }

  async settle(): Promise<readonly LostValue[]> {
    const { plans } = this.#context.store;
    for (const { value, operations } of await plans.doubleClaims(this.#plan))
      await this.#settleDouble(value, operations);
    // Whoever loses a value keeps its old one, which then nobody else can have: again until nothing is lost any more.
    for (;;) {
      const waits: Wait[] = [];
      let lost = false;
      for (const { operation, value, holder } of await plans.conflicts(this.#plan)) {
        const release = holder.mv === null ? null : await plans.operationOf(this.#plan, holder.mv);
        if (release !== null && this.#releases(release, value)) waits.push({ operation, on: release.id, value });
        else lost = (await this.#lose(operation, value, { mv: holder.mv, id: holder.id, isFirst: false })) || lost;
      }
      if (lost) continue;
      await this.#orderWaits(waits);
      return this.#lost;
    }
  }

  /** Of several new claims the first by type and anchor wins, so that the same input always gives the same plan. */
  async #settleDouble(value: LookupValue, operations: readonly number[]): Promise<void> {
    const [first, ...others] = operations;
    if (first === undefined) return;
    const winner = await this.#context.store.plans.operation(first);
    if (winner === null) return;
    for (const other of others)
      await this.#lose(other, value, { mv: winner.mv, id: winner.object ?? 0, isFirst: true });
  }

  #releases(operation: StoredOperation, value: LookupValue): boolean {
    if (operation.action === 'delete') return true;
    if (!isAmending(operation)) return false;
    const touching = operation.changes.filter((change) => this.#kinds.get(change.attribute) === value.kind);
    const gives = touching.some((change) => this.#keys(value.kind, change.from).includes(value.key));
    return gives && !touching.some((change) => this.#keys(value.kind, change.to).includes(value.key));
  }

  #keys(kind: string, value: PlanValue): readonly string[] {
    const list = Array.isArray(value) ? value : [value];
    return list.flatMap((one) => (typeof one === 'string' ? [uniqueKey(kind, one)] : []));
  }

  /** Takes the value out of the operation; a creation that cannot be without it is given up. */
  async #lose(
    operation: number,
    value: LookupValue,
    { mv: otherMv, id: otherObject, isFirst }: Rival,
  ): Promise<boolean> {
    const { plans } = this.#context.store;
    await plans.dropClaim(this.#plan, operation, value);
    const stored = await plans.operation(operation);
    if (stored === null) return false;
    const changes = stored.changes.filter(
      (one) => this.#kinds.get(one.attribute) === value.kind && this.#keys(value.kind, one.to).includes(value.key),
    );
    const change = changes.find(({ to }) => !Array.isArray(to));
    // The same address may be the mail of an object and among its addresses.
    const shortened = stored.changes.flatMap((one) => this.#withoutValue(one, value, changes) ?? []);
    const [list] = changes;
    if (change === undefined && list !== undefined) {
      this.#lost.push({
        mv: stored.mv,
        attribute: list.attribute,
        native: list.native,
        value: this.#valuesOf(list.to, value).join(', '),
        otherMv,
        otherObject,
        isFirst,
        meanwhile: null,
        isOneOfMany: true,
      });
      if (shortened.length === 0 && isChange(stored)) await plans.removeOperation(operation);
      else await plans.updateOperation(operation, { changes: shortened });
      return true;
    }
    if (change === undefined) {
      if (stored.action !== 'restore') return false;
      const written = this.#context.target.schema.attributes.find(
        (one) => one.uniqueGroup === value.kind && one.readOnly !== true,
      );
      this.#lost.push({
        mv: stored.mv,
        attribute: written?.name ?? value.kind,
        native: written?.native ?? value.kind,
        value: value.key,
        otherMv,
        otherObject,
        isFirst,
        meanwhile: await this.#restoreWithout(stored, value),
      });
      return true;
    }
    const isName = change.attribute === 'userPrincipalName';
    const renamed = isName && !isChange(stored) ? await this.#freeName(stored.anchor, String(change.to)) : null;
    const kept = isChange(stored) && typeof change.from === 'string' ? change.from : null;
    this.#lost.push({
      mv: stored.mv,
      attribute: change.attribute,
      native: change.native,
      value: String(change.to),
      otherMv,
      otherObject,
      isFirst,
      meanwhile: renamed ?? kept,
    });
    if (renamed !== null) {
      await this.#rename(stored, change, renamed);
      return true;
    }
    const rest = shortened.filter((one) => one !== change);
    const required =
      this.#context.target.schema.attributes.find((one) => one.name === change.attribute)?.required === true;
    if (!isChange(stored) && required) await this.#giveUp(stored);
    else if (rest.length === 0 && isChange(stored)) await plans.removeOperation(operation);
    else await plans.updateOperation(operation, { changes: rest });
    return true;
  }

  /** A change whose list no longer holds the value; as it is where it never did; null where nothing is left to be changed. */
  #withoutValue(
    change: AttributeChange,
    value: LookupValue,
    touched: readonly AttributeChange[],
  ): AttributeChange | null {
    const { from, to } = change;
    if (!touched.includes(change) || !Array.isArray(to)) return change;
    const lost = this.#valuesOf(to, value);
    const kept = to.filter((one) => !lost.includes(String(one)));
    const before = Array.isArray(from) ? from : [];
    // Whoever does not get his new primary address keeps the one he has.
    const primary = kept.some(isPrimary) ? undefined : before.find(isPrimary);
    const left = primary === undefined ? kept : [primary, ...kept.filter((one) => !isSameAddress(one, primary))];
    const isSame = left.length === before.length && left.every((one) => before.includes(one));
    return isSame ? null : { ...change, to: left.length === 0 ? null : left };
  }

  #valuesOf(list: PlanValue, { kind, key }: LookupValue): readonly string[] {
    const texts = (Array.isArray(list) ? list : [list]).filter((one) => typeof one === 'string');
    return texts.filter((one) => uniqueKey(kind, one) === key);
  }

  /**
   * A restored object would bring the value back as it was: it comes back without it, under another name, or not at all where it cannot be without.
   * Answers the other name.
   */
  async #restoreWithout(operation: StoredOperation, value: LookupValue): Promise<string | null> {
    const { plans, spaces } = this.#context.store;
    const before = operation.object === null ? null : await spaces.objectById(operation.object);
    const held = this.#context.target.schema.attributes.filter(
      (one) =>
        one.uniqueGroup === value.kind &&
        one.readOnly !== true &&
        this.#keys(value.kind, printValue(before?.attributes[one.name] ?? '')).includes(value.key),
    );
    const name = held.find((one) => one.name === 'userPrincipalName');
    if (name !== undefined) {
      const from = String(before?.attributes[name.name] ?? '');
      const to = await this.#freeName(operation.anchor, from);
      await this.#rename(operation, { attribute: name.name, native: name.native, from, to: from }, to);
      return to;
    }
    if (held.some((one) => one.required === true)) {
      await this.#giveUp(operation);
      return null;
    }
    const cleared = held.map((one): AttributeChange => {
      const from = before?.attributes[one.name];
      return { attribute: one.name, native: one.native, from: from === undefined ? null : printValue(from), to: null };
    });
    await plans.updateOperation(operation.id, { changes: [...operation.changes, ...cleared] });
    return null;
  }

  /** The name that a user has until the one it is to have is free. */
  async #rename(operation: StoredOperation, change: AttributeChange, to: string): Promise<void> {
    const { plans } = this.#context.store;
    const changes = operation.changes.filter((one) => one.attribute !== change.attribute);
    const at = operation.changes.findIndex((one) => one.attribute === change.attribute);
    changes.splice(at < 0 ? changes.length : at, 0, { ...change, to });
    await plans.updateOperation(operation.id, { changes });
    await plans.addClaim(this.#plan, operation.id, {
      kind: 'userPrincipalName',
      key: uniqueKey('userPrincipalName', to),
    });
  }

  /** As the tenant itself quarantines a name that is taken ("duplicate attribute resiliency"): four digits behind it, at the initial domain. */
  async #freeName(anchor: string, wanted: string): Promise<string> {
    const { plans, spaces } = this.#context.store;
    const tenant = (await spaces.spaces()).find((space) => space.name === TENANT)?.id ?? 0;
    const prefix = (wanted.split('@')[0] ?? '').slice(0, LONGEST_NAME - DIGITS);
    for (let attempt = 0; ; attempt++) {
      const seed = createHash('sha256').update(`${anchor}/${attempt}`).digest().readUInt32BE(0);
      const name = `${prefix}${String(seed % 10 ** DIGITS).padStart(DIGITS, '0')}@${this.#facts[TENANT_FACTS.initialDomain] ?? ''}`;
      const value = { kind: 'userPrincipalName', key: uniqueKey('userPrincipalName', name) };
      if (await plans.isClaimed(this.#plan, value)) continue;
      if ((await spaces.objectsByValue(tenant, value)).length === 0) return name;
    }
  }

  async #giveUp(operation: StoredOperation): Promise<void> {
    await this.#context.store.plans.removeOperation(operation.id);
    await this.#context.store.plans.setWanted(operation.mv, false);
  }

  async #orderWaits(found: readonly Wait[]): Promise<void> {
    const { plans } = this.#context.store;
    const followUps = await this.#clearAddresses(found);
    const waits = found.map((wait) => {
      const followUp = wait.value.kind === 'address' ? followUps.get(wait.operation) : undefined;
      return followUp === undefined ? wait : { ...wait, operation: followUp };
    });
    const after = new Map<number, Set<number>>();
    for (const [operation, followUp] of followUps) after.set(followUp, new Set([operation]));
    for (const { operation, on } of waits) after.set(operation, (after.get(operation) ?? new Set()).add(on));
    const compare = await this.#orderOf(after);
    for (let circles = findCircles(after, compare); circles.length > 0; circles = findCircles(after, compare)) {
      for (const circle of circles) {
        const [first] = [...circle].sort(compare);
        if (first !== undefined) await this.#stepAside(first, after, waits, followUps.get(first));
      }
    }
    const levels = levelsOf(after);
    for (const [operation, on] of after) {
      await plans.updateOperation(operation, { waits: [...on].sort(compare), level: levels.get(operation) ?? 0 });
    }
  }

  /** An order of operations that is the same whatever numbers they got. */
  async #orderOf(after: ReadonlyMap<number, ReadonlySet<number>>): Promise<(a: number, b: number) => number> {
    const keys = new Map<number, string>();
    for (const id of new Set([...after].flatMap(([operation, on]) => [operation, ...on]))) {
      const stored = await this.#context.store.plans.operation(id);
      if (stored !== null) keys.set(id, `${stored.type}/${stored.anchor}`);
    }
    return (a, b) => {
      const [left, right] = [keys.get(a) ?? '', keys.get(b) ?? ''];
      return left === right ? a - b : left < right ? -1 : 1;
    };
  }

  /**
   * Gives up addresses that others wait for. An object that takes a new address keeps the former one as a secondary address; only clearing
   * releases it. So it clears first and takes its new address in a second operation. Answers those by the first.
   */
  async #clearAddresses(waits: readonly Wait[]): Promise<ReadonlyMap<number, number>> {
    const { plans } = this.#context.store;
    const followUps = new Map<number, number>();
    if (this.#context.target.schema.replacesAddresses === true) return followUps;
    for (const on of new Set(waits.filter((wait) => wait.value.kind === 'address').map((wait) => wait.on))) {
      const stored = await plans.operation(on);
      if (stored === null || !isAmending(stored)) continue;
      const moving = stored.changes.filter(
        (change) => this.#kinds.get(change.attribute) === 'address' && change.to !== null,
      );
      if (moving.length === 0) continue;
      await plans.updateOperation(on, {
        changes: stored.changes.map((change) => (moving.includes(change) ? { ...change, to: null } : change)),
      });
      const taking = moving.map((change): AttributeChange => ({ ...change, from: null }));
      followUps.set(on, await plans.addFollowUp(on, taking, [on], 1));
    }
    return followUps;
  }

  /**
   * One object of a circle takes a value of its own first, so that the others can move up, and its real one last. Its operation keeps
   * everything else; a second one follows: the one in which it takes its new address, where there is one. Nobody waits for that.
   */
  async #stepAside(
    operation: number,
    after: Map<number, Set<number>>,
    waits: readonly Wait[],
    second: number | undefined,
  ): Promise<void> {
    const { plans } = this.#context.store;
    const stored = await plans.operation(operation);
    if (stored === null) return;
    const wanted = waits.filter((wait) => wait.operation === operation);
    const moving = stored.changes.filter((change) =>
      wanted.some(
        (wait) =>
          this.#kinds.get(change.attribute) === wait.value.kind &&
          this.#keys(wait.value.kind, change.to).includes(wait.value.key),
      ),
    );
    const aside = moving.map((change): AttributeChange => ({ ...change, to: this.#temporary(change, stored.anchor) }));
    const final = moving.map((change, index): AttributeChange => ({ ...change, from: aside[index]?.to ?? null }));
    const changes = stored.changes.map((change) => aside[moving.indexOf(change)] ?? change);
    await plans.updateOperation(operation, { changes });
    const on = [...(after.get(operation) ?? [])];
    after.delete(operation);
    const followUp = second ?? (await plans.addFollowUp(operation, [], [operation], 1));
    const before = (await plans.operation(followUp))?.changes ?? [];
    await plans.updateOperation(followUp, { changes: [...final, ...before] });
    after.set(followUp, new Set([...(after.get(followUp) ?? [operation]), ...on]));
  }

  /** A user principal name nobody else has, at the initial domain; anything else can be without a value for a moment. */
  #temporary(change: AttributeChange, anchor: string): PlanValue {
    if (change.attribute !== 'userPrincipalName') return null;
    const mark = createHash('sha256').update(anchor).digest('hex').slice(0, 12);
    return `moving-${mark}@${this.#facts[TENANT_FACTS.initialDomain] ?? ''}`;
  }
}

function isPrimary(address: unknown): boolean {
  return typeof address === 'string' && address.startsWith('SMTP:');
}

function isSameAddress(one: unknown, other: unknown): boolean {
  return uniqueKey('address', String(one)) === uniqueKey('address', String(other));
}

/** Whether its object is there already and keeps whatever the operation does not change. What comes back has its former values for a moment, and gives them up right after. */
function isAmending(operation: StoredOperation): boolean {
  return isChange(operation) || operation.action === 'restore';
}

function isChange({ action }: StoredOperation): boolean {
  return action === 'update' || action === 'link';
}
