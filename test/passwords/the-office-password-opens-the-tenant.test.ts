import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PasswordLab } from './password-lab.ts';

const NAMES = ['ann', 'bob', 'cid'];

describe('the password of the office network', () => {
  let lab: PasswordLab;
  beforeEach(async () => {
    lab = await PasswordLab.begin();
    lab.hire('ann', 'Sommer-2030');
    lab.hire('bob', 'Grüße aus Köln 7!');
  });
  afterEach(() => lab.end());

  test('opens the tenant after one cycle, and no other does', async () => {
    expect(await lab.syncBoth()).toMatchObject({ mode: 'full', sent: 2, failed: 0, outcome: 'done' });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
    expect(lab.signIn('bob', 'Grüße aus Köln 7!')).toBe('welcome');
    expect(lab.signIn('ann', 'Grüße aus Köln 7!')).toBe('wrong');
    expect(await lab.state('ann')).toBe('synchronized');
  });

  test('that was changed opens it after the next cycle, which reads nothing else', async () => {
    await lab.syncBoth();
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ mode: 'delta', read: 1, sent: 1 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
    expect(await lab.cycle()).toMatchObject({ read: 0, sent: 0 });
  });

  test('that was changed twice between two cycles is sent once, in its last form', async () => {
    await lab.syncBoth();
    lab.setPassword('ann', 'Herbst-2030');
    lab.setPassword('ann', 'Winter-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Winter-2030')).toBe('welcome');
  });

  test('waits for a user who is not in the tenant yet, and is sent as soon as it is, without being changed', async () => {
    await lab.syncBoth();
    lab.takeSent(NAMES);
    lab.hire('cid', 'Anfang-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 0, read: 1 });
    await lab.sync();
    expect(await lab.cycle()).toMatchObject({ sent: 1, read: 1 });
    expect(lab.takeSent(NAMES)).toEqual(['cid']);
    expect(lab.signIn('cid', 'Anfang-2030')).toBe('welcome');
  });

  test('is sent in batches, the oldest change first', async () => {
    await lab.syncBoth();
    const others = Array.from({ length: 120 }, (_, index) => `user${index}`);
    for (const name of others) lab.hire(name, `Anfang-${name}`);
    await lab.syncBoth();
    lab.takeSent(others);
    const requests = lab.target.requests.length;
    const order = [...others].sort((a, b) => (a.length === b.length ? (a < b ? 1 : -1) : b.length - a.length));
    for (const name of order) lab.setPassword(name, `Neu-${name}`);
    expect(await lab.cycle()).toMatchObject({ sent: 120 });
    expect(lab.takeSent(others)).toEqual(order);
    expect(lab.target.requests.slice(requests)).toEqual([50, 50, 20]);
  });

  test('is overwritten in memory once it was sent, and so is one that nobody needed', async () => {
    await lab.syncBoth();
    lab.hire('cid', 'Of-nobody-1');
    await lab.cycle();
    const { hashes } = lab.source.passwords;
    expect(hashes).toHaveLength(3);
    for (const buffer of [...hashes, ...lab.target.credentials])
      expect(Buffer.from(buffer).equals(Buffer.alloc(buffer.length))).toBe(true);
  });
});
