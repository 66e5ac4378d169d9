import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangeLogEntry, PeerRun, Store } from './store.ts';

const DAYS = ['2030-01-01', '2030-01-02', '2030-01-03', '2030-01-04'].map((day) => `${day}T00:00:00.000Z`);
const [FIRST = '', SECOND = '', THIRD = '', FOURTH = ''] = DAYS;
const SINCE_EVER = '';

function change(anchor: string, at: string, action = 'update'): Omit<ChangeLogEntry, 'run' | 'plan' | 'mv'> {
  return { at, type: 'user', anchor, name: anchor, targetId: `id of ${anchor}`, action, body: '[]' };
}

function peerRun(run: string, startedAt: string): PeerRun {
  return { run, command: 'sync', startedAt, endedAt: null, outcome: null, message: null, done: {}, failed: 0 };
}

/** What every store has to know of another server for the same tenant. */
export function describePeerContract(name: string, open: () => Promise<Store>): void {
  describe(`what the store ${name} knows of another server`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => store.close());

    async function writeOurselves(anchor: string, at: string, action?: string): Promise<string> {
      const run = await store.runs.startRun('sync', at);
      await store.apply.log([{ ...change(anchor, at, action), run, plan: '1', mv: 1 }]);
      return run;
    }

    test('stands in the change log beside our own, and is not told as ours', async () => {
      const own = await writeOurselves('ada', FIRST);
      const run = await store.peers.adoptRun('one', peerRun('31', SECOND));
      await store.peers.adoptChange(run, change('ada', SECOND, 'delete'));
      expect((await store.apply.changesOf('ada', 10)).map((entry) => entry.action)).toEqual(['delete', 'update']);
      expect(await store.apply.deletedAt('ada')).toBe(SECOND);
      expect(await store.peers.ownChanges(0, SINCE_EVER, 10)).toMatchObject([{ id: 1, run: own, anchor: 'ada' }]);
      expect(await store.peers.ownChanges(0, SECOND, 10)).toEqual([]);
      expect(await store.peers.ownChanges(1, SINCE_EVER, 10)).toEqual([]);
      expect(await store.peers.changesOfServer('one', 'ada', 10)).toMatchObject([{ run, action: 'delete' }]);
      expect(await store.peers.changesOfServer('two', 'ada', 10)).toEqual([]);
      expect(await store.runs.run(run)).toMatchObject({ command: 'sync (run 31 of one)', outcome: null });
    });

    test('is one run, however often it is told, with what became of it', async () => {
      const run = await store.peers.adoptRun('one', peerRun('31', SECOND));
      const ended: PeerRun = { ...peerRun('31', SECOND), endedAt: THIRD, outcome: 'done', done: { update: 1 } };
      expect(await store.peers.adoptRun('one', ended)).toBe(run);
      expect(await store.runs.run(run)).toMatchObject({ endedAt: THIRD, outcome: 'done', done: { update: 1 } });
      // A store that was lost counts from one again.
      expect(await store.peers.adoptRun('one', peerRun('31', FOURTH))).not.toBe(run);
      expect(await store.peers.ownRun(run)).toMatchObject({ startedAt: SECOND });
      expect(await store.peers.ownRun('99')).toBeNull();
    });

    test('that comes late stands before what is newer, and is found by its run all the same', async () => {
      await writeOurselves('ada', THIRD, 'restore');
      const run = await store.peers.adoptRun('one', peerRun('31', SECOND));
      for (const name of ['ada', 'kurt'])
        expect(await store.peers.adoptChange(run, change(name, SECOND, 'delete'))).toBe(true);
      expect(await store.peers.adoptChange(run, change('ada', SECOND, 'delete'))).toBe(false);
      expect(await store.apply.deletedAt('ada')).toBeNull();
      expect(await store.apply.deletedAt('kurt')).toBe(SECOND);
      const told: string[] = [];
      for await (const page of store.undo.changesOfRun(run)) told.push(...page.map((entry) => entry.anchor));
      expect(told.sort()).toEqual(['ada', 'kurt']);
    });

    test('that comes late stands in its place among what is older and newer', async () => {
      await writeOurselves('ada', FIRST, 'create');
      await writeOurselves('ada', FOURTH, 'update');
      const run = await store.peers.adoptRun('one', peerRun('31', SECOND));
      await store.peers.adoptChange(run, change('ada', SECOND, 'delete'));
      await store.peers.adoptChange(run, change('ada', THIRD, 'restore'));
      const told = (await store.apply.changesOf('ada', 10)).map((entry) => entry.action);
      expect(told).toEqual(['update', 'restore', 'delete', 'create']);
    });

    test('is counted since a time, without what groups held', async () => {
      const run = await store.peers.adoptRun('one', { ...peerRun('31', FIRST), endedAt: THIRD });
      for (const one of [change('a', FIRST), change('b', THIRD), change('c', THIRD, 'held')])
        await store.peers.adoptChange(run, one);
      expect(await store.peers.countChanges('one', SECOND)).toBe(1);
      expect(await store.peers.countChanges('one', FOURTH)).toBe(0);
    });

    test('departures through it count with ours, and are replaced as a whole', async () => {
      await store.guards.noteDeparture('1', 'delete', 'user', SECOND);
      const departure = { kind: 'delete', type: 'user', anchor: '', at: SECOND, count: 3 } as const;
      await store.peers.adoptDepartures([departure]);
      expect(await store.guards.departuresSince(FIRST)).toEqual([{ kind: 'delete', type: 'user', count: 4 }]);
      await store.peers.adoptDepartures([{ ...departure, count: 1 }]);
      expect(await store.guards.departuresSince(FIRST)).toEqual([{ kind: 'delete', type: 'user', count: 2 }]);
      expect(await store.peers.departures(FIRST)).toMatchObject([{ kind: 'delete', count: 1 }]);
    });

    test('licences that it keeps are taken over, the newer of two counts', async () => {
      const licence = { targetId: 't', licence: 'mail', anchor: 'ada', name: 'ada', body: '{}', heldAt: SECOND };
      await store.peers.adoptLicences([{ ...licence, sentAt: null, givenAt: null }]);
      await store.peers.adoptLicences([{ ...licence, heldAt: FIRST, sentAt: null, givenAt: null }]);
      expect(await store.peers.licences()).toEqual([{ ...licence, sentAt: null, givenAt: null }]);
      await store.peers.adoptLicences([{ ...licence, sentAt: THIRD, givenAt: null }]);
      await store.peers.adoptLicences([{ ...licence, sentAt: null, givenAt: null }]);
      expect(await store.peers.licences()).toEqual([{ ...licence, sentAt: THIRD, givenAt: null }]);
    });

    test('plans are found by when they were made', async () => {
      expect(await store.peers.planBefore(FOURTH)).toBeNull();
      expect(await store.peers.operationOf('1', 'ada')).toBeNull();
      expect(await store.peers.metaverseOf('ada')).toBeNull();
    });
  });
}
