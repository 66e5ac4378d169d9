import { describe, expect, it } from 'vitest';
import { type ConnectorHarness, ContractSpace, describeConnectorContract } from '../connector.contract.ts';
import { createMemoryConnector } from './connector.ts';

async function createHarness(): Promise<ConnectorHarness> {
  const connector = createMemoryConnector('memory');
  const prefix = { user: 'CN', group: 'CN', organizationalUnit: 'OU' };
  return {
    connector,
    attributes: ['displayName', 'department'],
    memberReference: 'member',
    create: async ({ type, name, parent, attributes = {}, members = [] }) => {
      const place = { parent: parent ?? null, rdn: `${prefix[type]}=${name}` };
      connector.put({ anchor: `id-${name}`, type, place, attributes, references: { member: members } });
      return `id-${name}`;
    },
    setAttribute: async (anchor, attribute, value) => connector.edit(anchor, { attributes: { [attribute]: value } }),
    remove: async (anchor) => connector.remove(anchor),
    changeMembers: async (group, add, remove) => connector.edit(group, { references: { member: { add, remove } } }),
    tree: {
      rename: async (anchor, name) => {
        const place = connector.directory.get(anchor)?.place;
        const rdn = `${place?.rdn.slice(0, 2)}=${name.replaceAll(',', '\\,')}`;
        connector.edit(anchor, { place: { parent: place?.parent ?? null, rdn } });
      },
      move: async (anchor, parent) =>
        connector.edit(anchor, { place: { parent, rdn: connector.directory.get(anchor)?.place?.rdn ?? '' } }),
    },
    refuseWatermark: async (watermark) => {
      connector.refuseWatermarks('the directory was put back from a backup');
      return watermark;
    },
    breakNextRead: async () => {
      connector.failNextRead(1);
      return async () => undefined;
    },
    fill: async (count) => {
      for (let index = 0; index < count; index++) connector.put({ anchor: `filled-${index}`, type: 'user' });
    },
    close: () => connector.close(),
  };
}

describeConnectorContract('memory', createHarness);

const REQUEST = { watermark: null, attributes: ['displayName', 'member', 'owner'], references: ['member', 'owner'] };

describe('the memory connector', () => {
  it('gives a group that is longer than a page in pieces that end as the whole', async () => {
    const connector = createMemoryConnector('big', { bounds: { objects: 10, targets: 100 } });
    const members = Array.from({ length: 1234 }, (_, index) => `user-${index}`);
    connector.put({ anchor: 'group', type: 'group', references: { member: members, owner: members.slice(0, 5) } });
    const space = new ContractSpace();
    const outcome = await space.read(connector, REQUEST);
    const sizes = outcome.changes.map((change) => {
      const list = change.kind === 'put' || change.kind === 'patch' ? change.references['member'] : undefined;
      return list?.kind === 'complete' ? list.targets.length : 0;
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(space.objects.get('group')?.references['member']).toEqual(new Set(members));
    expect(space.objects.get('group')?.references['owner']?.size).toBe(5);
  });

  it('gives a long change of a group in pieces too', async () => {
    const connector = createMemoryConnector('big', { bounds: { objects: 10, targets: 100 } });
    const before = Array.from({ length: 250 }, (_, index) => `old-${index}`);
    const after = Array.from({ length: 250 }, (_, index) => `new-${index}`);
    connector.put({ anchor: 'group', type: 'group', references: { member: before } });
    const space = new ContractSpace();
    const { watermark } = await space.read(connector, REQUEST);
    connector.edit('group', { references: { member: { add: after, remove: before } } });
    await space.read(connector, { ...REQUEST, watermark });
    expect(space.objects.get('group')?.references['member']).toEqual(new Set(after));
  });

  it('costs as much as has changed, not as much as there is', async () => {
    const connector = createMemoryConnector('many');
    for (let index = 0; index < 20_000; index++) connector.put({ anchor: `user-${index}`, type: 'user' });
    const space = new ContractSpace();
    const { watermark } = await space.read(connector, REQUEST);
    connector.edit('user-7', { attributes: { displayName: 'Seven' } });
    connector.edit('user-8', { attributes: { unasked: 'x' } });
    const outcome = await space.read(connector, { ...REQUEST, watermark });
    expect(outcome.changes).toEqual([
      { kind: 'patch', anchor: 'user-7', set: { displayName: 'Seven' }, clear: [], references: {} },
    ]);
  });

  it('reports records as unreadable and leaves their objects out', async () => {
    const connector = createMemoryConnector('bad');
    connector.put({ anchor: 'a', type: 'user' });
    connector.put({ anchor: 'b', type: 'user' });
    connector.setProblems([{ code: 'source-record-unreadable', anchor: 'a', name: 'a', cause: 'told so' }]);
    const outcome = await new ContractSpace().read(connector, REQUEST);
    expect(outcome.changes.map((change) => change.anchor)).toEqual(['b']);
    expect(outcome.problems.map((problem) => problem.anchor)).toEqual(['a']);
  });

  it('drops the references to an object that is removed', async () => {
    const connector = createMemoryConnector('links');
    connector.put({ anchor: 'a', type: 'user' });
    connector.put({ anchor: 'g', type: 'group', references: { member: ['a', 'b'] } });
    connector.remove('a');
    expect(connector.directory.get('g')?.references.get('member')).toEqual(new Set(['b']));
  });
});
