import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guid, ROOT_DN } from '../memory/memory-lab.ts';
import { DAY, PasswordLab } from './password-lab.ts';

const ANN = `CN=ann,OU=People,${ROOT_DN}`;

describe('that the tenant refused a password is told no more', () => {
  let lab: PasswordLab;

  beforeEach(async () => {
    lab = await PasswordLab.begin();
    for (const name of ['ann', 'bob']) lab.hire(name, `Sommer-${name}`);
    await lab.sync();
    lab.target.refuse(() => true, { code: '2', message: 'not these' }, 2);
    expect(await lab.cycle()).toMatchObject({ failed: 2 });
    expect(await told()).toEqual([guid('ann'), guid('bob')].toSorted());
  });
  afterEach(() => lab.end());

  /** Of whom it is told. */
  async function told(): Promise<readonly string[]> {
    const findings = await lab.lab.findings('password-refused');
    return findings.flatMap(({ object }) => (object === null ? [] : [object.anchor])).toSorted();
  }

  test('once it is taken', async () => {
    await lab.cycle();
    expect(await told()).toEqual([]);
  });

  test('of somebody whom the configuration leaves out', async () => {
    lab.options = { except: [ANN] };
    lab.target.refuse(() => true, { code: '2', message: 'still not' });
    await lab.cycle();
    expect(await lab.state('ann')).toBe('excluded not-selected');
    expect(await told()).toEqual([guid('bob')]);
  });

  test('of somebody who is not in the tenant any more', async () => {
    await lab.deleteInTenant('ann');
    lab.pass(DAY);
    await lab.lab.plan();
    await lab.cycle();
    expect(await lab.state('ann')).toBe('waiting not-in-tenant');
    expect(await told()).toEqual([]);
  });

  test('of an account that is gone', async () => {
    lab.source.remove(guid('ann'));
    lab.target.refuse(() => true, { code: '2', message: 'still not' });
    await lab.syncBoth();
    expect(await told()).toEqual([guid('bob')]);
  });

  test('of an account that has no password any more', async () => {
    lab.source.passwords.remove(guid('ann'));
    await lab.cycle();
    expect(await lab.state('ann')).toBe('excluded no-password');
    expect(await told()).toEqual([]);
  });
});
