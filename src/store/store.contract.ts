import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectChange, ObjectPatch, ObjectPut } from '../model/change.ts';
import { finding } from '../model/finding.ts';
import type { Attributes } from '../model/value.ts';
import {
  type ImportCounts,
  type LookupValue,
  type NewOperation,
  OBJECT_STATES,
  PENDING,
  type ReferenceFlow,
  type Store,
  TOUCH,
} from './store.ts';

const AT = '2030-01-01T00:00:00.000Z';
const LATER = '2030-01-02T00:00:00.000Z';
const MEMBERS: ReferenceFlow = {
  attribute: 'member',
  targetAttribute: 'member',
  single: false,
  metaverseType: 'group',
};
const NOTHING: ImportCounts = { read: 0, added: 0, changed: 0, removed: 0, referencesAdded: 0, referencesRemoved: 0 };

function lookup(attributes: Attributes): readonly LookupValue[] {
  const { mail } = attributes;
  return typeof mail === 'string' ? [{ kind: 'address', key: mail.toLowerCase() }] : [];
}

function put(anchor: string, details: Partial<ObjectPut> = {}): ObjectPut {
  return { kind: 'put', anchor, type: 'user', place: null, attributes: {}, references: {}, ...details };
}

function patch(anchor: string, details: Partial<ObjectPatch> = {}): ObjectPatch {
  return { kind: 'patch', anchor, set: {}, clear: [], references: {}, ...details };
}

function members(...targets: readonly string[]): ObjectPut['references'] {
  return { member: { kind: 'complete', targets } };
}

/** The suite that every store passes. `open` makes an empty one. */
export function describeStoreContract(name: string, open: () => Promise<Store>): void {
  describe(`the store ${name}`, () => {
    let store: Store;
    let space: number;
    let generation: number;

    beforeEach(async () => {
      store = await open();
      space = (await store.spaces.openSpace('corp', 'memory')).id;
      generation = await store.spaces.beginImport(space);
    });
    afterEach(async () => store.close());

    async function take(...changes: readonly ObjectChange[]): Promise<ImportCounts> {
      const stored = await store.transaction(() => store.spaces.storeChanges(space, generation, changes, lookup));
      return stored.counts;
    }

    async function numberOf(anchor: string): Promise<number> {
      return (await store.spaces.objectByAnchor(space, anchor))?.id ?? expect.fail(`${anchor} is not there`);
    }

    async function pending(): Promise<Readonly<Record<string, number>>> {
      return Object.fromEntries((await store.sync.pendingObjects(100)).map((one) => [one.anchor, one.flags]));
    }

    async function clear(): Promise<void> {
      await store.sync.clearPending(0, Number.MAX_SAFE_INTEGER);
    }

    async function referenced(anchor: string, attribute = 'member'): Promise<readonly string[]> {
      return (await store.sync.referenceTargets(await numberOf(anchor), attribute, 100))
        .map((one) => one.anchor)
        .sort();
    }

    async function project(anchor: string, type: string, references: readonly string[] = []): Promise<number> {
      const object = await numberOf(anchor);
      return store.sync.projectMetaverse(type, object, {
        anchor: `anchor of ${anchor}`,
        attributes: { displayName: anchor },
        rules: '0',
        contributors: references.map((attribute) => ({ attribute, object, objectAttribute: attribute })),
        lookup: [{ kind: 'displayName', key: anchor }],
      });
    }

    function creation(mv: number, anchor: string, claims: readonly LookupValue[] = []): NewOperation {
      const cause = { source: 'corp', object: anchor, rules: [] };
      const changes = [{ attribute: 'displayName', native: 'displayName', from: null, to: anchor }];
      return { action: 'create', type: 'user', mv, object: null, anchor, name: anchor, changes, cause, claims };
    }

    async function finish(plan: number): Promise<string> {
      const { counts, operations } = await store.plans.countPlan(plan);
      await store.plans.finishPlan(plan, { hash: 'h', counts, guards: [], operations, state: 'ready' });
      return String(plan);
    }

    describe('spaces', () => {
      test('are made once and found again with what the import left', async () => {
        await store.spaces.endImport(space, { watermark: 'w', attributes: ['cn'], parameters: { a: 'b' }, at: AT });
        expect(await store.spaces.openSpace('corp', 'memory')).toMatchObject({
          id: space,
          watermark: 'w',
          attributes: ['cn'],
          parameters: { a: 'b' },
          importedAt: AT,
        });
        expect(await store.spaces.spaces()).toHaveLength(1);
      });

      test('keep every kind of value as it was', async () => {
        const attributes = {
          text: 'ä"\n',
          flag: false,
          number: -9223372036854775808n,
          bytes: new Uint8Array([0, 255]),
          list: ['b', 'a'],
        };
        await take(put('a', { attributes }));
        expect((await store.spaces.objectByAnchor(space, 'a'))?.attributes).toEqual(attributes);
      });

      test('say what a page has changed, and mark only that', async () => {
        expect(await take(put('a'), put('b'))).toEqual({ ...NOTHING, read: 2, added: 2 });
        expect(await pending()).toEqual({
          a: PENDING.attributes | PENDING.state,
          b: PENDING.attributes | PENDING.state,
        });
        await clear();
        expect(await take(put('a'), put('b', { attributes: { cn: 'b' } }))).toEqual({
          ...NOTHING,
          read: 2,
          changed: 1,
        });
        expect(await pending()).toEqual({ b: PENDING.attributes });
      });

      test('merge patches, and answer those for objects that they do not hold', async () => {
        await take(put('a', { attributes: { cn: 'a', title: 't' } }));
        const stored = await store.spaces.storeChanges(
          space,
          generation,
          [patch('a', { set: { cn: 'b' }, clear: ['title'] }), patch('unknown')],
          lookup,
        );
        expect(stored.unknown).toEqual(['unknown']);
        expect((await store.spaces.objectByAnchor(space, 'a'))?.attributes).toEqual({ cn: 'b' });
      });

      test('tell a renamed object from a moved one, and give both their DN', async () => {
        await take(
          put('root', { type: 'domain', place: { parent: null, rdn: 'DC=x,DC=y' } }),
          put('ou', { type: 'organizationalUnit', place: { parent: 'root', rdn: 'OU=a' } }),
          put('user', { place: { parent: 'ou', rdn: 'CN=u' } }),
        );
        await clear();
        await take(
          patch('ou', { place: { parent: 'root', rdn: 'OU=b' } }),
          patch('user', { place: { parent: 'root', rdn: 'CN=u' } }),
        );
        expect(await pending()).toEqual({ ou: PENDING.renamed, user: PENDING.moved });
        expect(await store.sync.dnOf(await numberOf('user'))).toBe('CN=u,DC=x,DC=y');
        expect(await store.sync.dnOf(await numberOf('ou'))).toBe('OU=b,DC=x,DC=y');
        expect((await store.spaces.childByRdn(space, null, 'dc=x,dc=y'))?.anchor).toBe('root');
        expect((await store.spaces.childByRdn(space, await numberOf('root'), 'ou=b'))?.anchor).toBe('ou');
      });

      test('mark everything below a container', async () => {
        await take(
          put('root', { place: { parent: null, rdn: 'DC=x' } }),
          put('ou', { place: { parent: 'root', rdn: 'OU=a' } }),
          put('in', { place: { parent: 'ou', rdn: 'OU=in' } }),
          put('deep', { place: { parent: 'in', rdn: 'CN=deep' } }),
          put('beside', { place: { parent: 'root', rdn: 'CN=beside' } }),
        );
        await clear();
        expect(await store.sync.markDescendants(await numberOf('ou'))).toBe(2);
        expect(await pending()).toEqual({ in: PENDING.attributes, deep: PENDING.attributes });
      });

      test('mark what is only referred to where that is asked for', async () => {
        const manager = (target: string): ObjectPut['references'] => ({
          manager: { kind: 'complete', targets: [target] },
        });
        await take(put('a', { references: manager('x') }));
        expect(await pending()).not.toHaveProperty('x');
        const generation = await store.spaces.beginImport(space);
        await store.spaces.storeChanges(space, generation, [put('b', { references: manager('y') })], null, true);
        expect(await pending()).toHaveProperty('y');
        await clear();
        await store.sync.markPlaceholders(space);
        expect(await pending()).toEqual({ x: PENDING.attributes, y: PENDING.attributes });
      });

      test('do not count a placeholder that stands for them among what is joined', async () => {
        await take(put('a', { references: { manager: { kind: 'complete', targets: ['x'] } } }));
        const mv = await project('a', 'person');
        await store.sync.link(await numberOf('x'), mv, false);
        expect((await store.sync.objectsOf(mv)).map((one) => one.anchor)).toEqual(['a']);
      });

      test('are walked in pages, those that are joined and live', async () => {
        await take(put('a'), put('b'), put('c'), put('d', { deletedAt: AT }), put('e'));
        for (const anchor of ['a', 'b', 'd', 'e']) await project(anchor, 'person');
        const first = await store.spaces.joinedObjects(space, 0, 2);
        expect(first.map((one) => one.anchor)).toEqual(['a', 'b']);
        const rest = await store.spaces.joinedObjects(space, first.at(-1)?.id ?? 0, 2);
        expect(rest.map((one) => one.anchor)).toEqual(['e']);
      });

      test('count live objects by type', async () => {
        await take(put('a'), put('b'), put('g', { type: 'group' }));
        await take({ kind: 'delete', anchor: 'a' }, patch('b', { type: 'contact' }), put('bin', { deletedAt: AT }));
        expect(await store.spaces.liveCounts(space)).toMatchObject({ user: 0, contact: 1, group: 1 });
        await take(put('a'));
        expect(await store.spaces.liveCounts(space)).toMatchObject({ user: 1 });
      });

      test('take what a full import did not see as removed, but not what was kept or is only referred to', async () => {
        await take(put('seen'), put('kept'), put('unseen'), put('g', { references: members('elsewhere') }));
        generation = await store.spaces.beginImport(space);
        await take(put('seen'), put('g', { references: members('elsewhere') }), { kind: 'keep', anchor: 'kept' });
        await clear();
        expect(await store.spaces.dropUnseen(space, generation)).toBe(1);
        expect(await pending()).toEqual({ unseen: PENDING.state });
        expect(await store.spaces.dropUnseen(space, generation)).toBe(0);
      });

      test('take what a full import cannot show once it is deleted as restorable, for as long as it is', async () => {
        await take(put('live'), put('group', { type: 'group' }), put('bin', { deletedAt: '2026-01-20T00:00:00.000Z' }));
        await take(put('old', { deletedAt: '2025-11-01T00:00:00.000Z' }));
        generation = await store.spaces.beginImport(space);
        const hidden = { types: ['user'], at: '2026-02-01T00:00:00.000Z', since: '2026-01-02T00:00:00.000Z' };
        expect(await store.spaces.dropUnseen(space, generation, undefined, undefined, hidden)).toBe(3);
        const states: [string, number | undefined][] = [];
        for (const anchor of ['live', 'group', 'bin', 'old'])
          states.push([anchor, (await store.spaces.objectByAnchor(space, anchor))?.state]);
        const { restorable, removed } = OBJECT_STATES;
        expect(Object.fromEntries(states)).toEqual({ live: restorable, group: removed, bin: restorable, old: removed });
        expect((await store.spaces.objectByAnchor(space, 'live'))?.deletedAt).toBe(hidden.at);
      });

      test('find objects by value as long as they have it', async () => {
        await take(put('a', { attributes: { mail: 'A@x' } }), put('b', { attributes: { mail: 'a@X' } }));
        const value = { kind: 'address', key: 'a@x' };
        expect((await store.spaces.objectsByValue(space, value)).map((one) => one.anchor)).toEqual(['a', 'b']);
        await take(patch('a', { clear: ['mail'] }));
        expect((await store.spaces.objectsByValue(space, value)).map((one) => one.anchor)).toEqual(['b']);
      });

      test('find objects for people, ignoring case and taking wildcards for what they are', async () => {
        await take(put('a', { attributes: { cn: '100%_Jane' } }), put('b', { attributes: { cn: '100XXJane' } }));
        expect((await store.spaces.findObjects(['cn'], '100%_JANE', 10)).map((one) => one.anchor)).toEqual(['a']);
      });

      test('keep the anchors of a scope', async () => {
        const anchors = [{ kind: 'include', dn: 'OU=a', anchor: 'x' }];
        await store.spaces.setScopeAnchors(space, anchors);
        expect(await store.spaces.scopeAnchors(space)).toEqual(anchors);
        await store.spaces.setScopeAnchors(space, []);
        expect(await store.spaces.scopeAnchors(space)).toEqual([]);
      });
    });

    describe('references', () => {
      test('lead to placeholders until their target comes, which then counts as new', async () => {
        await take(put('g', { type: 'group', references: members('later') }));
        expect(await store.spaces.objectByAnchor(space, 'later')).toMatchObject({ state: OBJECT_STATES.placeholder });
        const before = await numberOf('later');
        expect(await take(put('later'))).toMatchObject({ added: 1 });
        expect(await numberOf('later')).toBe(before);
        expect(await referenced('g')).toEqual(['later']);
      });

      test('that arrive in parts replace the old ones only with the last part', async () => {
        await take(put('g', { references: members('a', 'b') }));
        const part = (targets: readonly string[], more: boolean): ObjectPatch['references'] => ({
          member: { kind: 'complete', targets, ...(more ? { more } : {}) },
        });
        await take(put('g', { references: part(['b', 'c'], true) }));
        await take(patch('g', { references: part(['d'], true) }));
        expect(await referenced('g')).toEqual(['a', 'b']);
        expect(await take(patch('g', { references: part(['e'], false) }))).toMatchObject({
          referencesAdded: 3,
          referencesRemoved: 1,
        });
        expect(await referenced('g')).toEqual(['b', 'c', 'd', 'e']);
        expect(await store.sync.referenceCounts(await numberOf('g'))).toEqual({ member: 4 });
      });

      test('of a new object may arrive in parts too, and parts of a broken import are forgotten', async () => {
        await take(put('g', { references: { member: { kind: 'complete', targets: ['x'], more: true } } }));
        generation = await store.spaces.beginImport(space);
        await take(put('g', { references: { member: { kind: 'complete', targets: ['a'], more: true } } }));
        await take(patch('g', { references: { member: { kind: 'complete', targets: ['b'] } } }));
        expect(await referenced('g')).toEqual(['a', 'b']);
      });

      test('change by deltas, once only', async () => {
        await take(put('g', { references: members('a', 'b') }));
        const delta = patch('g', { references: { member: { kind: 'delta', add: ['b', 'c'], remove: ['a', 'z'] } } });
        expect(await take(delta)).toMatchObject({ referencesAdded: 1, referencesRemoved: 1 });
        expect(await take(delta)).toMatchObject({ referencesAdded: 0, referencesRemoved: 0 });
        expect(await referenced('g')).toEqual(['b', 'c']);
        expect(await store.sync.referenceCounts(await numberOf('g'))).toEqual({ member: 2 });
      });

      test('that a whole object does not name are gone', async () => {
        await take(put('g', { references: { ...members('a'), manager: { kind: 'complete', targets: ['m'] } } }));
        await take(put('g', { references: { manager: { kind: 'complete', targets: ['m'] } } }));
        expect(await referenced('g')).toEqual([]);
        expect(await referenced('g', 'manager')).toEqual(['m']);
      });

      test('to a removed object go with it', async () => {
        await take(put('g', { references: members('a', 'b') }), put('a'), put('b'));
        await clear();
        expect(await take({ kind: 'delete', anchor: 'a' })).toMatchObject({ removed: 1, referencesRemoved: 1 });
        expect(await referenced('g')).toEqual(['b']);
        expect(await pending()).toEqual({ g: PENDING.attributes, a: PENDING.state });
      });

      test('keep a purged object as a placeholder', async () => {
        await take(put('g', { references: members('a') }), put('a'), put('lone'));
        for (const anchor of ['a', 'lone']) await store.sync.purgeObject(await numberOf(anchor));
        expect(await store.spaces.objectByAnchor(space, 'a')).toMatchObject({ state: OBJECT_STATES.placeholder });
        expect(await store.spaces.objectByAnchor(space, 'lone')).toBeNull();
      });

      test('that changed, or all of a group that came, mark the members of a scope', async () => {
        await take(put('g', { references: members('a', 'b') }), put('a'), put('b'), put('c'));
        await store.sync.markTargetsOfChanged([await numberOf('g')], 'member');
        expect(await pending()).toMatchObject({
          a: PENDING.attributes | PENDING.state | PENDING.moved,
          c: PENDING.attributes | PENDING.state,
        });
        await clear();
        await store.sync.touchChangedReferences();
        await take(patch('g', { references: { member: { kind: 'delta', add: ['c'], remove: ['a'] } } }));
        await store.sync.markTargetsOfChanged([await numberOf('g')], 'member');
        expect(await pending()).toEqual({ g: PENDING.attributes, a: PENDING.moved, c: PENDING.moved });
        expect(await store.sync.isReferenced(await numberOf('g'), 'member', await numberOf('c'))).toBe(true);
        expect(await store.sync.isReferenced(await numberOf('g'), 'member', await numberOf('a'))).toBe(false);
      });
    });

    describe('the metaverse', () => {
      test('is walked page by page, one type at a time', async () => {
        await take(put('a'), put('b'), put('c'));
        const [first, , last] = [
          await project('a', 'person'),
          await project('b', 'group'),
          await project('c', 'person'),
        ];
        const ids = async (after: number, limit: number) =>
          (await store.sync.metaversePage('person', after, limit)).map((one) => one.id);
        expect(await ids(0, 1)).toEqual([first]);
        expect(await ids(first, 5)).toEqual([last]);
        expect(await ids(last, 5)).toEqual([]);
      });

      test('tells what its references lead to, and whether that is wanted', async () => {
        await take(put('g', { type: 'group', references: members('a', 'b', 'stranger') }), put('a'), put('b'));
        const [group, a, b] = [
          await project('g', 'group', ['member']),
          await project('a', 'person'),
          await project('b', 'person'),
        ];
        await store.plans.setWanted(b, true);
        expect(await store.sync.referenceAttributes(group)).toEqual(['member']);
        expect(await store.sync.referenceAttributes(a)).toEqual([]);
        const found = [];
        for await (const page of store.sync.metaverseReferences(group, 'member')) found.push(...page);
        expect(found.sort((one, other) => one.mv - other.mv)).toEqual([
          { mv: a, anchor: 'anchor of a', wanted: false },
          { mv: b, anchor: 'anchor of b', wanted: true },
        ]);
      });

      test('holds what flowed in, finds it by value, and says whether anything is new', async () => {
        await take(put('a'));
        const mv = await project('a', 'person');
        expect(await store.sync.metaverse(mv)).toMatchObject({
          type: 'person',
          attributes: { displayName: 'a' },
          anchor: 'anchor of a',
        });
        const content = {
          anchor: 'anchor of a',
          attributes: { displayName: 'b' },
          rules: '0',
          contributors: [],
          lookup: [{ kind: 'displayName', key: 'b' }],
        };
        expect(await store.sync.saveMetaverse(mv, content)).toBe(true);
        expect(await store.sync.saveMetaverse(mv, content)).toBe(false);
        expect(await store.sync.metaverseByValue({ kind: 'displayName', key: 'a' })).toEqual([]);
        expect(await store.sync.metaverseByValue({ kind: 'displayName', key: 'b' })).toEqual([
          { id: mv, type: 'person' },
        ]);
        // Rules have begun to join by another attribute: what the object holds is the same.
        expect(await store.sync.saveMetaverse(mv, { ...content, lookup: [{ kind: 'mail', key: 'c' }] })).toBe(false);
        expect(await store.sync.metaverseByValue({ kind: 'displayName', key: 'b' })).toEqual([]);
        expect(await store.sync.metaverseByValue({ kind: 'mail', key: 'c' })).toEqual([{ id: mv, type: 'person' }]);
        expect((await store.sync.objectsOf(mv)).map((one) => one.anchor)).toEqual(['a']);
        expect(await store.sync.objectsOf(mv, await numberOf('a'))).toEqual([]);
        expect(await store.sync.objectsOf(mv, 0, await numberOf('a'))).toEqual([]);
        expect(await store.sync.objectsOf(mv, 0, null)).toHaveLength(1);
        await store.sync.deleteMetaverse(mv);
        expect(await store.sync.metaverse(mv)).toBeNull();
        expect((await store.spaces.objectByAnchor(space, 'a'))?.mv).toBeNull();
      });

      test('compares all references again when another object begins to give them', async () => {
        await take(put('a', { references: members('x') }), put('b', { references: members('y') }));
        const mv = await project('a', 'group', ['member']);
        const plan = await store.plans.createPlan('1', AT);
        await store.plans.clearSettled(plan);
        const contributors = [{ attribute: 'member', object: await numberOf('b'), objectAttribute: 'member' }];
        const content = {
          anchor: 'anchor of a',
          attributes: { displayName: 'a' },
          rules: '0',
          contributors,
          lookup: [],
        };
        expect(await store.sync.saveMetaverse(mv, content)).toBe(true);
        expect((await store.plans.touchedObjects(0, 10)).map((one) => one.flags)).toEqual([TOUCH.references]);
      });

      test('hands changed references on as pairs of its own objects, when both ends are there', async () => {
        await take(put('g', { type: 'group', references: members('a', 'nobody') }), put('a'), put('nobody'));
        await project('g', 'group', ['member']);
        await project('a', 'person');
        await store.sync.touchReferencesTo(await numberOf('a'));
        await store.sync.touchReferencesTo(await numberOf('nobody'));
        expect(await store.sync.touchChangedReferences()).toBe(1);
        expect(await store.sync.touchChangedReferences()).toBe(0);
      });

      test('counts versions up', async () => {
        const before = await store.sync.version();
        await store.sync.raiseVersion();
        expect(await store.sync.version()).toBe(before + 1);
      });
    });

    describe('plans', () => {
      test('keep operations in the order of their positions, with what they wait for', async () => {
        await take(put('a'), put('b'));
        const plan = await store.plans.createPlan('1', AT);
        const first = await store.plans.addOperation(plan, creation(await project('a', 'person'), 'a'));
        const second = await store.plans.addOperation(plan, creation(await project('b', 'person'), 'b'));
        await store.plans.updateOperation(first, { waits: [second], level: 1 });
        await store.plans.setPositions([second, first]);
        const id = await finish(plan);
        expect(await store.apply.operations(id, 0, 10)).toMatchObject([
          { id: '1', anchor: 'b', after: [], action: 'create', state: 'planned' },
          { id: '2', anchor: 'a', after: ['1'] },
        ]);
        expect(await store.apply.operations(id, 1, 10)).toHaveLength(1);
        expect(await store.apply.countOperations(id, 'create')).toBe(2);
        expect(await store.apply.levels(id)).toBe(1);
        expect((await store.apply.operationsToDo(id, 0, 0, 10)).map((one) => one.anchor)).toEqual(['b']);
      });

      test('that were not finished are nobody’s newest', async () => {
        await store.plans.createPlan('1', AT);
        expect(await store.apply.plan()).toBeNull();
      });

      test('find values that several claim, and those that another object of the tenant has', async () => {
        const tenant = (await store.spaces.openSpace('tenant', 'memory')).id;
        await store.spaces.storeChanges(tenant, 1, [put('t', { attributes: { mail: 'a@x' } })], lookup);
        await take(put('b'), put('a'));
        const plan = await store.plans.createPlan('1', AT);
        const value = { kind: 'address', key: 'a@x' };
        const b = await store.plans.addOperation(plan, creation(await project('b', 'person'), 'b', [value]));
        const a = await store.plans.addOperation(plan, creation(await project('a', 'person'), 'a', [value]));
        expect(await store.plans.doubleClaims(plan)).toEqual([{ value, operations: [a, b] }]);
        await store.plans.dropClaim(plan, b, value);
        expect(await store.plans.doubleClaims(plan)).toEqual([]);
        expect(await store.plans.conflicts(plan)).toMatchObject([{ operation: a, value, holder: { anchor: 't' } }]);
      });

      test('remember what was given to an object until it is not held any more', async () => {
        await take(put('a'));
        const mv = await project('a', 'person');
        const given = async (): Promise<object> => Object.fromEntries(await store.plans.givenValues(mv));
        await store.plans.setGivenValues(mv, 'otherMails', new Set(['"a@x"', '"b@x"']));
        await store.plans.setGivenValues(mv, 'otherMails', new Set(['"b@x"', '"c@x"']));
        expect(await given()).toEqual({ otherMails: new Set(['"b@x"', '"c@x"']) });
        const attributes = { otherMails: ['B@x', 'd@x'] };
        await store.apply.believeObject(space, { anchor: 't', type: 'user', mv, attributes }, []);
        expect(await given()).toEqual({ otherMails: new Set(['"b@x"']) });
        await store.sync.deleteMetaverse(mv);
        expect(await given()).toEqual({});
      });

      test('compare references as pairs of objects that are wanted', async () => {
        await take(put('g', { type: 'group', references: members('a', 'b', 'c') }), put('a'), put('b'), put('c'));
        const group = await project('g', 'group', ['member']);
        const people = [await project('a', 'person'), await project('b', 'person')];
        const plan = await store.plans.createPlan('1', AT);
        for (const mv of [group, ...people]) await store.plans.setWanted(mv, true);
        await store.plans.setWanted(people[1] ?? 0, false);
        await store.plans.planReferences(plan, [MEMBERS]);
        expect((await store.plans.referencesWithoutOperation(plan)).map((one) => one.mv.id)).toEqual([group]);
        const operation = await store.plans.addOperation(plan, { ...creation(group, 'g'), type: 'group' });
        await store.plans.setPositions([operation]);
        const id = await finish(plan);
        expect(await store.apply.operations(id, 0, 10)).toMatchObject([{ members: { add: 1, remove: 0 } }]);
        expect((await store.apply.members(id, '1', true, 0, 10)).map((one) => one.anchor)).toEqual(['anchor of a']);
        expect((await store.apply.plan(id))?.counts.memberships).toEqual({ add: 1, remove: 0 });
      });

      test('keep apart two references between the same objects', async () => {
        const manager: ObjectPut['references'] = { manager: { kind: 'complete', targets: ['a'] } };
        await take(put('g', { type: 'group', references: { ...members('a'), ...manager } }), put('a'));
        const group = await project('g', 'group', ['member', 'manager']);
        const person = await project('a', 'person');
        for (const mv of [group, person]) await store.plans.setWanted(mv, true);
        await store.plans.clearSettled(await store.plans.createPlan('1', AT));
        await store.sync.touchReferencesTo(await numberOf('a'));
        expect(await store.sync.touchChangedReferences()).toBe(2);
        const flows = [MEMBERS, { ...MEMBERS, attribute: 'manager', targetAttribute: 'manager', single: true }];
        // What is not carried out is planned again.
        for (let turn = 0; turn < 2; turn++) {
          const plan = await store.plans.createPlan('1', AT);
          await store.plans.planReferences(plan, flows);
          const operation = await store.plans.addOperation(plan, {
            ...creation(group, 'g'),
            action: 'update',
            changes: [],
          });
          await store.plans.setPositions([operation]);
          const id = await finish(plan);
          await store.plans.clearSettled(plan);
          expect(await store.apply.operations(id, 0, 10)).toMatchObject([
            { changes: [{ attribute: 'manager', from: null }], members: { add: 1, remove: 0 } },
          ]);
        }
      });

      test('keep the details of the newest only; older ones that were not applied are stale', async () => {
        await take(put('a'));
        const mv = await project('a', 'person');
        const ids: string[] = [];
        for (let number = 0; number < 4; number++) {
          const plan = await store.plans.createPlan('1', AT);
          await store.plans.setPositions([await store.plans.addOperation(plan, creation(mv, 'a'))]);
          ids.push(await finish(plan));
        }
        await store.plans.prunePlans(2);
        const counts = await Promise.all(ids.map(async (id) => (await store.apply.operations(id, 0, 10)).length));
        expect(counts).toEqual([0, 0, 1, 1]);
        expect((await store.apply.plan(ids[0]))?.state).toBe('stale');
        expect((await store.apply.plan(ids[3]))?.state).toBe('ready');
      });
    });

    describe('what is believed of the tenant', () => {
      let tenant: number;
      let ann: number;
      let staff: number;

      beforeEach(async () => {
        tenant = (await store.spaces.openSpace('tenant', 'memory')).id;
        await take(put('ann'), put('staff', { type: 'group', references: members('ann') }));
        ann = await project('ann', 'person');
        staff = await project('staff', 'group', ['member']);
      });

      async function believe(mv: number, anchor: string, type: string): Promise<number> {
        const attributes = { mail: `${anchor}@x` };
        return store.apply.believeObject(tenant, { anchor, type, mv, attributes }, lookup(attributes));
      }

      test('is an object of its space, found by its values and counted', async () => {
        const object = await believe(ann, 't1', 'user');
        await believe(ann, 't1', 'user');
        expect(await store.spaces.objectById(object)).toMatchObject({
          anchor: 't1',
          state: OBJECT_STATES.live,
          mv: ann,
        });
        expect(await store.spaces.liveCounts(tenant)).toEqual({ user: 1 });
        expect(await store.plans.managedCounts()).toEqual({ user: 1 });
        expect(await store.spaces.objectsByValue(tenant, { kind: 'address', key: 't1@x' })).toHaveLength(1);
        expect((await store.sync.metaverse(ann))?.tenant).toBe(object);
      });

      test('keeps counts of references right, whatever is believed twice or goes away', async () => {
        const user = await believe(ann, 't1', 'user');
        const group = await believe(staff, 't2', 'group');
        await store.apply.believeReferences(group, 'member', false, [ann], []);
        await store.apply.believeReferences(group, 'member', false, [ann], []);
        expect(await store.sync.referenceCounts(group)).toEqual({ member: 1 });
        await store.apply.believeRemoved(user, AT);
        expect(await store.sync.referenceCounts(group)).toEqual({ member: 0 });
        await store.apply.believeReferences(user, 'manager', true, [staff], []);
        await store.apply.believeReferences(user, 'manager', true, [staff], [staff]);
        expect(await store.sync.referenceTargets(user, 'manager', 10)).toHaveLength(0);
        await store.apply.believeReferences(user, 'manager', true, [staff], [ann]);
        expect(await store.sync.referenceCounts(user)).toEqual({ manager: 1 });
      });

      test('goes to the recycle bin and comes back, or is gone and is told to sync', async () => {
        const user = await believe(ann, 't1', 'user');
        await store.apply.believeRemoved(user, AT);
        expect(await store.spaces.objectById(user)).toMatchObject({ state: OBJECT_STATES.restorable, deletedAt: AT });
        expect(await store.spaces.liveCounts(tenant)).toEqual({ user: 0 });
        await believe(ann, 't1', 'user');
        expect(await store.spaces.liveCounts(tenant)).toEqual({ user: 1 });
        await store.apply.believeRemoved(user, AT);
        await clear();
        await store.apply.believeGone(user);
        expect(await pending()).toEqual({ t1: PENDING.state });
      });
    });

    describe('what a run wrote', () => {
      const entry = { mv: 1, type: 'user', anchor: 'a', name: 'ann', targetId: 't', body: '[]' } as const;

      test('is told in the order in which it was written, run by run, page after page', async () => {
        const entries = Array.from({ length: 2100 }, (_, index) => ({ ...entry, body: `[${index}]` }));
        await store.transaction(async () => {
          await store.apply.log([{ run: '1', plan: '1', at: AT, action: 'create', ...entry }]);
          for (const one of entries) await store.apply.log([{ run: '2', plan: '1', at: AT, action: 'update', ...one }]);
        });
        const bodies: string[] = [];
        for await (const page of store.undo.changesOfRun('2')) bodies.push(...page.map((one) => one.body));
        expect(bodies).toEqual(entries.map((one) => one.body));
        for await (const page of store.undo.changesOfRun('nothing')) expect(page).toEqual([]);
      });

      test('is the last write that the store knows of, also when it was sent and not answered', async () => {
        expect(await store.undo.lastWrite()).toBeNull();
        const plan = await store.plans.createPlan('5', AT);
        await store.apply.addIntents([{ plan: String(plan), operation: 1, step: 'create', payload: '{}', at: AT }]);
        expect(await store.undo.lastWrite()).toEqual({ at: AT, run: '5' });
        await store.apply.log([{ run: '6', plan: '1', at: LATER, action: 'create', ...entry }]);
        expect(await store.undo.lastWrite()).toEqual({ at: LATER, run: '6' });
      });

      test('is taken back by a plan that says so, with references of its own and what it leaves', async () => {
        await take(put('ann'), put('staff', { type: 'group', references: members('ann') }));
        const [ann, staff] = [await project('ann', 'person'), await project('staff', 'group', ['member'])];
        const plan = await store.plans.createPlan('5', AT);
        await store.plans.addOperation(plan, {
          ...creation(staff, 'staff'),
          action: 'update',
          type: 'group',
          changes: [],
        });
        const reference = { mv: staff, attribute: 'member', target: ann, adds: false };
        await store.undo.addReferences(plan, [reference, reference]);
        const left = {
          type: 'user',
          anchor: 'b',
          name: 'bob',
          targetId: 'u',
          attribute: 'jobTitle',
          reason: 'why',
        } as const;
        const many = [1, 2, 3].map((n) => ({ ...left, name: `bob${n}`, values: null, members: null }));
        await finish(plan);
        await store.undo.setUndoes(plan, '4', many);
        expect((await store.apply.plan(String(plan)))?.undoes).toBe('4');
        expect((await store.plans.countPlan(plan)).counts.memberships).toEqual({ add: 0, remove: 1 });
        expect(await store.undo.countNotUndone(String(plan))).toBe(3);
        expect(await store.undo.notUndone(String(plan), 1, 1)).toEqual([many[1]]);
        await store.plans.clearSettled(0);
        expect(await store.plans.countTouched()).toBe(0);
        await store.undo.touchPlan(String(plan));
        expect(await store.plans.touchedObjects(0, 10)).toMatchObject([
          { mv: { id: staff }, flags: TOUCH.attributes | TOUCH.references },
        ]);
      });

      test('leaves of a user in the recycle bin what he was a member of', async () => {
        await take(put('ann'), put('staff', { type: 'group', references: members('ann') }));
        await take({ kind: 'delete', anchor: 'ann', restorable: true, deletedAt: AT });
        const [ann, staff] = [await numberOf('ann'), await numberOf('staff')];
        expect(await store.undo.returningReferences(ann)).toEqual([
          { source: staff, attribute: 'member', target: ann },
        ]);
      });
    });

    test('intents stay open until they are taken back', async () => {
      const intent = { plan: '1', operation: 2, step: 'create', payload: '{}', at: AT };
      const [first, second] = await store.apply.addIntents([intent, intent]);
      await store.apply.removeIntents([first ?? 0]);
      expect(await store.apply.openIntents()).toEqual([
        { id: second, plan: 1, operation: 2, step: 'create', payload: '{}', at: AT },
      ]);
    });

    test('runs keep their steps in order', async () => {
      const run = await store.runs.startRun('sync', AT);
      for (const step of ['import corp', 'sync'])
        await store.runs.addStep(run, { step, startedAt: AT, endedAt: AT, detail: '', counts: { read: 1 } });
      await store.runs.endRun(run, {
        at: LATER,
        plan: null,
        outcome: 'done',
        message: null,
        done: { create: 1 },
        failed: 0,
      });
      expect(await store.runs.run(run)).toMatchObject({
        outcome: 'done',
        endedAt: LATER,
        steps: [{ step: 'import corp' }, { step: 'sync' }],
      });
      expect(await store.runs.runs(10)).toHaveLength(1);
      expect(await store.runs.run('nonsense')).toBeNull();
    });

    describe('drift', () => {
      const watched = ['title'];
      const put = (anchor: string, title: string, member: readonly string[] = []): ObjectChange => ({
        kind: 'put',
        anchor,
        type: 'user',
        place: null,
        attributes: { title, mail: `${title}@contoso.com` },
        references: { member: { kind: 'complete', targets: member } },
      });
      const takeWatched = (...changes: readonly ObjectChange[]) =>
        store.transaction(() => store.spaces.storeChanges(space, generation, changes, lookup, false, watched));

      test('is what an import changes of watched attributes and of the existence of joined objects, the first value counts', async () => {
        await takeWatched(put('a', 'one'), put('b', 'one'));
        const mv = await project('a', 'person');
        await takeWatched(put('a', 'two'), put('b', 'two'));
        await takeWatched(put('a', 'three'));
        expect(await store.drift.of(mv)).toEqual({ event: null, attributes: new Map([['title', 'one']]) });
        await takeWatched({ kind: 'delete', anchor: 'a', restorable: true });
        expect(await store.drift.of(mv)).toMatchObject({ event: 'deleted' });
        await store.drift.forget(mv, ['title']);
        await store.drift.forgetEvent(mv);
        expect(await store.drift.isAnyKnown()).toBe(false);
      });

      test('is nothing that we wrote ourselves, and nothing in a space that is not watched', async () => {
        await takeWatched(put('a', 'one'));
        const mv = await project('a', 'person');
        await take(put('a', 'two'));
        await store.apply.believeObject(space, { anchor: 'a', type: 'user', mv, attributes: { title: 'three' } }, []);
        await takeWatched(put('a', 'three'));
        expect(await store.drift.isAnyKnown()).toBe(false);
      });

      test('of references is known by their two ends, and goes with either', async () => {
        await takeWatched(put('a', 'one', ['b']), put('b', 'one'));
        const [, b] = [await project('a', 'person', ['member']), await project('b', 'person')];
        await takeWatched(put('a', 'one'));
        expect(await store.drift.isAnyKnown()).toBe(true);
        await store.sync.deleteMetaverse(b);
        expect(await store.drift.isAnyKnown()).toBe(false);
      });
    });

    describe('findings', () => {
      const problem = finding('rule-error', 'sync');

      test('stand until the stage has others for the subject, and remember when they were first seen', async () => {
        await store.runs.replaceFindings('sync', 'o1', [problem], '1', AT);
        await store.runs.replaceFindings('plan', 'o1', [finding('value-conflict', 'plan')], '1', AT);
        await store.runs.replaceFindings('sync', 'o1', [problem, finding('anchor-missing', 'sync')], '2', LATER);
        expect((await store.runs.findings(10)).map((one) => [one.code, one.firstSeen, one.run])).toEqual([
          ['anchor-missing', LATER, '2'],
          ['rule-error', AT, '2'],
          ['value-conflict', AT, '1'],
        ]);
        await store.runs.replaceFindings('sync', 'o1', [], '3', LATER);
        expect(await store.runs.findingsOf(['o1'])).toMatchObject([{ code: 'value-conflict' }]);
        expect(await store.runs.countFindings()).toEqual({ error: 1, warning: 0, info: 0 });
      });

      test('that are withdrawn and come back in one run were first seen when they were', async () => {
        await store.runs.replaceFindings('sync', 'o1', [problem], '1', AT);
        await store.runs.replaceFindings('sync', 'o1', [], '2', LATER);
        await store.runs.replaceFindings('sync', 'o1', [problem], '2', LATER);
        expect(await store.runs.findings(10)).toMatchObject([{ firstSeen: AT }]);
        await store.runs.replaceFindings('sync', 'o1', [], '3', LATER);
        await store.runs.replaceFindings('sync', 'o1', [problem], '4', LATER);
        expect(await store.runs.findings(10)).toMatchObject([{ firstSeen: LATER }]);
      });

      test('are listed by what they are about', async () => {
        await store.runs.replaceFindings('sync', 'o2', [problem], '1', AT);
        await store.runs.replaceFindings('sync', 'o1', [finding('anchor-missing', 'sync')], '1', AT);
        expect(await store.runs.subjects('sync')).toEqual(['o1', 'o2']);
        expect(await store.runs.subjects('sync', 'rule-error')).toEqual(['o2']);
        expect(await store.runs.subjects('apply')).toEqual([]);
      });
    });

    describe('what guards ask', () => {
      /** A tenant with one managed group of two managed users. */
      async function manage(): Promise<{ readonly group: number; readonly users: readonly number[]; run: string }> {
        const tenant = (await store.spaces.openSpace('tenant', 'memory')).id;
        await take(put('a'), put('b'), put('g', { type: 'group', references: members('a', 'b') }));
        const changes = [put('A'), put('B'), put('G', { type: 'group', references: members('A', 'B') })];
        const seen = await store.spaces.beginImport(tenant);
        await store.transaction(() => store.spaces.storeChanges(tenant, seen, changes, lookup));
        const mvs: number[] = [];
        for (const [anchor, type] of [
          ['a', 'person'],
          ['b', 'person'],
          ['g', 'group'],
        ] as const) {
          const mv = await project(anchor, type, type === 'group' ? ['member'] : []);
          const object = await store.spaces.objectByAnchor(tenant, anchor.toUpperCase());
          await store.sync.link(object?.id ?? expect.fail('not in the tenant'), mv, true);
          mvs.push(mv);
        }
        return { group: mvs[2] ?? 0, users: mvs.slice(0, 2), run: await store.runs.startRun('sync', AT) };
      }

      async function planDeletion(run: string, mv: number, name: string): Promise<number> {
        const plan = await store.plans.createPlan(run, AT);
        const object = (await store.sync.metaverse(mv))?.tenant ?? null;
        const type = name === 'g' ? ('group' as const) : ('user' as const);
        await store.plans.addOperation(plan, { ...creation(mv, name), action: 'delete', type, object, changes: [] });
        return plan;
      }

      test('departures are added up by kind, type and group, and forgotten in time', async () => {
        const { run, group } = await manage();
        const [one, two] = [await store.plans.createPlan(run, AT), await store.plans.createPlan(run, LATER)];
        await store.guards.noteDeparture(String(one), 'delete', 'user', AT);
        await store.guards.noteDeparture(String(two), 'delete', 'user', LATER);
        await store.guards.noteDeparture(String(two), 'delete', 'user', LATER);
        await store.guards.noteMembershipLoss(String(two), group, 3, LATER);
        await store.guards.noteMembershipLoss(String(two), group, 0, LATER);
        const before = new Date(Date.parse(AT) - 1).toISOString();
        expect(await store.guards.departuresSince(before)).toEqual([
          { kind: 'delete', type: 'user', count: 3 },
          { kind: 'member', type: 'group', count: 3 },
        ]);
        expect(await store.guards.departuresSince(AT)).toMatchObject([{ count: 2 }, { count: 3 }]);
        expect(await store.guards.membershipsLostSince(before)).toEqual(new Map([[group, 3]]));
        await store.guards.forgetDepartures(LATER);
        expect(await store.guards.departuresSince(before)).toEqual([]);
      });

      test('memberships that end with their members are found before the members are gone', async () => {
        const { run, group, users } = await manage();
        const plan = await planDeletion(run, users[0] ?? 0, 'a');
        const losses = await Array.fromAsync(store.guards.membershipLosses(plan));
        expect(losses.flat()).toEqual([{ mv: group, name: 'G', lost: 1, held: 2, isDeleted: false }]);
        const object = (await store.plans.operationOf(plan, users[0] ?? 0))?.object ?? 0;
        await store.guards.noteMembershipsOf(String(plan), object, AT);
        const before = new Date(Date.parse(AT) - 1).toISOString();
        expect(await store.guards.membershipsLostSince(before)).toEqual(new Map([[group, 1]]));
        expect(await store.guards.countMemberships()).toBe(2);
      });

      test('a group that is deleted loses all of its members', async () => {
        const { run, group } = await manage();
        const plan = await planDeletion(run, group, 'g');
        const losses = await Array.fromAsync(store.guards.membershipLosses(plan));
        expect(losses.flat()).toEqual([{ mv: group, name: 'g', lost: 2, held: 2, isDeleted: true }]);
      });

      test('holders of roles are found in a plan, also as members of a group', async () => {
        const { run, users } = await manage();
        const plan = await planDeletion(run, users[0] ?? 0, 'a');
        await store.guards.replaceRoleHolders([{ id: 'B', roles: ['Owner'] }]);
        expect(await store.guards.privilegedChanges(plan)).toEqual([]);
        await store.guards.replaceRoleHolders([{ id: 'A', roles: ['Owner'] }]);
        expect(await store.guards.privilegedChanges(plan)).toMatchObject([
          { name: 'a', action: 'delete', roles: ['Owner'] },
        ]);
        await store.guards.replaceRoleHolders([{ id: 'G', roles: ['Helper'] }]);
        expect(await store.guards.privilegedChanges(plan)).toMatchObject([{ name: 'a', roles: ['Helper'] }]);
      });

      test('what began to leave is told until its time counts, and is touched when its time is over', async () => {
        const { run, users } = await manage();
        const [mv = 0] = users;
        const cause = { source: 'corp', object: 'CN=a', rules: [] };
        await store.leaving.add(mv, { type: 'user', name: 'a', cause }, AT);
        const plan = await store.plans.createPlan(run, AT);
        const told = async () => (await Array.fromAsync(store.guards.leavingObjects(plan))).flat();
        expect(await told()).toEqual([{ type: 'user', name: 'a', cause }]);
        expect(await store.leaving.of(mv)).toEqual({ mv, since: AT, isSettled: false });
        await store.plans.clearSettled(plan);
        await store.leaving.touchSince(LATER);
        expect(await store.plans.countTouched()).toBe(0);
        await store.leaving.settle(LATER);
        expect(await told()).toEqual([]);
        expect(await store.leaving.summary()).toEqual({ count: 1, since: LATER });
        await store.leaving.touchSince(AT);
        expect(await store.plans.countTouched()).toBe(0);
        await store.leaving.touchSince(LATER);
        expect(await store.plans.countTouched()).toBe(1);
        await store.leaving.remove(mv);
        expect(await store.leaving.all()).toEqual([]);
      });

      describe('licences of deleted users', () => {
        const ann = { targetId: 'A', anchor: 'anchor of a', name: 'ann' };
        const mail = { id: 'mail', name: 'MAIL', disabledParts: ['chat'] };
        const phone = { id: 'phone', name: null, disabledParts: [] };
        const times = { at: LATER, heldSince: AT };

        async function tenant(): Promise<number> {
          await manage();
          const { id } = await store.spaces.openSpace('tenant', 'memory');
          return id;
        }

        test('are owed from the moment on in which the user is there and we were bringing him back', async () => {
          const space = await tenant();
          await store.licences.keep(ann, [mail, phone], times);
          expect(await store.licences.owed(space, '', 10)).toEqual([]);
          expect(await store.licences.kept('A', AT)).toEqual([mail, phone]);
          await store.licences.noteReturn('A', 'ann again', times);
          expect(await store.licences.owed(space, '', 10)).toEqual([
            { ...ann, name: 'ann again', mv: expect.any(Number), since: LATER, licences: [mail, phone] },
          ]);
          expect(await store.licences.owed(space, 'A', 10)).toEqual([]);
          await store.licences.noteAway('A');
          expect(await store.licences.owed(space, '', 10)).toEqual([]);
          await store.licences.noteReturn('A', 'ann', times);
          await store.licences.noteGiven('A', ['mail'], LATER);
          await store.licences.forget('A', ['phone']);
          expect(await store.licences.owed(space, '', 10)).toEqual([]);
        });

        test('are those of the last deletion, with what is still owed and what was held a moment ago', async () => {
          const space = await tenant();
          const late = { at: '2030-01-03T00:00:00.000Z', heldSince: '2030-01-02T12:00:00.000Z' };
          await store.licences.keep(ann, [mail, phone], times);
          await store.licences.keep(ann, null, late);
          expect(await store.licences.kept('A', AT)).toEqual([mail, phone]);
          await store.licences.keep(ann, [], times);
          expect(await store.licences.kept('A', AT)).toEqual([mail, phone]);
          await store.licences.noteReturn('A', 'ann', times);
          await store.licences.noteGiven('A', ['mail'], LATER);
          const changed = { ...mail, disabledParts: [] };
          await store.licences.keep(ann, [], late);
          expect(await store.licences.kept('A', AT)).toEqual([phone]);
          await store.licences.keep(ann, [changed], late);
          await store.licences.noteReturn('A', 'ann', late);
          expect(await store.licences.owed(space, '', 10)).toMatchObject([{ licences: [changed, phone] }]);
        });

        test('are forgotten when their times are over', async () => {
          await tenant();
          const never = { held: AT, returned: AT, given: AT };
          await store.licences.keep(ann, [mail, phone], { at: AT, heldSince: AT });
          await store.licences.forgetBefore(never);
          expect(await store.licences.kept('A', AT)).toHaveLength(2);
          await store.licences.noteReturn('A', 'ann', { at: AT, heldSince: AT });
          await store.licences.noteGiven('A', ['mail'], AT);
          await store.licences.forgetBefore({ ...never, held: LATER });
          expect(await store.licences.kept('A', AT)).toHaveLength(2);
          await store.licences.forgetBefore({ ...never, returned: LATER });
          expect(await store.licences.kept('A', AT)).toEqual([mail]);
          await store.licences.forgetBefore({ ...never, given: LATER });
          expect(await store.licences.kept('A', AT)).toEqual([]);
        });
      });

      test('the time of what waits does not count while an operation of it is open', async () => {
        const { run, users } = await manage();
        const [mv = 0] = users;
        await store.leaving.add(mv, { type: 'user', name: 'a', cause: { source: '', object: '', rules: [] } }, AT);
        const plan = await planDeletion(run, mv, 'a');
        await store.leaving.settle(LATER, String(plan));
        expect(await store.leaving.of(mv)).toMatchObject({ isSettled: false });
        const operation = await store.plans.operationOf(plan, mv);
        await store.apply.setOperationState(operation?.id ?? 0, 'done');
        await store.leaving.settle(LATER, String(plan));
        expect(await store.leaving.of(mv)).toMatchObject({ isSettled: true, since: LATER });
      });
    });

    describe('a transaction', () => {
      test('that fails leaves everything as it was, and what was remembered of it is forgotten', async () => {
        await take(put('g', { references: members('a') }));
        const failing = store.transaction(async () => {
          await store.spaces.storeChanges(
            space,
            generation,
            [put('new', { references: { other: { kind: 'complete', targets: ['x'] } } })],
            lookup,
          );
          await store.runs.replaceFindings('sync', 'o1', [finding('rule-error', 'sync')], '1', AT);
          throw new Error('stop');
        });
        await expect(failing).rejects.toThrow('stop');
        expect(await store.spaces.objectByAnchor(space, 'new')).toBeNull();
        expect(await store.runs.subjects('sync')).toEqual([]);
        await take(put('new', { references: { other: { kind: 'complete', targets: ['x'] } } }));
        expect(await referenced('new', 'other')).toEqual(['x']);
      });

      test('waits for the one before it', async () => {
        const order: string[] = [];
        const slow = store.transaction(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          order.push('first');
        });
        await store.transaction(async () => order.push('second'));
        await slow;
        expect(order).toEqual(['first', 'second']);
      });
    });
  });
}
