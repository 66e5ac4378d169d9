import { afterAll, describe, expect, test } from 'vitest';
import { anchorOf, createMemoryLab, group, guid, user } from '../memory/memory-lab.ts';
import { endWorlds, FindingWorld } from './finding-world.ts';

afterAll(endWorlds);

describe('what fails together', () => {
  test('members that could not be created are told at the group, which takes everybody else', async () => {
    const world = await FindingWorld.begin({ emulator: { objectQuota: 2 } });
    await world.seedUser('one');
    world.source.put(group('staff'));
    await world.run();
    world.source.put(user('ann'));
    world.source.put(user('bob'));
    world.source.edit(guid('staff'), { references: { member: { add: [guid('ann'), guid('bob')] } } });
    await world.run();
    const [found, ...others] = await world.findings('waits-for-failed');
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      object: { space: 'corp', name: 'staff' },
      otherObject: { space: 'corp', type: 'user' },
      attribute: 'member',
      value: expect.stringMatching(/^(ann|bob)@contoso\.com$/),
    });
    expect(found?.cause).toMatch(
      /^2 references of staff lead to objects \(\w+@contoso\.com is one\) that could not be/,
    );
    expect(await world.findings('target-refused')).toHaveLength(2);
    await world.end();
  });

  test('two refusals of one object are two findings, and what went well beside them takes none away', async () => {
    const lab = await createMemoryLab();
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    lab.source.put(group('staff', ['ann']));
    await lab.sync();
    lab.source.edit(guid('staff'), {
      attributes: { description: 'All of us' },
      references: { member: { add: [guid('bob')], remove: [guid('ann')] } },
    });
    const failure = { code: 'Request_BadRequest', message: 'No.' };
    lab.target.refuse(({ action }) => action === 'update', { ...failure, attribute: 'description' });
    lab.target.refuse((write) => write.action === 'members' && write.add.length > 0, failure);
    await lab.sync();
    expect((await lab.findings('target-refused')).map(({ attribute }) => attribute)).toEqual(['description', null]);
    await lab.sync();
    expect(await lab.findings('target-refused')).toEqual([]);
  });

  test('an administrator whom the application may not delete: the remedy says what is missing', async () => {
    const world = await FindingWorld.begin();
    await world.seedUser('ann', { onPremisesImmutableId: anchorOf('ann'), adminRoles: ['Global Administrator'] });
    for (const name of ['ann', 'bob']) world.source.put(user(name));
    await world.run();
    world.source.remove(guid('ann'));
    await world.run();
    expect(await world.findings('target-refused')).toMatchObject([
      {
        object: { name: 'ann@contoso.com' },
        cause: expect.stringContaining('refused to delete ann@contoso.com: Insufficient privileges'),
        remedy: expect.stringContaining('it most likely holds an administrator role'),
      },
    ]);
    await world.end();
  });

  test('of a user that cannot be created no finding says that the rest of it is synchronized', async () => {
    const world = await FindingWorld.begin();
    const userPrincipalName = `${'x'.repeat(65)}@contoso.com`;
    world.source.put(user('ann', { userPrincipalName, department: 'd'.repeat(65) }));
    await world.run();
    expect((await world.findings('attribute-too-long')).map(({ cause }) => cause).sort()).toEqual([
      'A user principal name takes at most 64 characters before and 48 after the @; without it the object is not created.',
      'department takes at most 64 characters, this has 65.',
    ]);
    await world.end();
  });
});
