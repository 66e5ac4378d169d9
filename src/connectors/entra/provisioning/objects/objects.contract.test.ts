import { type EntraTenant, startEntraTenant, writeAll } from '../../../../../test/lab/entra-tenant.ts';
import type { ObjectChange } from '../../../../model/change.ts';
import { type ConnectorHarness, describeConnectorContract } from '../../../connector.contract.ts';
import type { Connector, TargetConnector, TargetWrite } from '../../../connector.ts';

/** A target gives whatever its schema knows, asked for or not; the suite wants to see only what it asked for. */
function onlyAsked(connector: Connector): Connector {
  const keep = (change: ObjectChange, names: readonly string[]): ObjectChange => {
    if (change.kind === 'put') return { ...change, attributes: pick(change.attributes, names) };
    return change.kind === 'patch' ? { ...change, set: pick(change.set, names) } : change;
  };
  return {
    name: connector.name,
    kind: connector.kind,
    check: () => connector.check(),
    close: () => connector.close(),
    async *read(request) {
      for await (const event of connector.read(request)) {
        const asked = (change: ObjectChange) => keep(change, request.attributes);
        yield event.kind === 'page' ? { ...event, changes: event.changes.map(asked) } : event;
      }
    },
    async *fetch(anchors, request) {
      for await (const page of connector.fetch(anchors, request))
        yield page.map((change) => keep(change, request.attributes));
    },
  };
}

function pick<Value>(
  values: Readonly<Record<string, Value>>,
  names: readonly string[],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

class ServiceHarness implements ConnectorHarness {
  readonly connector: Connector;
  readonly attributes = ['city', 'department'] as const;
  readonly memberReference = 'member';
  readonly #tenant: EntraTenant;
  readonly #target: TargetConnector;
  readonly #types = new Map<string, 'user' | 'group'>();
  #made = 0;

  constructor(tenant: EntraTenant) {
    this.#tenant = tenant;
    this.#target = tenant.connect({ via: 'provisioning' });
    this.connector = onlyAsked(this.#target);
  }

  async create({
    type,
    name,
    attributes = {},
    members = [],
  }: Parameters<ConnectorHarness['create']>[0]): Promise<string> {
    if (type === 'organizationalUnit') throw new Error('a tenant has no containers');
    const id = await this.#write(type === 'user' ? this.#newUser(name, attributes) : this.#newGroup(name));
    this.#types.set(id, type);
    if (members.length > 0) await this.changeMembers(id, members, []);
    return id;
  }

  async setAttribute(anchor: string, attribute: string, value: string | null): Promise<void> {
    await this.#write({
      id: 'u',
      action: 'update',
      type: 'user',
      anchor: '',
      targetId: anchor,
      attributes: { [attribute]: value },
    });
  }

  async remove(anchor: string): Promise<void> {
    const type = this.#types.get(anchor) ?? 'user';
    await this.#write({ id: 'd', action: 'delete', type, anchor: '', targetId: anchor });
  }

  async changeMembers(group: string, add: readonly string[], remove: readonly string[]): Promise<void> {
    const head = { id: 'm', action: 'members', type: 'group', anchor: '', targetId: group } as const;
    const types = Object.fromEntries(this.#types);
    await this.#write({ ...head, attribute: 'member', add, remove, types });
  }

  async refuseWatermark(watermark: string): Promise<string> {
    const held = JSON.parse(watermark) as Readonly<Record<string, string>>;
    return JSON.stringify({ ...held, cookie: Buffer.from('a cookie of another time').toString('base64') });
  }

  async breakNextRead(): Promise<() => Promise<void>> {
    const match = 'POST /provisioningservice.svc#ReadBackAzureADSyncObjects2';
    await this.fill(60);
    await this.#tenant.control('faults', [{ match, fault: 'reset', times: 1000, after: 1 }]);
    return async () => {
      await this.#tenant.control('faults', undefined, 'DELETE');
    };
  }

  async fill(count: number): Promise<void> {
    const writes = [...Array(count).keys()].map((at) => ({ ...this.#newUser(`fill${at}`, {}), id: String(at) }));
    const results = await writeAll(this.#target, writes);
    if ([...results.values()].some((one) => one.outcome !== 'done')) throw new Error('not all users were made');
  }

  close(): Promise<void> {
    return this.#tenant.close();
  }

  #newUser(name: string, attributes: Readonly<Record<string, string>>): TargetWrite {
    const anchor = `anchor/${++this.#made}`;
    const own = { sourceAnchor: anchor, userPrincipalName: `${name}${this.#made}@contoso.com`, accountEnabled: true };
    const named = { ...own, displayName: name, ...attributes };
    return { id: name, action: 'create', type: 'user', anchor, attributes: named };
  }

  #newGroup(name: string): TargetWrite {
    const anchor = `anchor/${++this.#made}`;
    const attributes = { sourceAnchor: anchor, displayName: name, securityEnabled: true };
    return { id: name, action: 'create', type: 'group', anchor, attributes };
  }

  async #write(one: TargetWrite): Promise<string> {
    const result = (await writeAll(this.#target, [one])).get(one.id);
    if (result?.outcome !== 'done') throw new Error(`${one.action} failed: ${JSON.stringify(result)}`);
    return result.targetId;
  }
}

async function createHarness(): Promise<ConnectorHarness> {
  return new ServiceHarness(await startEntraTenant({ synchronization: true }));
}

describeConnectorContract('provisioning service', createHarness, { hasTree: false, canFill: true });
