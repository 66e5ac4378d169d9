import type { ObjectChange, TargetType } from '../../model/change.ts';
import type { Licence } from '../../model/licence.ts';
import type { Attributes, Value } from '../../model/value.ts';
import {
  type CheckLine,
  type HeldLicences,
  type ReadEvent,
  type ReadRequest,
  type RoleHolders,
  type SettledWrite,
  type TargetConnector,
  type TargetSchema,
  type TargetValue,
  type TargetWrite,
  TENANT_FACTS,
  type WriteFailure,
  type WriteResult,
} from '../connector.ts';
import { createMemoryConnector, type MemoryConnector } from './connector.ts';
import type { MemoryEntry, MemoryObject } from './directory.ts';
import { MemoryLicences } from './licences.ts';
import { createMemoryPasswordTarget, type MemoryPasswordTarget } from './password-target.ts';
import { UniqueValues } from './unique-values.ts';

export interface MemoryTargetOptions {
  readonly schema: TargetSchema;
  /** What `begin` carries; by default an initial and one verified domain of contoso. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly chunkSize?: number;
  readonly now?: () => Date;
  /** Types whose deleted objects can be restored; like Entra, users by default. */
  readonly restorableTypes?: readonly TargetType[];
}

/** A tenant in memory: for unit tests and measurements. Ids are a running number in the form of a GUID. */
export interface MemoryTarget extends TargetConnector {
  readonly passwordTarget: MemoryPasswordTarget;
  /** The objects with their feed: edit, remove, refuse watermarks as somebody else would do it. */
  readonly tenant: MemoryConnector;
  /** How many writes were carried out, and how many of them by action. */
  readonly written: Readonly<Record<TargetWrite['action'], number>>;
  /** Makes an object as an administrator of the tenant would, and gives its id. */
  seed(type: TargetType, attributes: Attributes, references?: MemoryEntry['references']): string;
  find(anchor: string): MemoryObject | undefined;
  /** The next `times` writes that match are refused with this failure. */
  refuse(match: (write: TargetWrite) => boolean, failure: WriteFailure, times?: number): void;
  readRoleHolders(): Promise<RoleHolders>;
  /** Who holds which administrator roles from now on, by id; a text: why the tenant does not tell. */
  setRoleHolders(holders: Readonly<Record<string, readonly string[]>> | string): void;
  readLicences(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>>;
  /** Gives a user these licences and no others directly, as an administrator would. */
  license(targetId: string, licences: readonly Licence[]): void;
  /** What a user holds directly. */
  licencesOf(targetId: string): readonly Licence[];
  /** So many users can hold the licence from now on; without that: any number. */
  setSeats(licence: string, seats: number): void;
  /** `write` throws `error` right after so many further writes took effect, before it answers for them. */
  breakAfter(writes: number, error: Error): void;
}

/** Makes an empty tenant that keeps objects, references, unique values and a recycle bin. */
export function createMemoryTarget(options: MemoryTargetOptions): MemoryTarget {
  return new MemoryTenant(options);
}

const DEFAULT_FACTS = {
  [TENANT_FACTS.tenantId]: '11111111-1111-4111-8111-111111111111',
  [TENANT_FACTS.initialDomain]: 'contoso.onmicrosoft.com',
  [TENANT_FACTS.verifiedDomains]: 'contoso.onmicrosoft.com contoso.com',
};

interface Refusal {
  readonly match: (write: TargetWrite) => boolean;
  readonly failure: WriteFailure;
  times: number;
}

interface Breakage {
  left: number;
  readonly error: Error;
}

class MemoryTenant implements MemoryTarget {
  readonly name = 'tenant';
  readonly kind = 'memory';
  readonly schema: TargetSchema;
  readonly chunkSize: number;
  readonly tenant: MemoryConnector;
  readonly passwordTarget: MemoryPasswordTarget;
  readonly written = { create: 0, update: 0, delete: 0, restore: 0, refer: 0, members: 0, license: 0 };
  readonly #now: () => Date;
  readonly #restorable: ReadonlySet<string>;
  readonly #anchorAttribute: string;
  readonly #unique: UniqueValues;
  readonly #idByAnchor = new Map<string, string>();
  readonly #bin = new Map<string, MemoryObject>();
  readonly #licences = new MemoryLicences();
  #refusals: readonly Refusal[] = [];
  #breakage: Breakage | null = null;
  #roleHolders: RoleHolders = { isKnown: true, holders: [] };
  #lastId = 0;

  constructor(options: MemoryTargetOptions) {
    this.schema = options.schema;
    this.chunkSize = options.chunkSize ?? 20;
    this.tenant = createMemoryConnector('tenant', { parameters: { ...DEFAULT_FACTS, ...options.facts } });
    this.passwordTarget = createMemoryPasswordTarget((id) => this.#userOf(id));
    this.#now = options.now ?? (() => new Date());
    this.#restorable = new Set(options.restorableTypes ?? ['user']);
    this.#unique = new UniqueValues(options.schema);
    this.#anchorAttribute =
      options.schema.attributes.find((one) => one.uniqueGroup === 'sourceAnchor')?.name ?? 'sourceAnchor';
  }

  seed(type: TargetType, attributes: Attributes, references: MemoryEntry['references'] = {}): string {
    this.#lastId++;
    const id = `00000000-0000-4000-8000-${this.#lastId.toString(16).padStart(12, '0')}`;
    this.tenant.put({ anchor: id, type, attributes, references });
    this.#unique.take(attributes, id);
    return id;
  }

  find(anchor: string): MemoryObject | undefined {
    const id = this.#idOf(anchor);
    return id === undefined ? undefined : this.tenant.directory.get(id);
  }

  refuse(match: (write: TargetWrite) => boolean, failure: WriteFailure, times = 1): void {
    this.#refusals = [...this.#refusals, { match, failure, times }];
  }

  setRoleHolders(holders: Readonly<Record<string, readonly string[]>> | string): void {
    this.#roleHolders =
      typeof holders === 'string'
        ? { isKnown: false, reason: holders }
        : { isKnown: true, holders: Object.entries(holders).map(([id, roles]) => ({ id, roles })) };
  }

  async readRoleHolders(): Promise<RoleHolders> {
    return this.#roleHolders;
  }

  async readLicences(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>> {
    return new Map(targetIds.map((id) => [id, this.#heldBy(id)]));
  }

  #heldBy(id: string): HeldLicences {
    if (this.tenant.directory.get(id) === undefined) return { outcome: 'gone' };
    return { outcome: 'read', licences: this.#licences.of(id) };
  }

  license(targetId: string, licences: readonly Licence[]): void {
    this.#licences.set(targetId, licences);
  }

  licencesOf(targetId: string): readonly Licence[] {
    return this.#licences.of(targetId);
  }

  #userOf(id: string): { readonly isEnabled: boolean } | null {
    const user = this.tenant.directory.get(id);
    return user === undefined ? null : { isEnabled: user.attributes['accountEnabled'] !== false };
  }

  setSeats(licence: string, seats: number): void {
    this.#licences.setSeats(licence, seats);
  }

  breakAfter(writes: number, error: Error): void {
    this.#breakage = { left: writes, error };
  }

  async *check(): AsyncGenerator<CheckLine> {
    yield* this.tenant.check();
  }

  read(request: ReadRequest): AsyncIterable<ReadEvent> {
    return this.tenant.read(request);
  }

  fetch(anchors: readonly string[], request: ReadRequest): AsyncIterable<readonly ObjectChange[]> {
    return this.tenant.fetch(anchors, request);
  }

  async close(): Promise<void> {}

  async *write(chunks: AsyncIterable<readonly TargetWrite[]>): AsyncGenerator<readonly WriteResult[]> {
    for await (const chunk of chunks) {
      const results: WriteResult[] = [];
      for (const write of chunk) {
        if (this.#breakage?.left === 0) this.#break(this.#breakage);
        results.push(this.#carryOut(write));
        if (this.#breakage) this.#breakage.left--;
      }
      if (this.#breakage?.left === 0) this.#break(this.#breakage);
      yield results;
    }
  }

  async *settle(writes: readonly TargetWrite[]): AsyncGenerator<readonly SettledWrite[]> {
    yield writes.map((write) => this.#settleOne(write));
  }

  #settleOne(write: TargetWrite): SettledWrite {
    if (write.action === 'create') {
      const targetId = this.#idOf(write.anchor);
      return targetId === undefined
        ? { id: write.id, outcome: 'not-done' }
        : { id: write.id, outcome: 'done', targetId };
    }
    if (write.action !== 'delete' && write.action !== 'restore') return { id: write.id, outcome: 'unknown' };
    const isThere = this.tenant.directory.get(write.targetId) !== undefined;
    return { id: write.id, outcome: isThere === (write.action === 'restore') ? 'done' : 'not-done' };
  }

  #break(breakage: Breakage): never {
    this.#breakage = null;
    throw breakage.error;
  }

  #carryOut(write: TargetWrite): WriteResult {
    const refusal = this.#refusals.find((one) => one.times > 0 && one.match(write));
    if (refusal) {
      refusal.times--;
      return { id: write.id, outcome: 'failed', failure: refusal.failure };
    }
    const result = this.#perform(write);
    if (result.outcome === 'done') this.written[write.action]++;
    return result;
  }

  #perform(write: TargetWrite): WriteResult {
    if (write.action === 'create') return this.#create(write);
    if (write.action === 'update') return this.#update(write);
    if (write.action === 'refer' || write.action === 'members') return this.#refer(write);
    if (write.action === 'license') return this.#license(write);
    return this.#deleteOrRestore(write);
  }

  #license(write: TargetWrite & { readonly action: 'license' }): WriteResult {
    const { id, targetId } = write;
    if (this.tenant.directory.get(targetId) === undefined) return { id, outcome: 'gone', failure: notFound(targetId) };
    const failedLicences = this.#licences.give(targetId, write.licences);
    return { id, outcome: 'done', targetId, ...(failedLicences.length > 0 ? { failedLicences } : {}) };
  }

  #create(write: TargetWrite & { readonly action: 'create' }): WriteResult {
    const attributes = { ...write.attributes, [this.#anchorAttribute]: write.anchor };
    const taken = this.#unique.findConflict(attributes, null) ?? this.#findAnchor(write.anchor);
    if (taken) return { id: write.id, outcome: 'failed', failure: taken };
    const id = this.seed(write.type, attributes);
    this.#idByAnchor.set(write.anchor, id);
    return { id: write.id, outcome: 'done', targetId: id };
  }

  #update(write: TargetWrite & { readonly action: 'update' }): WriteResult {
    const object = this.tenant.directory.get(write.targetId);
    if (!object) return { id: write.id, outcome: 'gone', failure: notFound(write.targetId) };
    const set: Record<string, Value> = {};
    for (const [name, value] of Object.entries(write.attributes)) if (value !== null) set[name] = value;
    const taken = this.#unique.findConflict(set, object.anchor);
    if (taken) return { id: write.id, outcome: 'failed', failure: taken };
    this.#unique.release(pick(object.attributes, write.attributes), object.anchor);
    this.#unique.take(set, object.anchor);
    this.tenant.edit(object.anchor, { attributes: write.attributes });
    const anchor = write.attributes[this.#anchorAttribute];
    if (typeof anchor === 'string') this.#idByAnchor.set(anchor, object.anchor);
    return { id: write.id, outcome: 'done', targetId: object.anchor };
  }

  #delete(object: MemoryObject): void {
    const isRestorable = this.#restorable.has(object.type);
    this.tenant.directory.remove(
      object.anchor,
      isRestorable ? { restorable: true, deletedAt: this.#now().toISOString() } : {},
    );
    this.#unique.release(object.attributes, object.anchor);
    this.#licences.set(object.anchor, []);
    if (isRestorable) this.#bin.set(object.anchor, object);
  }

  #deleteOrRestore(write: TargetWrite & { readonly action: 'delete' | 'restore' }): WriteResult {
    const done: WriteResult = { id: write.id, outcome: 'done', targetId: write.targetId };
    const live = this.tenant.directory.get(write.targetId);
    if (write.action === 'delete' && live) this.#delete(live);
    if (write.action === 'delete' || live) return done;
    const object = this.#bin.get(write.targetId);
    if (!object) return { id: write.id, outcome: 'gone', failure: notFound(write.targetId) };
    const attributes = changed(object.attributes, write.attributes ?? {});
    const taken = this.#unique.findConflict(attributes, object.anchor);
    if (taken) return { id: write.id, outcome: 'failed', failure: taken };
    this.#bin.delete(object.anchor);
    this.#unique.take(attributes, object.anchor);
    this.tenant.put({ ...object, attributes, references: {} });
    return done;
  }

  #refer(write: TargetWrite & { readonly action: 'refer' | 'members' }): WriteResult {
    const object = this.tenant.directory.get(write.targetId);
    if (!object) return { id: write.id, outcome: 'gone', failure: notFound(write.targetId) };
    const wanted = write.action === 'refer' ? [write.to].filter((to) => to !== null) : write.add;
    const add = wanted.filter((to) => this.tenant.directory.get(to) !== undefined);
    const refused = wanted.filter((to) => this.tenant.directory.get(to) === undefined);
    if (write.action === 'refer' && refused[0] !== undefined)
      return { id: write.id, outcome: 'failed', failure: notFound(refused[0]) };
    const remove = write.action === 'refer' ? [...(object.references.get(write.attribute) ?? [])] : [...write.remove];
    this.tenant.edit(object.anchor, { references: { [write.attribute]: { add, remove } } });
    const done: WriteResult = { id: write.id, outcome: 'done', targetId: object.anchor };
    if (refused.length === 0) return done;
    return { ...done, failedReferences: refused.map((to) => ({ to, failure: notFound(to) })) };
  }

  /** The id of the live object that carries a source anchor. */
  #idOf(anchor: string): string | undefined {
    const id = this.#idByAnchor.get(anchor);
    if (id !== undefined && this.tenant.directory.get(id)) return id;
    return this.#unique.holderOf(this.#anchorAttribute, anchor);
  }

  #findAnchor(anchor: string): WriteFailure | null {
    const otherTargetId = this.#idOf(anchor);
    if (otherTargetId === undefined) return null;
    const message = `Another object carries the source anchor ${anchor} already.`;
    return { code: 'conflict', message, attribute: this.#anchorAttribute, value: anchor, otherTargetId };
  }
}

function notFound(id: string): WriteFailure {
  return { code: 'notFound', message: `Resource '${id}' does not exist.` };
}

/** The attributes after a write; null clears. */
function changed(attributes: Attributes, by: Readonly<Record<string, TargetValue>>): Attributes {
  const values = { ...attributes, ...by };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== null));
}

function pick(
  held: Readonly<Record<string, Value>>,
  named: Readonly<Record<string, TargetValue>>,
): Readonly<Record<string, Value>> {
  const picked: Record<string, Value> = {};
  for (const name in named) {
    const value = held[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
