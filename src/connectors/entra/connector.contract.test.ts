import { startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { ObjectChange } from '../../model/change.ts';
import { type ConnectorHarness, describeConnectorContract } from '../connector.contract.ts';
import type { Connector, TargetWrite } from '../connector.ts';

/** A target gives whatever its schema knows, asked for or not; the suite wants to see only what it asked for. */
function onlyAsked(connector: Connector): Connector {
  const project = (change: ObjectChange, asked: readonly string[]): ObjectChange => {
    if (change.kind === 'put') return { ...change, attributes: keep(change.attributes, asked) };
    if (change.kind === 'patch') return { ...change, set: keep(change.set, asked) };
    return change;
  };
  return {
    name: connector.name,
    kind: connector.kind,
    check: () => connector.check(),
    close: () => connector.close(),
    async *read(request) {
      for await (const event of connector.read(request)) {
        if (event.kind !== 'page') yield event;
        else yield { ...event, changes: event.changes.map((change) => project(change, request.attributes)) };
      }
    },
    async *fetch(anchors, request) {
      for await (const page of connector.fetch(anchors, request)) {
        yield page.map((change) => project(change, request.attributes));
      }
    },
  };
}

function keep<Value>(
  values: Readonly<Record<string, Value>>,
  names: readonly string[],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

async function createHarness(): Promise<ConnectorHarness> {
  const tenant = await startEntraTenant({ deltaPageSize: 100, deltaLinkPageSize: 50 });
  let made = 0;
  const types = new Map<string, 'user' | 'group'>();
  const write = async (one: TargetWrite): Promise<string> => {
    const result = (await tenant.write([one])).get(one.id);
    if (result?.outcome !== 'done') throw new Error(`${one.action} failed: ${JSON.stringify(result)}`);
    return result.targetId;
  };
  const newUser = (name: string, attributes: Readonly<Record<string, string>>): TargetWrite => {
    const anchor = `anchor/${++made}`;
    const own = { sourceAnchor: anchor, userPrincipalName: `${name}${made}@contoso.com`, accountEnabled: true };
    return {
      id: name,
      action: 'create',
      type: 'user',
      anchor,
      attributes: { ...own, displayName: name, alias: name, ...attributes },
    };
  };
  const changeMembers: ConnectorHarness['changeMembers'] = async (group, add, remove) => {
    await write({
      id: 'm',
      action: 'members',
      type: 'group',
      anchor: 'g',
      targetId: group,
      attribute: 'member',
      add,
      remove,
    });
  };
  return {
    connector: onlyAsked(tenant.target),
    attributes: ['city', 'department'],
    memberReference: 'member',
    create: async ({ type, name, attributes = {}, members = [] }) => {
      if (type === 'organizationalUnit') throw new Error('a tenant has no containers');
      const anchor = `anchor/${++made}`;
      const group = { sourceAnchor: anchor, displayName: name, alias: name };
      const id = await write(
        type === 'user' ? newUser(name, attributes) : { id: name, action: 'create', type, anchor, attributes: group },
      );
      types.set(id, type);
      if (members.length > 0) await changeMembers(id, members, []);
      return id;
    },
    setAttribute: async (anchor, attribute, value) => {
      const attributes = { [attribute]: value };
      await write({ id: 'u', action: 'update', type: 'user', anchor: 'a', targetId: anchor, attributes });
    },
    remove: async (anchor) => {
      await write({ id: 'd', action: 'delete', type: types.get(anchor) ?? 'user', anchor: 'a', targetId: anchor });
      await tenant.graph('DELETE', `/directory/deletedItems/${anchor}`);
    },
    changeMembers,
    refuseWatermark: async (watermark) => {
      tenant.emulator.advanceClock(40 * 86_400_000);
      return watermark;
    },
    breakNextRead: async () => {
      await tenant.control('faults', [{ match: 'GET /v1.0/users/delta', fault: 'reset', times: 1000, after: 1 }]);
      return async () => {
        await tenant.control('faults', undefined, 'DELETE');
      };
    },
    fill: async (count) => {
      await tenant.write([...Array(count).keys()].map((at) => ({ ...newUser(`fill${at}`, {}), id: String(at) })));
    },
    close: () => tenant.close(),
  };
}

describeConnectorContract('Entra', createHarness, { hasTree: false, canFill: true });
