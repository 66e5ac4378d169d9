import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  ROOT_DN,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import { explainObject } from './explain.ts';

interface Domains extends MemoryLab {
  readonly a: MemoryConnector;
  readonly b: MemoryConnector;
}

/** Two domains of one forest, each a source. Somebody is in each, so that neither is ever empty. */
async function domains(isForest = true): Promise<Domains> {
  const a = createDirectory('a', { globalAnchors: isForest });
  const b = createDirectory('b', { globalAnchors: isForest });
  const lab = await createMemoryLab({ source: a });
  lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: b, scope: WHOLE_DIRECTORY }] };
  a.put(user('someone in a'));
  b.put(user('someone in b'));
  await lab.sync();
  return Object.assign(lab, { a, b });
}

/** A change, then the members of the group and Ann's manager; in every case a full run has nothing to add. */
async function afterwards(lab: MemoryLab, change: () => void): Promise<Readonly<Record<string, unknown>>> {
  change();
  await lab.sync();
  expect(await lab.operations(await lab.plan())).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  const tenant = lab.tenant();
  return { members: tenant['group staff']?.['member'], manager: tenant['user ann']?.['manager'] };
}

const GROUP = group('staff', ['bob', 'ann']);
const ANN = user('ann', {}, { manager: 'bob' });
const BOB = user('bob');
const TOGETHER = { members: ['ann', 'bob'], manager: ['bob'] };
const WITHOUT_BOB = { members: ['ann'], manager: undefined };

function outside(lab: MemoryLab): Promise<readonly unknown[]> {
  return lab
    .findings('reference-out-of-scope')
    .then((found) => found.map(({ object, otherObject }) => [object?.name, otherObject?.space, otherObject?.name]));
}

async function together(): Promise<Domains> {
  const lab = await domains();
  const put = (): void => {
    lab.a.put(GROUP);
    lab.a.put(ANN);
    lab.b.put(BOB);
  };
  expect(await afterwards(lab, put)).toEqual(TOGETHER);
  return lab;
}

describe('members and managers of another domain of the forest', () => {
  const PUTS: Readonly<Record<string, (lab: Domains) => void>> = {
    group: (lab) => lab.a.put(GROUP),
    ann: (lab) => lab.a.put(ANN),
    bob: (lab) => lab.b.put(BOB),
  };
  test.each([
    [['group', 'ann', 'bob']],
    [['group', 'bob', 'ann']],
    [['ann', 'group', 'bob']],
    [['ann', 'bob', 'group']],
    [['bob', 'group', 'ann']],
    [['bob', 'ann', 'group']],
  ])('are found in whatever order they come: %s', async (order) => {
    const lab = await domains();
    for (const name of order) await afterwards(lab, () => PUTS[name]?.(lab));
    expect(await afterwards(lab, () => undefined)).toEqual(TOGETHER);
    expect(await outside(lab)).toEqual([]);
  });

  test.each([
    true,
    false,
  ])('are found when all come at once, the referring domain first or last: %s', async (isFirst) => {
    const lab = await domains();
    const [referring, other] = isFirst ? [lab.a, lab.b] : [lab.b, lab.a];
    expect(
      await afterwards(lab, () => {
        referring.put(GROUP);
        referring.put(ANN);
        other.put(BOB);
      }),
    ).toEqual(TOGETHER);
  });

  test('are not found where anchors name objects of one directory only', async () => {
    const lab = await domains(false);
    const put = (): void => {
      lab.a.put(GROUP);
      lab.a.put(ANN);
      lab.b.put(BOB);
    };
    expect(await afterwards(lab, put)).toEqual(WITHOUT_BOB);
  });

  test('are called by the names that they have there', async () => {
    const lab = await together();
    const [explained] = await explainObject(lab.context, 'ann@contoso.com');
    const manager = explained?.values.find(({ neutral }) => neutral === 'manager');
    expect(manager).toMatchObject({
      value: 'bob@contoso.com',
      from: { attributes: { manager: [`CN=bob,OU=People,${ROOT_DN}`] } },
    });
  });

  test('come and go with the reference', async () => {
    const lab = await together();
    const remove = [guid('bob')];
    lab.a.edit(guid('ann'), { references: { manager: { remove } } });
    expect(await afterwards(lab, () => lab.a.edit(guid('staff'), { references: { member: { remove } } }))).toEqual(
      WITHOUT_BOB,
    );
    lab.a.edit(guid('ann'), { references: { manager: { add: remove } } });
    expect(await afterwards(lab, () => lab.a.edit(guid('staff'), { references: { member: { add: remove } } }))).toEqual(
      TOGETHER,
    );
  });

  test('go with the object, and come back with it', async () => {
    const lab = await together();
    expect(await afterwards(lab, () => lab.b.remove(guid('bob')))).toEqual(WITHOUT_BOB);
    expect(lab.tenant()).not.toHaveProperty(['user bob']);
    expect(await afterwards(lab, () => lab.b.put(BOB))).toEqual(TOGETHER);
  });

  test('go when the object leaves what the rules are for, and the manager is told by name', async () => {
    const lab = await together();
    const mark = (text: string | null) => () => lab.b.edit(guid('bob'), { attributes: { adminDescription: text } });
    expect(await afterwards(lab, mark('User_out'))).toEqual(WITHOUT_BOB);
    expect(await outside(lab)).toEqual([['ann@contoso.com', 'b', 'bob@contoso.com']]);
    expect(await afterwards(lab, mark(null))).toEqual(TOGETHER);
    expect(await outside(lab)).toEqual([]);
    const filter = (nickname: string) => () => lab.b.edit(guid('bob'), { attributes: { mailNickname: nickname } });
    expect(await afterwards(lab, filter('SystemMailbox{1}'))).toEqual(WITHOUT_BOB);
    expect(await outside(lab)).toEqual([['ann@contoso.com', 'b', 'bob@contoso.com']]);
    expect(await afterwards(lab, filter('bob'))).toEqual(TOGETHER);
    expect(await outside(lab)).toEqual([]);
  });

  test('are told as unknown while nobody knows them', async () => {
    const lab = await domains();
    await afterwards(lab, () => lab.a.put(ANN));
    expect(await outside(lab)).toEqual([['ann@contoso.com', 'a', guid('bob')]]);
    expect(await afterwards(lab, () => lab.b.put(BOB))).toMatchObject({ manager: ['bob'] });
    expect(await outside(lab)).toEqual([]);
  });

  test('follow an object that moves to the domain that refers to it, as the same user', async () => {
    const lab = await together();
    lab.b.remove(guid('bob'));
    lab.a.put(BOB);
    expect(await lab.operations(await lab.plan())).toEqual([]);
    expect(await afterwards(lab, () => undefined)).toEqual(TOGETHER);
    expect(await afterwards(lab, () => lab.a.remove(guid('bob')))).toEqual(WITHOUT_BOB);
  });

  test('go when their domain is no source any more, and come with it', async () => {
    const lab = await together();
    const { sources } = lab.context;
    lab.context = { ...lab.context, sources: sources.slice(0, 1) };
    expect(await afterwards(lab, () => undefined)).toEqual(WITHOUT_BOB);
    lab.context = { ...lab.context, sources };
    expect(await afterwards(lab, () => undefined)).toEqual(TOGETHER);
  });

  test('are found when their domain is added later', async () => {
    const lab = await domains();
    const { sources } = lab.context;
    lab.context = { ...lab.context, sources: sources.slice(0, 1) };
    lab.a.put(GROUP);
    lab.a.put(ANN);
    await lab.sync();
    lab.b.put(BOB);
    lab.context = { ...lab.context, sources };
    expect(await afterwards(lab, () => undefined)).toEqual(TOGETHER);
  });

  test('leave room for an account of the same person in the domain that refers to it', async () => {
    const lab = await together();
    const anchor = BOB.attributes?.['objectGUID'] ?? '';
    const second = user('bob2', { 'mS-DS-ConsistencyGuid': anchor, displayName: 'bob' });
    expect(await afterwards(lab, () => lab.a.put(second))).toEqual(TOGETHER);
    expect((await lab.findings()).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(Object.keys(lab.tenant())).toHaveLength(5);
    expect(await afterwards(lab, () => lab.b.remove(guid('bob')))).toMatchObject({ members: ['ann'] });
    expect(lab.tenant()).toHaveProperty(['user bob']);
    expect(await afterwards(lab, () => lab.a.remove(guid('bob2')))).toEqual(WITHOUT_BOB);
    expect(lab.tenant()).not.toHaveProperty(['user bob']);
  });
});
