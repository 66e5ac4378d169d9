import { describe, expect, test } from 'vitest';
import {
  anchorOf,
  createMemoryLab,
  createTenant,
  group,
  guid,
  type MemoryLab,
  user,
} from '../../test/memory/memory-lab.ts';
import type { Licence } from '../model/licence.ts';
import { runUndo } from './run.ts';

const MAIL: Licence = { id: 'sku-mail', name: 'MAIL', disabledParts: ['teams', 'yammer'] };
const PHONE: Licence = { id: 'sku-phone', name: null, disabledParts: [] };
const BOTH = [MAIL, PHONE];
const DAY = 86_400_000;

interface Clock {
  now: number;
}

interface Company extends MemoryLab {
  readonly clock: Clock;
  readonly ann: string;
}

/** Ann with two licences, and Bob without any, in step with the tenant. */
async function company(): Promise<Company> {
  const clock = { now: Date.UTC(2030, 0, 1) };
  const now = () => new Date(clock.now++);
  const lab = await createMemoryLab({ now, target: createTenant({ now }) });
  lab.source.put(user('ann'));
  lab.source.put(user('bob'));
  lab.source.put(group('staff', ['ann', 'bob']));
  await lab.sync();
  const ann = lab.target.find(anchorOf('ann'))?.anchor ?? '';
  lab.target.license(ann, BOTH);
  return Object.assign(lab, { clock, ann });
}

async function away(lab: Company): Promise<void> {
  lab.source.remove(guid('ann'));
  await lab.sync();
  expect(lab.target.licencesOf(lab.ann)).toEqual([]);
}

function back(lab: Company): void {
  lab.source.put(user('ann'));
  lab.source.put(group('staff', ['ann', 'bob']));
}

async function lacks(lab: Company): Promise<readonly (string | null)[]> {
  return (await lab.findings('licence-not-returned')).map(({ value }) => value);
}

describe('a user who was deleted by us and comes back', () => {
  test('has the licences again that were assigned directly, with the same parts switched off', async () => {
    const lab = await company();
    await away(lab);
    back(lab);
    const plan = await lab.plan();
    expect((await lab.allOperations(plan)).map(({ action, cause }) => [action, cause.licences])).toContainEqual([
      'restore',
      BOTH,
    ]);
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
    expect(lab.target.written.license).toBe(1);
    await lab.sync({ full: true });
    expect(lab.target.written.license).toBe(1);
    const [entry] = await lab.store.apply.changesOf(anchorOf('ann'), 1);
    expect(entry).toMatchObject({ action: expect.stringMatching(/license|members|refer/) });
  });

  test('has them again by undo, too, and loses them with its undoing', async () => {
    const lab = await company();
    lab.source.remove(guid('ann'));
    const wrong = await lab.sync();
    const undoing = await runUndo(lab.context, wrong.run, 'undo');
    expect((await lab.allOperations(undoing)).map(({ cause }) => cause.licences)).toContainEqual(BOTH);
    const undone = await lab.apply(undoing);
    expect(undone).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
    const again = await runUndo(lab.context, undone.run, 'undo');
    await lab.apply(again);
    expect(lab.target.licencesOf(lab.ann)).toEqual([]);
    back(lab);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
  });

  test('has what it held at the last deletion, not at an earlier one', async () => {
    const lab = await company();
    await away(lab);
    back(lab);
    await lab.sync();
    lab.clock.now += DAY;
    lab.target.license(lab.ann, [PHONE]);
    await away(lab);
    back(lab);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual([PHONE]);
  });

  test('keeps what was given back a moment ago, though the tenant does not show it yet when the user leaves again', async () => {
    const lab = await company();
    await away(lab);
    back(lab);
    await lab.sync();
    lab.target.license(lab.ann, []);
    await away(lab);
    back(lab);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
  });
});

describe('a licence that cannot be given back', () => {
  test('is a finding, the rest is restored, and the next run with a free seat puts it right by itself', async () => {
    const lab = await company();
    lab.target.setSeats(MAIL.id, 1);
    await away(lab);
    const bob = lab.target.find(anchorOf('bob'))?.anchor ?? '';
    lab.target.license(bob, [MAIL]);
    back(lab);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 1 });
    expect(lab.target.licencesOf(lab.ann)).toEqual([PHONE]);
    expect(await lab.operations(await lab.plan())).toEqual([]);
    expect(await lab.findings('licence-not-returned')).toMatchObject([
      {
        severity: 'error',
        object: { name: 'ann@contoso.com' },
        value: 'MAIL (sku-mail)',
        cause: expect.stringContaining('no seat of MAIL is left'),
        remedy: expect.stringMatching(/Free a seat of MAIL.*until 2030-01-31/),
      },
    ]);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 1, plan: { operations: 0 } });
    lab.target.license(bob, []);
    expect(await lab.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
    expect(await lacks(lab)).toEqual([]);
  });

  test('is left as it is once somebody has assigned it in another form', async () => {
    const lab = await company();
    lab.target.setSeats(MAIL.id, 0);
    await away(lab);
    back(lab);
    await lab.sync();
    const other = { ...MAIL, disabledParts: [] };
    lab.target.license(lab.ann, [other, PHONE]);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual([other, PHONE]);
    expect(await lacks(lab)).toEqual([]);
    lab.target.license(lab.ann, []);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual([]);
  });

  test('is tried for 30 days and then given up', async () => {
    const lab = await company();
    lab.target.setSeats(MAIL.id, 0);
    await away(lab);
    back(lab);
    await lab.sync();
    lab.clock.now += 29 * DAY;
    await lab.sync();
    expect(await lacks(lab)).toEqual(['MAIL (sku-mail)']);
    lab.clock.now += 2 * DAY;
    await lab.sync();
    expect(await lacks(lab)).toEqual([]);
    lab.target.setSeats(MAIL.id, 9);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual([PHONE]);
  });

  test('is owed still when the user leaves and comes back another time', async () => {
    const lab = await company();
    lab.target.setSeats(MAIL.id, 0);
    await away(lab);
    back(lab);
    await lab.sync();
    lab.clock.now += DAY;
    await away(lab);
    await lab.sync();
    expect(await lacks(lab)).toEqual([]);
    lab.target.setSeats(MAIL.id, 9);
    back(lab);
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
  });

  test('is refused as a whole with the words of the tenant, and tried again', async () => {
    const lab = await company();
    await away(lab);
    back(lab);
    lab.target.refuse((write) => write.action === 'license', { code: 'teapot', message: 'I am one.' });
    await lab.sync();
    expect(await lacks(lab)).toEqual(['MAIL (sku-mail)', 'sku-phone']);
    expect((await lab.findings('licence-not-returned'))[0]?.cause).toContain('I am one. (teapot)');
    await lab.sync();
    expect([lab.target.licencesOf(lab.ann), await lacks(lab)]).toEqual([BOTH, []]);
  });
});

describe('licences are not touched', () => {
  test('of a user whose deletion was refused, whatever an administrator does with them', async () => {
    const lab = await company();
    lab.source.remove(guid('ann'));
    lab.target.refuse((write) => write.action === 'delete', { code: 'no', message: 'No.' });
    await lab.sync();
    lab.target.license(lab.ann, []);
    back(lab);
    await lab.sync();
    await lab.sync();
    expect(lab.target.licencesOf(lab.ann)).toEqual([]);
    expect(lab.target.written.license).toBe(0);
  });

  test('of a user whom somebody restored in the tenant', async () => {
    const lab = await company();
    await away(lab);
    back(lab);
    lab.target.tenant.put({ anchor: lab.ann, type: 'user', attributes: { sourceAnchor: anchorOf('ann') } });
    await lab.sync();
    expect(lab.target.written).toMatchObject({ license: 0, restore: 0 });
  });
});

test('a user whose licences cannot be read is not deleted before they can', async () => {
  const lab = await company();
  const refusal = { outcome: 'refused', failure: { code: 'no', message: 'You may not.' } } as const;
  Object.assign(lab.target, { readLicences: async () => new Map([[lab.ann, refusal]]) });
  lab.source.remove(guid('ann'));
  expect(await lab.sync()).toMatchObject({ failed: 1 });
  expect(lab.target.licencesOf(lab.ann)).toEqual(BOTH);
});
