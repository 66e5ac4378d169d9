import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  AccountPassword,
  PasswordReadEvent,
  PasswordResult,
  PasswordSource,
  PasswordTarget,
  PasswordWrite,
  ReadProblem,
} from './connector.ts';

/** A directory that gives passwords, as the suite needs it. */
export interface PasswordSourceHarness {
  readonly source: PasswordSource;
  /** Makes an account with a password; answers its anchor. */
  createAccount(name: string, password: string): Promise<string>;
  setPassword(anchor: string, password: string): Promise<void>;
  /** The password has to be changed at the next logon, or not any more. */
  demandChange(anchor: string, isDemanded: boolean): Promise<void>;
  disable(anchor: string): Promise<void>;
  /** ISO 8601, whole seconds. */
  expire(anchor: string, at: string): Promise<void>;
  remove(anchor: string): Promise<void>;
  /** A watermark that the directory has never given. */
  readonly foreignWatermark: string;
  /** MD4 of the password in UTF-16LE, worked out elsewhere. */
  hashOf(password: string): Uint8Array;
  close(): Promise<void>;
}

interface Reading {
  readonly mode: 'full' | 'delta';
  readonly reason: string | null;
  readonly passwords: readonly AccountPassword[];
  readonly problems: readonly ReadProblem[];
  readonly watermark: string;
}

async function readAll(source: PasswordSource, watermark: string | null): Promise<Reading> {
  const events: PasswordReadEvent[] = await Array.fromAsync(source.read({ watermark }));
  const begin = events[0];
  const end = events.at(-1);
  if (begin?.kind !== 'begin' || end?.kind !== 'end') throw new Error('a read is begin, pages, end');
  const pages = events.slice(1, -1).flatMap((event) => (event.kind === 'page' ? [event] : []));
  expect(pages).toHaveLength(events.length - 2);
  return {
    mode: begin.mode,
    reason: begin.reason,
    passwords: pages.flatMap(({ passwords }) => passwords),
    problems: pages.flatMap(({ problems = [] }) => problems),
    watermark: end.watermark,
  };
}

/** What connector.ts promises of directories that give passwords, asked of every one of them. */
export function describePasswordSourceContract(
  name: string,
  createHarness: () => Promise<PasswordSourceHarness>,
): void {
  describe(`the ${name} source keeps the contract of passwords`, () => {
    let harness: PasswordSourceHarness;

    beforeEach(async () => {
      harness = await createHarness();
    });
    afterEach(() => harness.close());

    function of(reading: Reading, anchor: string): AccountPassword | undefined {
      return reading.passwords.findLast((one) => one.anchor === anchor);
    }

    it('proves that passwords can be read', async () => {
      const lines = await Array.fromAsync(harness.source.check());
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(({ state }) => state === 'error')).toEqual([]);
    });

    it('gives everybody first, each with the hash of the password and nothing special', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const bob = await harness.createAccount('bob', 'Grüße aus Köln 7!');
      const reading = await readAll(harness.source, null);
      expect(reading).toMatchObject({ mode: 'full', reason: null, problems: [] });
      expect(of(reading, ann)).toMatchObject({ mustChange: false, isDisabled: false, expiresAt: null });
      expect(of(reading, ann)?.ntHash).toEqual(harness.hashOf('Sommer-2030'));
      expect(of(reading, bob)?.ntHash).toEqual(harness.hashOf('Grüße aus Köln 7!'));
      expect(Date.parse(of(reading, ann)?.changedAt ?? '')).not.toBeNaN();
    });

    it('gives what was set since a watermark, in its last version alone', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const bob = await harness.createAccount('bob', 'Sommer-2031');
      const first = await readAll(harness.source, null);
      await harness.setPassword(ann, 'Herbst-2030');
      await harness.setPassword(ann, 'Winter-2030');
      const second = await readAll(harness.source, first.watermark);
      expect(second).toMatchObject({ mode: 'delta', reason: null });
      expect(of(second, ann)?.ntHash).toEqual(harness.hashOf('Winter-2030'));
      expect(of(second, ann)?.version).toBeGreaterThan(of(first, ann)?.version ?? 0);
      expect(of(second, bob)).toBeUndefined();
      expect((await readAll(harness.source, second.watermark)).passwords).toEqual([]);
    });

    it('gives the same again for the same watermark', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const { watermark } = await readAll(harness.source, null);
      await harness.setPassword(ann, 'Herbst-2030');
      for (let time = 0; time < 2; time++)
        expect(of(await readAll(harness.source, watermark), ann)?.ntHash).toEqual(harness.hashOf('Herbst-2030'));
    });

    it('reads everybody and says why when it does not know the watermark', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const reading = await readAll(harness.source, harness.foreignWatermark);
      expect(reading).toMatchObject({ mode: 'full', reason: expect.stringMatching(/\w/) });
      expect(of(reading, ann)).toBeDefined();
    });

    it('tells of an account that was disabled, expires or has to change its password, without a new version', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const first = await readAll(harness.source, null);
      await harness.disable(ann);
      await harness.expire(ann, '2035-05-05T00:00:00.000Z');
      await harness.demandChange(ann, true);
      const second = await readAll(harness.source, first.watermark);
      expect(of(second, ann)).toMatchObject({
        isDisabled: true,
        expiresAt: '2035-05-05T00:00:00.000Z',
        mustChange: true,
        version: of(first, ann)?.version,
      });
      await harness.demandChange(ann, false);
      expect(of(await readAll(harness.source, second.watermark), ann)).toMatchObject({ mustChange: false });
    });

    it('fetches single accounts, whenever their password was set, and leaves out those that are gone', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const bob = await harness.createAccount('bob', 'Sommer-2031');
      await harness.createAccount('cid', 'Sommer-2032');
      await harness.remove(bob);
      const fetched = (await Array.fromAsync(harness.source.fetch([ann, bob]))).flat();
      expect(fetched.map(({ anchor }) => anchor)).toEqual([ann]);
      expect(fetched[0]?.ntHash).toEqual(harness.hashOf('Sommer-2030'));
      const reading = await readAll(harness.source, null);
      expect(fetched[0]).toMatchObject({ version: of(reading, ann)?.version, changedAt: of(reading, ann)?.changedAt });
    });

    it('hands over a buffer of its own each time', async () => {
      const ann = await harness.createAccount('ann', 'Sommer-2030');
      const [first] = (await Array.fromAsync(harness.source.fetch([ann]))).flat();
      first?.ntHash?.fill(0);
      const [second] = (await Array.fromAsync(harness.source.fetch([ann]))).flat();
      expect(second?.ntHash).toEqual(harness.hashOf('Sommer-2030'));
    });
  });
}

/** A tenant that takes passwords, as the suite needs it. */
export interface PasswordTargetHarness {
  readonly target: PasswordTarget;
  /** Makes a user who is synchronized by this source anchor; answers the id. */
  createUser(anchor: string): Promise<string>;
  deleteUser(targetId: string): Promise<void>;
  /** Lets users be made to change their password, or not. */
  setMayForceChange(may: boolean): Promise<void>;
  /** Whether the user gets in with the password, would have to change it first, or does not. */
  signIn(targetId: string, password: string): Promise<'welcome' | 'must-change' | 'refused'>;
  /** The credential of a password, as `src/passwords/derive-credential.ts` makes it. */
  credentialOf(password: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What connector.ts promises of tenants that take passwords, asked of every one of them. */
export function describePasswordTargetContract(
  name: string,
  createHarness: () => Promise<PasswordTargetHarness>,
): void {
  describe(`the ${name} target keeps the contract of passwords`, () => {
    let harness: PasswordTargetHarness;

    beforeEach(async () => {
      harness = await createHarness();
    });
    afterEach(() => harness.close());

    async function write(
      anchor: string,
      targetId: string,
      password: string,
      forceChange = false,
    ): Promise<PasswordResult | undefined> {
      return (await harness.target.write([await writeOf(anchor, targetId, password, forceChange)]))[0];
    }

    async function writeOf(
      anchor: string,
      targetId: string,
      password: string,
      forceChange = false,
    ): Promise<PasswordWrite> {
      const credential = await harness.credentialOf(password);
      return { anchor, targetId, credential, changedAt: '2030-01-01T00:00:00.000Z', forceChange };
    }

    it('proves that passwords would be taken', async () => {
      const lines = await Array.fromAsync(harness.target.check());
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(({ state }) => state === 'error')).toEqual([]);
    });

    it('lets a user in with the password that was sent, and with no other', async () => {
      const ann = await harness.createUser('YW5u');
      expect(await write('YW5u', ann, 'Sommer-2030')).toEqual({ anchor: 'YW5u', outcome: 'done' });
      expect(await harness.signIn(ann, 'Sommer-2030')).toBe('welcome');
      expect(await harness.signIn(ann, 'sommer-2030')).toBe('refused');
      await write('YW5u', ann, 'Grüße aus Köln 7!');
      expect(await harness.signIn(ann, 'Grüße aus Köln 7!')).toBe('welcome');
      expect(await harness.signIn(ann, 'Sommer-2030')).toBe('refused');
    });

    it('takes the same twice as if it were once', async () => {
      const ann = await harness.createUser('YW5u');
      for (let time = 0; time < 2; time++)
        expect(await write('YW5u', ann, 'Sommer-2030')).toMatchObject({ outcome: 'done' });
      expect(await harness.signIn(ann, 'Sommer-2030')).toBe('welcome');
    });

    it('tells what it does with a demand to change the password, and does it', async () => {
      const ann = await harness.createUser('YW5u');
      await harness.setMayForceChange(true);
      expect(await harness.target.readFeatures()).toMatchObject({ mayForceChange: true });
      await write('YW5u', ann, 'Temporary-1', true);
      expect(await harness.signIn(ann, 'Temporary-1')).toBe('must-change');
      await write('YW5u', ann, 'Sommer-2030');
      expect(await harness.signIn(ann, 'Sommer-2030')).toBe('welcome');
      await harness.setMayForceChange(false);
      expect(await harness.target.readFeatures()).toMatchObject({ mayForceChange: false });
    });

    it('keeps a demand with the first password, and later ones only where it takes demands', async () => {
      const ann = await harness.createUser('YW5u');
      await harness.setMayForceChange(false);
      await write('YW5u', ann, 'Temporary-1', true);
      expect(await harness.signIn(ann, 'Temporary-1')).toBe('must-change');
      await write('YW5u', ann, 'Temporary-2', true);
      expect(await harness.signIn(ann, 'Temporary-2')).toBe('welcome');
    });

    it('lets its own policy go for synchronized passwords, or not, where it has a switch for that', async () => {
      for (const isEnforced of [true, true, false]) {
        await harness.target.setCloudPolicy?.(isEnforced);
        if (harness.target.setCloudPolicy === undefined) continue;
        expect(await harness.target.readFeatures()).toMatchObject({ hasCloudPolicy: isEnforced });
      }
    });

    it('answers for each of a whole request, also when one of them is not there', async () => {
      const anchors = Array.from({ length: harness.target.passwordsPerWrite }, (_, index) => {
        return Buffer.from(`user ${String(index).padStart(3, '0')}`).toString('base64');
      });
      const ids: string[] = [];
      for (const anchor of anchors) ids.push(await harness.createUser(anchor));
      await harness.deleteUser(ids[1] ?? '');
      const writes: PasswordWrite[] = [];
      for (const [index, anchor] of anchors.entries())
        writes.push(await writeOf(anchor, ids[index] ?? '', `Sommer-${index}`));
      const results = await harness.target.write(writes);
      expect(results.map(({ anchor }) => anchor).sort()).toEqual([...anchors].sort());
      expect(results.find(({ anchor }) => anchor === anchors[1])).toMatchObject({
        outcome: 'gone',
        failure: { message: expect.stringMatching(/\w/) },
      });
      expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(anchors.length - 1);
      expect(await harness.signIn(ids[2] ?? '', 'Sommer-2')).toBe('welcome');
    });

    it('leaves the buffers alone', async () => {
      const ann = await harness.createUser('YW5u');
      const one = await writeOf('YW5u', ann, 'Sommer-2030');
      const copy = Uint8Array.from(one.credential);
      await harness.target.write([one]);
      expect(Uint8Array.from(one.credential)).toEqual(copy);
      one.credential.fill(0);
      expect(await harness.signIn(ann, 'Sommer-2030')).toBe('welcome');
    });
  });
}
