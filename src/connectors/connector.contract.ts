import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirbridgeError } from '../errors.ts';
import type { ObjectChange, Place, ReferenceChange } from '../model/change.ts';
import { isSameValue, type Value } from '../model/value.ts';
import type { Connector, ReadEvent, ReadProblem, ReadRequest } from './connector.ts';

/** An object as the suite asks a harness to make it. */
export interface ContractObject {
  readonly type: 'user' | 'group' | 'organizationalUnit';
  readonly name: string;
  /** Anchor of the container that it is to hang in; the harness's own place for objects otherwise. */
  readonly parent?: string;
  /** Values of attributes that `ConnectorHarness.attributes` names. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Anchors of members (groups only). */
  readonly members?: readonly string[];
}

/**
 * A directory that the suite can change, with a connector on it. The mutators resolve when a read that starts afterwards sees the change.
 * A directory may hold more than the suite makes; the suite looks at its own objects only.
 */
export interface ConnectorHarness {
  readonly connector: Connector;
  /** Two attributes of users that hold text, can be cleared, and need not be unique. */
  readonly attributes: readonly [string, string];
  /** The reference attribute of a group that holds its members. */
  readonly memberReference: string;
  create(object: ContractObject): Promise<string>;
  setAttribute(anchor: string, attribute: string, value: string | null): Promise<void>;
  remove(anchor: string): Promise<void>;
  changeMembers(group: string, add: readonly string[], remove: readonly string[]): Promise<void>;
  /** For directories with a tree: a new relative name, another parent. */
  readonly tree?: {
    rename(anchor: string, name: string): Promise<void>;
    move(anchor: string, parent: string): Promise<void>;
  };
  /** From now on the directory refuses the watermarks given out so far; or: what the given watermark looks like damaged. */
  refuseWatermark(watermark: string): Promise<string>;
  /** The next read breaks in the middle. Resolves to the undoing of it. */
  breakNextRead(): Promise<() => Promise<void>>;
  /** Makes this many users at once, where that is cheap. */
  fill?(count: number): Promise<void>;
  close(): Promise<void>;
}

/** What the directory can do at all: the suite leaves out what it cannot. */
export interface ContractTraits {
  readonly hasTree: boolean;
  readonly canFill: boolean;
}

/** What a reader knows of an object after having applied every change. */
export interface HeldObject {
  readonly type: string;
  readonly place: Place | null;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly references: Readonly<Record<string, ReadonlySet<string>>>;
}

export interface ReadOutcome {
  readonly begin: ReadEvent & { readonly kind: 'begin' };
  readonly watermark: string;
  readonly changes: readonly ObjectChange[];
  readonly problems: readonly ReadProblem[];
  readonly pages: readonly number[];
}

/** The simplest reader there is: holds everything, and applies what a connector delivers as the contract says. */
export class ContractSpace {
  readonly objects = new Map<string, HeldObject>();
  readonly #open = new Set<string>();

  /** Reads to the end, checks the order of events, and applies them. */
  async read(connector: Connector, request: ReadRequest): Promise<ReadOutcome> {
    const events: ReadEvent[] = [];
    for await (const event of connector.read(request)) events.push(event);
    const [begin] = events;
    const end = events.at(-1);
    if (begin?.kind !== 'begin' || end?.kind !== 'end') throw new Error('a read starts with begin and ends with end');
    const pages = events.slice(1, -1).map((event) => {
      if (event.kind !== 'page') throw new Error(`${event.kind} stands between begin and end`);
      return event;
    });
    const changes = pages.flatMap((page) => page.changes);
    const seen = new Set(pages.flatMap((page) => page.changes.map((change) => change.anchor)));
    for (const page of pages) for (const problem of page.problems ?? []) if (problem.anchor) seen.add(problem.anchor);
    if (begin.mode === 'full')
      for (const anchor of this.objects.keys()) if (!seen.has(anchor)) this.objects.delete(anchor);
    await this.apply(changes, connector, request);
    const problems = pages.flatMap((page) => page.problems ?? []);
    return { begin, watermark: end.watermark, changes, problems, pages: pages.map((page) => page.changes.length) };
  }

  /** Applies changes in their order; fetches an object that is patched but not held. */
  async apply(changes: readonly ObjectChange[], connector: Connector, request: ReadRequest): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'keep') continue;
      if (change.kind === 'delete') this.objects.delete(change.anchor);
      else if (change.kind === 'put') this.#put(change);
      else if (this.objects.has(change.anchor)) this.#patch(change);
      else
        for await (const page of connector.fetch([change.anchor], request)) await this.apply(page, connector, request);
    }
  }

  #put(change: ObjectChange & { readonly kind: 'put' }): void {
    const { type, place, attributes } = change;
    this.objects.set(change.anchor, {
      type,
      place,
      attributes,
      references: this.#refer(change.anchor, {}, change.references),
    });
  }

  #patch(change: ObjectChange & { readonly kind: 'patch' }): void {
    const held = this.objects.get(change.anchor);
    if (!held) return;
    const attributes = { ...held.attributes, ...change.set };
    for (const name of change.clear) delete attributes[name];
    this.objects.set(change.anchor, {
      type: change.type ?? held.type,
      place: change.place ?? held.place,
      attributes,
      references: this.#refer(change.anchor, held.references, change.references),
    });
  }

  #refer(
    anchor: string,
    held: Readonly<Record<string, ReadonlySet<string>>>,
    changes: Readonly<Record<string, ReferenceChange>>,
  ): Readonly<Record<string, ReadonlySet<string>>> {
    const references = { ...held };
    for (const [name, change] of Object.entries(changes)) {
      const list = `${anchor} ${name}`;
      const goesOn = this.#open.has(list) || change.kind === 'delta';
      const targets = new Set(goesOn ? references[name] : []);
      for (const target of change.kind === 'delta' ? change.remove : []) targets.delete(target);
      for (const target of change.kind === 'delta' ? change.add : change.targets) targets.add(target);
      if (change.kind === 'complete' && change.more) this.#open.add(list);
      else this.#open.delete(list);
      references[name] = targets;
    }
    return references;
  }

  /** The DN-like path of an object from its places; an unknown parent ends it. */
  pathOf(anchor: string): string {
    const place = this.objects.get(anchor)?.place;
    if (!place) return '';
    return place.parent === null ? place.rdn : `${place.rdn},${this.pathOf(place.parent)}`;
  }
}

/**
 * The promises of connector.ts, asked of a connector through its harness. A connector's own test makes a harness and calls this once.
 * `createHarness` is called before each test and its harness closed after it.
 */
export function describeConnectorContract(
  name: string,
  createHarness: () => Promise<ConnectorHarness>,
  traits: ContractTraits = { hasTree: true, canFill: true },
): void {
  describe(`the ${name} connector keeps the contract`, () => {
    let harness: ConnectorHarness;
    let space: ContractSpace;

    beforeEach(async () => {
      harness = await createHarness();
      space = new ContractSpace();
    });
    afterEach(() => harness.close());

    function request(watermark: string | null): ReadRequest {
      const { attributes, memberReference } = harness;
      return { watermark, attributes: [...attributes, memberReference], references: [memberReference] };
    }

    function read(watermark: string | null): Promise<ReadOutcome> {
      return space.read(harness.connector, request(watermark));
    }

    function held(anchor: string): HeldObject {
      const object = space.objects.get(anchor);
      if (!object) throw new Error(`${anchor} was not delivered`);
      return object;
    }

    function members(group: string): readonly string[] {
      return [...(held(group).references[harness.memberReference] ?? [])].sort();
    }

    it('delivers every object with its type and what was asked for, and nothing else', async () => {
      const [first, second] = harness.attributes;
      const user = await harness.create({
        type: 'user',
        name: 'ann',
        attributes: { [first]: 'Ann', [second]: 'ä, "日本" 🙂' },
      });
      const group = await harness.create({ type: 'group', name: 'staff', members: [user] });
      const outcome = await read(null);
      expect([outcome.begin.mode, outcome.begin.reason, outcome.problems]).toEqual(['full', null, []]);
      expect(held(user).type).toMatch(/^(user|inetOrgPerson)$/);
      expect(held(user).attributes).toEqual({ [first]: 'Ann', [second]: 'ä, "日本" 🙂' });
      expect(held(group).type).toBe('group');
      expect(members(group)).toEqual([user]);
    });

    it('delivers no change when there is none', async () => {
      await harness.create({ type: 'user', name: 'ann' });
      const { watermark } = await read(null);
      const outcome = await read(watermark);
      expect([outcome.begin.mode, outcome.changes]).toEqual(['delta', []]);
      expect((await read(outcome.watermark)).changes).toEqual([]);
    });

    it('tells of an object that is new, and of one that is gone', async () => {
      const old = await harness.create({ type: 'user', name: 'old' });
      const { watermark } = await read(null);
      const fresh = await harness.create({
        type: 'user',
        name: 'fresh',
        attributes: { [harness.attributes[0]]: 'Fresh' },
      });
      await harness.remove(old);
      await read(watermark);
      expect(space.objects.has(old)).toBe(false);
      expect(held(fresh).attributes[harness.attributes[0]]).toBe('Fresh');
    });

    it('tells of values that were changed, added and cleared, and leaves the others', async () => {
      const [first, second] = harness.attributes;
      const changed = await harness.create({
        type: 'user',
        name: 'changed',
        attributes: { [first]: 'A', [second]: 'stays' },
      });
      const cleared = await harness.create({
        type: 'user',
        name: 'cleared',
        attributes: { [first]: 'A', [second]: 'stays' },
      });
      const { watermark } = await read(null);
      await harness.setAttribute(changed, first, 'B');
      await harness.setAttribute(cleared, first, null);
      await read(watermark);
      expect(held(changed).attributes).toEqual({ [first]: 'B', [second]: 'stays' });
      expect(held(cleared).attributes).toEqual({ [second]: 'stays' });
    });

    it('tells of members added and removed, groups among them', async () => {
      const [ann, bob, cid] = await Promise.all(
        ['ann', 'bob', 'cid'].map((one) => harness.create({ type: 'user', name: one })),
      );
      if (!ann || !bob || !cid) throw new Error('the harness made no users');
      const inner = await harness.create({ type: 'group', name: 'inner', members: [ann] });
      const group = await harness.create({ type: 'group', name: 'staff', members: [ann, bob] });
      const { watermark } = await read(null);
      await harness.changeMembers(group, [cid, inner], [ann]);
      await read(watermark);
      expect(members(group)).toEqual([bob, cid, inner].sort());
      expect(members(inner)).toEqual([ann]);
    });

    it('gives the same when a watermark is used twice', async () => {
      const user = await harness.create({ type: 'user', name: 'ann', attributes: { [harness.attributes[0]]: 'A' } });
      const group = await harness.create({ type: 'group', name: 'staff', members: [user] });
      const { watermark } = await read(null);
      const other = await harness.create({ type: 'user', name: 'bob' });
      await harness.changeMembers(group, [other], [user]);
      await harness.setAttribute(user, harness.attributes[0], 'B');
      await read(watermark);
      await read(watermark);
      expect(members(group)).toEqual([other]);
      expect(held(user).attributes[harness.attributes[0]]).toBe('B');
    });

    it('ends where a full read from scratch would', async () => {
      const [first, second] = harness.attributes;
      const user = await harness.create({ type: 'user', name: 'ann', attributes: { [first]: 'A' } });
      const other = await harness.create({ type: 'user', name: 'bob', attributes: { [first]: 'A' } });
      const group = await harness.create({ type: 'group', name: 'staff', members: [user] });
      let { watermark } = await read(null);
      await harness.setAttribute(user, second, 'new');
      await harness.changeMembers(group, [other], []);
      ({ watermark } = await read(watermark));
      await harness.remove(other);
      await harness.setAttribute(user, second, null);
      await harness.setAttribute(user, first, 'Z');
      await read(watermark);
      const scratch = new ContractSpace();
      await scratch.read(harness.connector, request(null));
      expect([...space.objects.keys()].sort()).toEqual([...scratch.objects.keys()].sort());
      for (const [anchor, object] of scratch.objects) {
        for (const attribute of harness.attributes)
          expect(isSameValue(space.objects.get(anchor)?.attributes[attribute], object.attributes[attribute])).toBe(
            true,
          );
        const isThere = (target: string) => scratch.objects.has(target);
        const targets = (one: HeldObject | undefined) =>
          [...(one?.references[harness.memberReference] ?? [])].filter(isThere).sort();
        expect(targets(space.objects.get(anchor))).toEqual(targets(object));
      }
    });

    it('reads everything when the watermark is refused, and says why', async () => {
      const user = await harness.create({ type: 'user', name: 'ann' });
      const { watermark } = await read(null);
      const outcome = await read(await harness.refuseWatermark(watermark));
      expect(outcome.begin.mode).toBe('full');
      expect(outcome.begin.reason).toEqual(expect.any(String));
      expect(space.objects.has(user)).toBe(true);
      expect((await read(outcome.watermark)).begin.mode).toBe('delta');
    });

    it('fetches single objects whole, and says of others that they are gone', async () => {
      const user = await harness.create({ type: 'user', name: 'ann', attributes: { [harness.attributes[0]]: 'A' } });
      const group = await harness.create({ type: 'group', name: 'staff', members: [user] });
      const gone = await harness.create({ type: 'user', name: 'gone' });
      await harness.remove(gone);
      const changes: ObjectChange[] = [];
      for await (const page of harness.connector.fetch([user, group, gone], request(null))) changes.push(...page);
      await space.apply(changes, harness.connector, request(null));
      expect(held(user).attributes).toEqual({ [harness.attributes[0]]: 'A' });
      expect(members(group)).toEqual([user]);
      expect(changes.filter((change) => change.anchor === gone)).toEqual([expect.objectContaining({ kind: 'delete' })]);
    });

    it('throws before the end when it breaks, so that nothing is taken as deleted', async () => {
      await harness.create({ type: 'user', name: 'ann' });
      const { watermark } = await read(null);
      const undo = await harness.breakNextRead();
      const kinds: string[] = [];
      const broken = async () => {
        for await (const event of harness.connector.read(request(null))) kinds.push(event.kind);
      };
      await expect(broken()).rejects.toBeInstanceOf(DirbridgeError);
      expect(kinds).not.toContain('end');
      await undo();
      expect((await read(watermark)).watermark).toEqual(expect.any(String));
    });

    if (traits.canFill)
      it('keeps its pages small and tells how far it is', async () => {
        if (!harness.fill) throw new Error('the harness cannot make many users');
        await harness.fill(2500);
        const done: number[] = [];
        const outcome = await space.read(harness.connector, {
          ...request(null),
          onProgress: (count) => done.push(count),
        });
        expect(Math.max(...outcome.pages)).toBeLessThanOrEqual(1000);
        expect(space.objects.size).toBeGreaterThanOrEqual(2500);
        expect(done).toEqual([...done].sort((a, b) => a - b));
        expect(done.length).toBeGreaterThan(1);
      });

    if (traits.hasTree)
      it('tells of renamed and moved objects, of a container without its children', async () => {
        const { tree } = harness;
        if (!tree) throw new Error('the harness has no tree');
        const [north, south] = await Promise.all(
          ['North', 'South'].map((one) => harness.create({ type: 'organizationalUnit', name: one })),
        );
        if (!north || !south) throw new Error('the harness made no containers');
        const user = await harness.create({ type: 'user', name: 'ann', parent: north });
        const other = await harness.create({ type: 'user', name: 'bob', parent: south });
        const { watermark } = await read(null);
        expect(held(user).place?.parent).toBe(north);
        await tree.move(user, south);
        await tree.rename(other, 'Bob, Jr.');
        await tree.rename(south, 'Deep South');
        await read(watermark);
        expect(held(user).place?.parent).toBe(south);
        expect(held(other).place?.parent).toBe(south);
        expect(space.pathOf(user)).toMatch(/^cn=ann,ou=Deep South(,|$)/i);
        expect(space.pathOf(other)).toMatch(/^cn=Bob\\, Jr\.,ou=Deep South(,|$)/i);
      });

    it('answers a check with lines', async () => {
      const lines = [];
      for await (const line of harness.connector.check()) lines.push(line);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter((line) => line.state === 'error')).toEqual([]);
    });
  });
}
