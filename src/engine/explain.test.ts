import { describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, ROOT_DN, user } from '../../test/memory/memory-lab.ts';
import { type Explanation, explainObject } from './explain.ts';

async function company(): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  lab.source.put(user('boss'));
  lab.source.put(user('ann', { mail: 'ann.doe@contoso.com', title: ' Boss ' }, { manager: 'boss' }));
  lab.source.put(user('hidden', { mailNickname: 'SystemMailbox{1}' }));
  lab.source.put(group('staff', ['ann', 'boss']));
  await lab.sync();
  return lab;
}

async function only(lab: MemoryLab, name: string): Promise<Explanation> {
  const [first, ...others] = await explainObject(lab.context, name);
  expect(others).toEqual([]);
  return first ?? expect.fail(`${name} is not found`);
}

describe('explaining', () => {
  test.each([
    'ann@contoso.com',
    `CN=ann,OU=People,${ROOT_DN}`,
    `cn=ANN, ou=people,${ROOT_DN}`,
    guid('ann'),
    `{${guid('ann')}}`,
    'ann.doe@contoso.com',
  ])('finds a person by %s', async (name) => {
    expect(await only(await company(), name)).toMatchObject({ name: 'ann@contoso.com', tenant: { type: 'user' } });
  });

  test('finds nothing by a name that nobody has', async () => {
    expect(await explainObject((await company()).context, 'nobody@contoso.com')).toEqual([]);
  });

  test('names object, attribute and rule of each value, and the run that wrote it', async () => {
    const { values } = await only(await company(), 'ann@contoso.com');
    expect(values.find((one) => one.attribute === 'jobTitle')).toMatchObject({
      neutral: 'title',
      value: 'Boss',
      inTenant: 'Boss',
      inbound: { rule: 'In from AD - User Common', text: 'Trim([title])' },
      from: { source: 'corp', object: `CN=ann,OU=People,${ROOT_DN}`, attributes: { title: ' Boss ' } },
      lastWritten: { run: '1' },
    });
    expect(values.find((one) => one.attribute === 'manager')).toMatchObject({ value: 'boss@contoso.com' });
  });

  test('leaves no value without object, attribute and rule, and none that we wrote without the run', async () => {
    const lab = await company();
    for (const name of ['ann@contoso.com', 'boss@contoso.com', 'staff']) {
      const { values } = await only(lab, name);
      expect(values.length).toBeGreaterThan(4);
      for (const { attribute, outbound, inbound, from, lastWritten, isWritable } of values) {
        expect([attribute, outbound?.rule, inbound?.rule]).toEqual([attribute, expect.any(String), expect.any(String)]);
        expect([attribute, from?.object]).toEqual([attribute, expect.stringContaining(ROOT_DN)]);
        expect([attribute, Object.keys(from?.attributes ?? {}).length]).not.toEqual([attribute, 0]);
        if (isWritable) expect([attribute, lastWritten?.run]).toEqual([attribute, '1']);
      }
    }
  });

  test('tells of what a value is made that the tenant demands and nobody gives', async () => {
    const lab = await company();
    const alias = async (name: string) => (await only(lab, name)).values.find((one) => one.neutral === 'alias');
    expect(await alias('ann@contoso.com')).toMatchObject({
      value: 'ann.doe',
      outbound: { text: expect.stringContaining('made from mail') },
      from: { attributes: { mail: 'ann.doe@contoso.com' } },
    });
    expect(await alias('staff')).toMatchObject({ value: 'staff', from: { attributes: { sAMAccountName: 'staff' } } });
  });

  test('says which rules would have had to take an object in that none of them does', async () => {
    const lab = await company();
    lab.source.put(user('system', { isCriticalSystemObject: true }));
    await lab.sync();
    const { verdict } = await only(lab, 'system@contoso.com');
    expect(verdict).toContain('no rule that joins it or makes a new object has it in its scope filter');
    expect(verdict).toContain('In from AD - User Join');
  });

  test('says why somebody is not in the tenant, or will not be', async () => {
    const lab = await company();
    expect((await only(lab, 'hidden@contoso.com')).verdict).toContain('cloudFiltered');
    lab.source.edit(guid('ann'), { attributes: { mailNickname: 'SystemMailbox{1}' } });
    await lab.plan();
    expect((await only(lab, 'ann@contoso.com')).verdict).toContain('will be deleted there');
  });

  test('writes nothing', async () => {
    const lab = await company();
    const before = await lab.store.sync.version();
    await explainObject(lab.context, 'ann@contoso.com');
    expect(await lab.store.sync.version()).toBe(before);
    expect(await lab.operations(await lab.plan())).toEqual([]);
  });
});
