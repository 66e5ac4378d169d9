import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PasswordAccount } from './password-store.ts';
import type { LookupValue, Store } from './store.ts';

const AT = '2030-01-01T00:00:00.000Z';
const LATER = '2030-01-02T00:00:00.000Z';
const LAST = '2030-01-03T00:00:00.000Z';

function anchorLookup(attributes: Readonly<Record<string, unknown>>): readonly LookupValue[] {
  const { sourceAnchor } = attributes;
  return typeof sourceAnchor === 'string' ? [{ kind: 'sourceAnchor', key: sourceAnchor }] : [];
}

/** What every store has to know of passwords. */
export function describePasswordStoreContract(name: string, open: () => Promise<Store>): void {
  describe(`what the store ${name} knows of passwords`, () => {
    let store: Store;
    let corp: number;
    let tenant: number;

    beforeEach(async () => {
      store = await open();
      corp = (await store.spaces.openSpace('corp', 'memory')).id;
      tenant = (await store.spaces.openSpace('tenant', 'memory')).id;
    });
    afterEach(async () => store.close());

    async function put(
      space: number,
      anchor: string,
      attributes: Readonly<Record<string, string>> = {},
    ): Promise<number> {
      const generation = await store.spaces.beginImport(space);
      const change = { kind: 'put', anchor, type: 'user', place: null, attributes, references: {} } as const;
      await store.transaction(() => store.spaces.storeChanges(space, generation, [change], anchorLookup));
      return (await store.spaces.objectByAnchor(space, anchor))?.id ?? 0;
    }

    function content(anchor: string, passwordSource?: number) {
      const source = passwordSource === undefined ? {} : { passwordSource };
      return { anchor, attributes: {}, rules: '1', contributors: [], lookup: [], ...source };
    }

    /** A person whose account gives the password, with an object in the tenant that carries the anchor. */
    async function person(
      name: string,
    ): Promise<{ readonly mv: number; readonly object: number; readonly held: number }> {
      const object = await put(corp, name);
      const held = await put(tenant, `id of ${name}`, { sourceAnchor: `anchor of ${name}` });
      const mv = await store.sync.projectMetaverse('person', object, content(`anchor of ${name}`, object));
      await store.sync.link(held, mv, true);
      return { mv, object, held };
    }

    function account(anchor: string, details: Partial<PasswordAccount> = {}): PasswordAccount {
      return {
        space: corp,
        anchor,
        state: 'waiting',
        reason: 'to-send',
        version: 1,
        changedAt: AT,
        expiresAt: null,
        waitingSince: AT,
        attempts: 0,
        nextAt: null,
        failure: null,
        judged: null,
        sent: null,
        ...details,
      };
    }

    const SENT = {
      version: 3,
      changedAt: AT,
      target: 'id of ann',
      since: 0,
      at: LATER,
      forced: true,
      isBlocked: false,
    };

    async function giver(anchor: string) {
      return (await store.passwords.givers(corp, [anchor]))[0];
    }

    test('is an account that gives it, with what the tenant has of the person', async () => {
      const { mv, object } = await person('ann');
      expect(await giver('ann')).toEqual({
        mv,
        object,
        space: corp,
        anchor: 'ann',
        parent: null,
        since: expect.any(Number),
        targetId: 'id of ann',
        sourceAnchor: 'anchor of ann',
        isFirst: false,
        account: null,
      });
      expect(await store.passwords.givers(corp, ['nobody'])).toEqual([]);
      expect(await store.passwords.givers(tenant, ['id of ann'])).toEqual([]);
    });

    test('is nothing of an account that the rules do not choose', async () => {
      const { mv, object } = await person('ann');
      const before = (await giver('ann'))?.since;
      expect(await store.sync.saveMetaverse(mv, content('anchor of ann'))).toBe(false);
      expect(await giver('ann')).toBeUndefined();
      expect(await store.passwords.countWithout()).toBe(1);
      await store.sync.raiseVersion();
      await store.sync.saveMetaverse(mv, content('anchor of ann', object));
      expect((await giver('ann'))?.since).not.toBe(before);
      expect(await store.passwords.countWithout()).toBe(0);
    });

    test('leads to nobody in the tenant while the object there is deleted, is not taken over, or is another one', async () => {
      const { mv, held } = await person('ann');
      await store.matches.note({ mv, candidate: held, way: 'mail', value: 'ann', refused: null });
      expect((await giver('ann'))?.targetId).toBeNull();
      await store.matches.forget(mv);
      expect((await giver('ann'))?.targetId).toBe('id of ann');
      await put(tenant, 'id of ann', { sourceAnchor: 'of somebody else' });
      expect((await giver('ann'))?.targetId).toBeNull();
      await put(tenant, 'id of ann', { sourceAnchor: 'anchor of ann' });
      await store.apply.believeRemoved(held, AT);
      expect((await giver('ann'))?.targetId).toBeNull();
    });

    test('may be due anew when a sync, an apply or a plan has changed something, and not otherwise', async () => {
      const { mv, held } = await person('ann');
      const states = [await store.passwords.stateOfPersons(), await store.passwords.stateOfPersons()];
      expect(states[0]).toBe(states[1]);
      await store.sync.raiseVersion();
      states.push(await store.passwords.stateOfPersons());
      const entry = { run: '1', plan: '1', at: AT, mv, type: 'user', anchor: 'a', name: 'ann', targetId: 't' } as const;
      await store.apply.log([{ ...entry, action: 'create', body: '[]' }]);
      states.push(await store.passwords.stateOfPersons());
      await store.matches.note({ mv, candidate: held, way: 'mail', value: 'ann', refused: null });
      states.push(await store.passwords.stateOfPersons());
      expect(new Set(states).size).toBe(4);
    });

    test('is kept as it was saved, and replaced as a whole', async () => {
      await person('ann');
      const whole = account('ann', {
        state: 'failing',
        reason: null,
        attempts: 2,
        nextAt: LATER,
        failure: 'no',
        judged: '7 rules',
        sent: SENT,
      });
      await store.passwords.save([whole]);
      expect((await giver('ann'))?.account).toEqual(whole);
      await store.passwords.save([account('ann', { expiresAt: LAST })]);
      expect((await giver('ann'))?.account).toEqual(account('ann', { expiresAt: LAST }));
    });

    test('forgets what was sent to an object that is deleted, by us or by somebody else', async () => {
      const { held } = await person('ann');
      await store.passwords.save([account('ann', { sent: SENT })]);
      await store.apply.believeRemoved(held, AT);
      expect((await giver('ann'))?.account?.sent).toBeNull();
      await person('bob');
      await store.passwords.save([account('bob', { sent: { ...SENT, target: 'id of bob' } })]);
      const generation = await store.spaces.beginImport(tenant);
      const gone = { kind: 'delete', anchor: 'id of bob' } as const;
      await store.transaction(() =>
        store.spaces.storeChanges(tenant, generation, [gone], anchorLookup, false, ['mail']),
      );
      expect((await giver('bob'))?.account?.sent).toBeNull();
    });

    test('knows who has had no password, and knows it no more once one is on its way, whatever becomes of the account', async () => {
      const { mv, object } = await person('ann');
      await store.passwords.awaitFirst(['id of ann', 'id of ann']);
      expect((await giver('ann'))?.isFirst).toBe(true);
      expect(await store.passwords.giversAfter(0, 9, false)).toMatchObject([{ isFirst: true }]);
      await store.passwords.beginFirst(['id of ann', 'id of nobody']);
      expect((await giver('ann'))?.isFirst).toBe(false);
      await store.sync.saveMetaverse(mv, content('anchor of ann'));
      await store.passwords.forgetOthers();
      await store.sync.saveMetaverse(mv, content('anchor of ann', object));
      expect(await giver('ann')).toMatchObject({ account: null, isFirst: false });
      await store.passwords.awaitFirst(['id of ann']);
      await store.passwords.distrustSent();
      expect((await giver('ann'))?.isFirst).toBe(false);
    });

    test('pages by person, all of them or those of which something is open', async () => {
      const names = ['ann', 'bob', 'cid'];
      const persons = [];
      for (const one of names) persons.push(await person(one));
      const since = (await giver('ann'))?.since ?? 0;
      const sent = { ...SENT, since };
      await store.passwords.save([account('ann', { state: 'synchronized', reason: null, sent })]);
      const all = await store.passwords.giversAfter(0, 2, false);
      expect(all.map(({ anchor }) => anchor)).toEqual(['ann', 'bob']);
      const next = await store.passwords.giversAfter(all[1]?.mv ?? 0, 2, false);
      expect(next.map(({ anchor }) => anchor)).toEqual(['cid']);
      const open = await store.passwords.giversAfter(0, 9, true);
      expect(open.map(({ anchor }) => anchor)).toEqual(['bob', 'cid']);
      await store.passwords.save([
        account('ann', { state: 'synchronized', reason: null, sent: { ...sent, since: since + 1 } }),
      ]);
      expect(await store.passwords.giversAfter(0, 9, true)).toHaveLength(3);
    });

    test('is due when its time has come, oldest change first', async () => {
      await store.passwords.save([
        account('new', { changedAt: LATER }),
        account('old'),
        account('later', { state: 'failing', reason: null, nextAt: LAST }),
        account('failed', { state: 'failing', reason: null, nextAt: AT, changedAt: LAST }),
        account('away', { reason: 'not-in-tenant' }),
        account('temporary', { reason: 'temporary' }),
        account('done', { state: 'synchronized', reason: null }),
        account('unknown', { changedAt: null, version: null }),
        account('without', { state: 'excluded', reason: 'no-password' }),
        account('missing', { state: 'excluded', reason: 'no-password', nextAt: AT, changedAt: LAST }),
        account('still missing', { state: 'excluded', reason: 'no-password', nextAt: LAST }),
      ]);
      const due = await store.passwords.due(corp, LATER, 10);
      expect(due.map(({ anchor }) => anchor)).toEqual(['unknown', 'old', 'new', 'failed', 'missing']);
      expect(await store.passwords.due(corp, LATER, 1)).toHaveLength(1);
      expect(await store.passwords.due(tenant, LATER, 10)).toEqual([]);
      expect(await store.passwords.waiting(corp, 'temporary', 10)).toMatchObject([{ anchor: 'temporary' }]);
    });

    test('tells of accounts that have expired since they were sent', async () => {
      const done = { state: 'synchronized', reason: null } as const;
      await store.passwords.save([
        account('gone', { ...done, expiresAt: AT }),
        account('stays', { ...done, expiresAt: LAST }),
        account('waits', { expiresAt: AT }),
        account('temporary', { reason: 'temporary', expiresAt: AT }),
        account('never', done),
      ]);
      expect((await store.passwords.expired(corp, LATER, 10)).map(({ anchor }) => anchor)).toEqual([
        'gone',
        'temporary',
      ]);
    });

    test('counts by state and reason, and lists what is open, the longest first', async () => {
      await store.passwords.save([
        account('b', { waitingSince: LATER }),
        account('a', { state: 'failing', reason: null, waitingSince: AT }),
        account('c', { state: 'synchronized', reason: null, waitingSince: null }),
        account('d', { state: 'excluded', reason: 'expired', waitingSince: null }),
      ]);
      expect(await store.passwords.counts()).toEqual([
        { state: 'excluded', reason: 'expired', count: 1, waitingSince: null },
        { state: 'failing', reason: null, count: 1, waitingSince: AT },
        { state: 'synchronized', reason: null, count: 1, waitingSince: null },
        { state: 'waiting', reason: 'to-send', count: 1, waitingSince: LATER },
      ]);
      expect((await store.passwords.open(10, 0)).map(({ anchor }) => anchor)).toEqual(['a', 'b']);
      expect((await store.passwords.open(10, 1)).map(({ anchor }) => anchor)).toEqual(['b']);
    });

    test("forgets accounts whose password is nobody's any more, and no others", async () => {
      const { mv } = await person('ann');
      await person('bob');
      await store.passwords.save([account('ann'), account('bob'), account('stranger')]);
      await store.sync.deleteMetaverse(mv);
      expect(await store.passwords.forgetOthers()).toBe(2);
      expect((await store.passwords.open(10, 0)).map(({ anchor }) => anchor)).toEqual(['bob']);
    });
  });
}
