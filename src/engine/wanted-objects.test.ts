import { expect, test } from 'vitest';
import {
  anchorOf,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  PEOPLE,
  RULES,
  user,
} from '../../test/memory/memory-lab.ts';
import { guidToBytes } from '../model/anchor.ts';
import { type WantedObject, WantedObjects } from './wanted-objects.ts';

async function planned(...entries: readonly ReturnType<typeof user>[]): Promise<MemoryLab> {
  const lab = await createMemoryLab();
  for (const entry of entries) lab.source.put(entry);
  await lab.plan();
  return lab;
}

function contact(name: string): ReturnType<typeof user> {
  const attributes = { objectGUID: guidToBytes(guid(name)) ?? new Uint8Array(), cn: name, displayName: name };
  const place = { parent: PEOPLE, rdn: `CN=${name}` };
  return {
    anchor: guid(name),
    type: 'contact',
    place,
    attributes: { ...attributes, mail: `${name}@x.com`, mailNickname: name },
  };
}

async function wanted(objects: WantedObjects, name: string): Promise<WantedObject> {
  const answer = await objects.find(anchorOf(name));
  return answer.kind === 'wanted' ? answer.object : expect.fail(`${name} is not wanted: ${answer.why}`);
}

async function targets(objects: WantedObjects, object: WantedObject, attribute: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of objects.references(object, attribute)) found.push(...page);
  return found.sort();
}

test('the rules’ result is told whole, also what the tenant has no place for', async () => {
  const lab = await planned(user('anna', { info: 'Note', title: 'Boss' }, { manager: 'ben' }), user('ben'));
  const objects = await WantedObjects.open(lab.context);
  const anna = await wanted(objects, 'anna');
  expect(anna).toMatchObject({ type: 'user', name: 'anna@contoso.com', references: ['manager'] });
  expect(anna.attributes).toMatchObject({ info: 'Note', title: 'Boss', accountEnabled: true });
  expect([objects.isCarried('user', 'title'), objects.isCarried('user', 'info')]).toEqual([true, false]);
  expect([objects.isCarried('user', null), objects.isCarried('contact', null)]).toEqual([true, false]);
  expect(await objects.rule(anna, 'info')).toEqual({
    outbound: 'Out to AAD - User ExchangeOnline',
    inbound: 'In from AD - User Common',
    from: 'info of CN=anna,OU=People,DC=corp,DC=example,DC=com in corp',
  });
  expect(await objects.rule(anna, 'nothingOfTheKind')).toEqual({ outbound: null, inbound: null, from: null });
});

test('a reference leads to what the rules want, whether the tenant can hold it or not', async () => {
  const lab = await planned(
    user('anna'),
    user('filtered', { sAMAccountName: 'MSOL_1' }),
    contact('kim'),
    group('team', ['anna', 'kim', 'filtered', 'nobody']),
  );
  const objects = await WantedObjects.open(lab.context);
  const team = await wanted(objects, 'team');
  expect(await targets(objects, team, 'member')).toEqual([anchorOf('anna'), anchorOf('kim')].sort());
  expect(await targets(objects, team, 'managedBy')).toEqual([]);
});

test('all of them are told once, but for those that are known already', async () => {
  const lab = await planned(user('anna'), user('ben'), contact('kim'), group('team'));
  const objects = await WantedObjects.open(lab.context);
  const anna = await wanted(objects, 'anna');
  const names: string[] = [];
  for await (const object of objects.all(new Set([anna.key]))) names.push(`${object.type} ${object.name}`);
  expect(names.sort()).toEqual(['contact kim', 'group team', 'user ben@contoso.com']);
});

test('why an object is not there is said, and the same reason counts as the same', async () => {
  const lab = await planned(
    user('one', { sAMAccountName: 'MSOL_1' }),
    user('two', { sAMAccountName: 'MSOL_2' }),
    user('back1', { adminDescription: 'User_1' }),
    user('back2', { adminDescription: 'User_2' }),
    group('team', ['stranger']),
  );
  const objects = await WantedObjects.open(lab.context);
  const why = async (name: string) => {
    const answer = await objects.find(anchorOf(name));
    return answer.kind === 'absent' ? answer : expect.fail(`${name} is wanted`);
  };
  const [one, two, back1, back2] = [await why('one'), await why('two'), await why('back1'), await why('back2')];
  expect(one.why).toContain('rule "In from AD - User Join" filters it out (cloudFiltered)');
  expect(one.reason).toBe(two.reason);
  expect(back1.why).toContain('adminDescription is User_1');
  expect([back1.isKnown, back1.reason]).toEqual([false, back2.reason]);
  expect((await why('stranger')).why).toContain('corp does not hold it');
  expect((await why('nobody')).why).toContain('no source holds an object of this source anchor');
});

test('rules by which no object can be found by its source anchor are refused', async () => {
  const lab = await planned();
  const rules = { ...RULES, joinAttributes: [] };
  await expect(WantedObjects.open({ ...lab.context, rules })).rejects.toMatchObject({ code: 'rules-invalid' });
});
