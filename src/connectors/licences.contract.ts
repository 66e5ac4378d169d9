import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Licence } from '../model/licence.ts';
import type { TargetConnector, TargetWrite, WriteResult } from './connector.ts';

/** A target that knows licences, as the suite needs it. */
export interface LicenceHarness {
  readonly target: TargetConnector;
  /** Three that the tenant has, with their parts in the order of their names; no seat of the last one is free. */
  readonly licences: readonly [Licence, Licence, Licence];
  /** Makes a user whom licences can be given to; answers the id. */
  createUser(name: string): Promise<string>;
  /** Gives a user licences directly, as an administrator would. */
  license(targetId: string, licences: readonly Licence[]): Promise<void>;
  close(): Promise<void>;
}

/** What connector.ts promises of licences, asked of every target that has them. */
export function describeLicenceContract(name: string, createHarness: () => Promise<LicenceHarness>): void {
  describe(`the ${name} target keeps the contract of licences`, () => {
    let harness: LicenceHarness;

    beforeEach(async () => {
      harness = await createHarness();
    });
    afterEach(() => harness.close());

    async function write(one: TargetWrite): Promise<WriteResult | undefined> {
      async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
        yield [one];
      }
      return (await Array.fromAsync(harness.target.write(chunks()))).flat()[0];
    }

    function assign(targetId: string, licences: readonly Licence[]): Promise<WriteResult | undefined> {
      return write({ id: 'l', action: 'license', type: 'user', anchor: 'a', targetId, licences });
    }

    function remove(action: 'delete' | 'restore', targetId: string, anchor: string): Promise<WriteResult | undefined> {
      return write({ id: action, action, type: 'user', anchor, targetId });
    }

    async function held(targetId: string): Promise<unknown> {
      const answer = (await harness.target.readLicences?.([targetId]))?.get(targetId);
      return answer?.outcome === 'read' ? [...answer.licences].sort((a, b) => (a.id < b.id ? -1 : 1)) : answer?.outcome;
    }

    it('tells what users hold directly, with names and the parts that are switched off', async () => {
      const [first, second] = harness.licences;
      const [ann, bob] = [await harness.createUser('ann'), await harness.createUser('bob')];
      await harness.license(ann, [first, second]);
      const answer = await harness.target.readLicences?.([bob, ann, '00000000-0000-4000-8000-00000000dead']);
      expect(answer?.size).toBe(3);
      expect(answer?.get(bob)).toEqual({ outcome: 'read', licences: [] });
      expect(await held(ann)).toEqual([first, second]);
      expect(answer?.get('00000000-0000-4000-8000-00000000dead')).toEqual({ outcome: 'gone' });
    });

    it('releases them with the deletion, and a restored user is given them again', async () => {
      const [first, second] = harness.licences;
      const ann = await harness.createUser('ann');
      await harness.license(ann, [first, second]);
      await remove('delete', ann, 'ann');
      expect(await held(ann)).toBe('gone');
      await remove('restore', ann, 'ann');
      expect(await held(ann)).toEqual([]);
      expect(await assign(ann, [first, second])).toEqual({ id: 'l', outcome: 'done', targetId: ann });
      expect(await held(ann)).toEqual([first, second]);
    });

    it('gives the same twice as if it were once, and leaves what the user holds besides', async () => {
      const [first, second] = harness.licences;
      const ann = await harness.createUser('ann');
      await harness.license(ann, [second]);
      for (let time = 0; time < 2; time++) expect(await assign(ann, [first])).toMatchObject({ outcome: 'done' });
      expect(await held(ann)).toEqual([first, second]);
    });

    it('gives the others when one is refused, and says which one and why', async () => {
      const [first, second, full] = harness.licences;
      const ann = await harness.createUser('ann');
      const result = await assign(ann, [full, first, second]);
      expect(result).toMatchObject({
        outcome: 'done',
        failedLicences: [
          {
            licence: full.id,
            failure: {
              code: expect.any(String),
              message: expect.any(String),
              cause: expect.stringContaining('no seat of'),
              remedy: expect.stringContaining('Free a seat'),
            },
          },
        ],
      });
      expect(await held(ann)).toEqual([first, second]);
    });

    it('says of a user who is not there that he is gone', async () => {
      const ann = await harness.createUser('ann');
      await remove('delete', ann, 'ann');
      expect(await assign(ann, [harness.licences[0]])).toMatchObject({ outcome: 'gone' });
    });

    it('leaves open what became of an assignment, which is safe to repeat', async () => {
      const ann = await harness.createUser('ann');
      const licensing = { id: 'l', action: 'license', type: 'user', anchor: 'a', targetId: ann, licences: [] } as const;
      const settled = (await Array.fromAsync(harness.target.settle([licensing]))).flat();
      expect(settled).toMatchObject([{ id: 'l', outcome: 'unknown' }]);
    });
  });
}
