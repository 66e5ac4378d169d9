import { randomBytes } from 'node:crypto';
import { Attribute, Change, type Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../../../test/lab/samba.ts';
import { SILENT_LOG } from '../../log.ts';
import { guidToText } from '../../model/anchor.ts';
import type { ObjectChange } from '../../model/change.ts';
import { ContractSpace, type HeldObject, type ReadOutcome } from '../connector.contract.ts';
import type { Connector, ReadRequest } from '../connector.ts';
import { adSource } from './connector.ts';
import {
  addRecord,
  childDn,
  deleteRecord,
  type EditedValues,
  membersRecord,
  renameRecord,
  replaceRecord,
} from './trial/domain-editor.ts';

const ATTRIBUTES = [
  'cn',
  'name',
  'displayName',
  'sn',
  'description',
  'proxyAddresses',
  'sAMAccountName',
  'userAccountControl',
  'groupType',
  'pwdLastSet',
  'accountExpires',
  'whenCreated',
  'objectGUID',
  'objectSid',
  'isCriticalSystemObject',
  'thumbnailPhoto',
  'info',
  'distinguishedName',
  'extensionAttribute1',
  'member',
  'manager',
];
const REFERENCES = ['member', 'manager'];
/** Members of the large group: more than Windows tells in two answers. */
const CROWD = 3100;

function requestFrom(watermark: string | null): ReadRequest {
  return { watermark, attributes: ATTRIBUTES, references: REFERENCES };
}

function connectTo(domain: SambaDomain, account: SambaAccount, section: object = {}): Connector {
  const parsed = adSource.section.parse({
    servers: [domain.ldapsUrl],
    tls: { ca: domain.ca },
    user: account.user,
    password: { env: 'PASSWORD' },
    ...section,
  });
  return adSource.create(parsed, {
    name: 'corp',
    log: SILENT_LOG,
    now: () => new Date(),
    readSecret: () => account.password,
    resolvePath: (path) => path,
  });
}

/** Follows the domain the way the engine does: applies what it is told and keeps the watermark. */
class Follower {
  readonly connector: Connector;
  readonly space = new ContractSpace();
  watermark: string | null = null;

  constructor(connector: Connector) {
    this.connector = connector;
  }

  async follow(): Promise<ReadOutcome> {
    const outcome = await this.space.read(this.connector, requestFrom(this.watermark));
    this.watermark = outcome.watermark;
    return outcome;
  }

  held(anchor: string): HeldObject {
    const object = this.space.objects.get(anchor);
    if (!object) throw new Error(`${anchor} is not held`);
    return object;
  }

  targets(anchor: string, reference: string): readonly string[] {
    return [...(this.held(anchor).references[reference] ?? [])].filter((one) => this.space.objects.has(one)).sort();
  }

  /** Drops the references to an object that is gone, as the engine does with their target. */
  forget(anchor: string): void {
    for (const [source, held] of this.space.objects) {
      const references = Object.fromEntries(
        Object.entries(held.references).map(([name, targets]) => [
          name,
          new Set([...targets].filter((one) => one !== anchor)),
        ]),
      );
      this.space.objects.set(source, { ...held, references });
    }
  }

  /** What it holds, in a form that two followers can be compared in. `distinguishedName` of children is not told when a container is renamed. */
  picture(): Readonly<Record<string, unknown>> {
    const anchors = [...this.space.objects.keys()].sort();
    return Object.fromEntries(
      anchors.map((anchor) => {
        const { type, place, attributes } = this.held(anchor);
        const { distinguishedName: _, ...told } = attributes;
        const references = Object.fromEntries(REFERENCES.map((name) => [name, this.targets(anchor, name)]));
        return [anchor, { type, place, attributes: told, references }];
      }),
    );
  }
}

async function expectSameAsFromScratch(follower: Follower): Promise<void> {
  const scratch = new Follower(follower.connector);
  await scratch.follow();
  expect(follower.picture()).toEqual(scratch.picture());
}

describe.skipIf(!directoryServersAvailable())('changes of a Samba domain', () => {
  let domain: SambaDomain;
  let client: Client;
  let service: SambaAccount;
  let plain: SambaAccount;

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true });
    client = await domain.connect();
    service = await domain.addServiceAccount({ replicationRights: true });
    plain = await domain.addServiceAccount({ replicationRights: false, name: 'svc-plain' });
  });
  afterAll(async () => {
    await client?.unbind();
    await domain?.stop();
  });

  async function anchorOf(dn: string): Promise<string> {
    const { searchEntries } = await client.search(dn, {
      scope: 'base',
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    });
    const value = searchEntries[0]?.['objectGUID'];
    if (!Buffer.isBuffer(value)) throw new Error(`${dn} has no objectGUID`);
    return guidToText(value);
  }

  async function makeOu(name: string, parent = domain.baseDn): Promise<string> {
    const dn = childDn(name, parent, 'OU');
    await domain.modify(addRecord(dn, { objectClass: 'organizationalUnit' }));
    return dn;
  }

  let count = 0;
  function userRecord(name: string, parent: string, values: EditedValues = {}): string {
    const account = `u${++count}${randomBytes(3).toString('hex')}`;
    return addRecord(childDn(name, parent), { objectClass: 'user', sAMAccountName: account, ...values });
  }

  function groupRecord(name: string, parent: string, members: readonly string[] = []): string {
    const account = `g${++count}${randomBytes(3).toString('hex')}`;
    const member = members.length === 0 ? {} : { member: members };
    return addRecord(childDn(name, parent), { objectClass: 'group', sAMAccountName: account, ...member });
  }

  async function startFollowing(account = service, section: object = {}): Promise<Follower> {
    const follower = new Follower(connectTo(domain, account, section));
    await follower.follow();
    return follower;
  }

  it('decodes values by their syntax', async () => {
    const ou = await makeOu('Syntax');
    await domain.modify(
      userRecord('typed', ou, {
        proxyAddresses: ['SMTP:a@b.c'],
        description: 'one',
        accountExpires: '132000000000000000',
      }),
    );
    const follower = await startFollowing();
    const { attributes, type } = follower.held(await anchorOf(childDn('typed', ou)));
    expect(type).toBe('user');
    expect(attributes).toMatchObject({
      proxyAddresses: ['SMTP:a@b.c'],
      description: ['one'],
      accountExpires: 132000000000000000n,
      pwdLastSet: 0n,
      userAccountControl: expect.any(BigInt),
      whenCreated: expect.stringMatching(/^\d{14}\.0Z$/),
      objectGUID: expect.any(Uint8Array),
      objectSid: expect.any(Uint8Array),
    });
    const admins = follower.held(await anchorOf(`CN=Domain Admins,CN=Users,${domain.baseDn}`));
    expect(admins.attributes).toMatchObject({ isCriticalSystemObject: true, groupType: -2147483646n });
    await follower.connector.close();
  });

  it('delivers every parent of what it delivers, and leaves out what Windows hides', async () => {
    const hidden = `CN=Policies,CN=System,${domain.baseDn}`;
    await domain.modify(userRecord('in a hidden place', hidden));
    const follower = await startFollowing();
    const paths = [...follower.space.objects.keys()].map((anchor) => follower.space.pathOf(anchor));
    expect(paths.filter((path) => !path.endsWith(domain.baseDn))).toEqual([]);
    expect(paths).toContain(hidden);
    expect(paths.filter((path) => /CN=(IP Security|DFS-|DomainUpdates)/.test(path))).toEqual([]);
    await domain.modify(deleteRecord(childDn('in a hidden place', hidden)));
    await follower.connector.close();
  });

  it('delivers the hidden parent of an object that is moved or made there', async () => {
    const ou = await makeOu('Visible');
    await domain.modify(userRecord('mover', ou));
    const follower = await startFollowing();
    const hidden = `CN=DomainUpdates,CN=System,${domain.baseDn}`;
    await domain.modify(renameRecord(childDn('mover', ou), 'CN=mover', hidden));
    await follower.follow();
    expect(follower.space.pathOf(await anchorOf(childDn('mover', hidden)))).toBe(childDn('mover', hidden));
    await expectSameAsFromScratch(follower);
    await domain.modify(deleteRecord(childDn('mover', hidden)));
    await follower.connector.close();
  });

  it('tells creation, change and clearing', async () => {
    const ou = await makeOu('Changes');
    const follower = await startFollowing();
    await domain.modify(userRecord('ada', ou, { sn: 'Lovelace', description: 'old', info: 'stays' }));
    const created = await follower.follow();
    const ada = await anchorOf(childDn('ada', ou));
    expect(created.changes).toEqual([expect.objectContaining({ kind: 'put', anchor: ada, type: 'user' })]);
    expect(follower.held(ada).attributes).toMatchObject({ cn: 'ada', sn: 'Lovelace', description: ['old'] });
    await domain.modify(replaceRecord(childDn('ada', ou), { description: [], sn: 'Byron' }));
    const changed = await follower.follow();
    expect(changed.changes).toEqual([
      { kind: 'patch', anchor: ada, set: { sn: 'Byron' }, clear: ['description'], references: {} },
    ]);
    expect(follower.held(ada).attributes).toMatchObject({ info: 'stays' });
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('tells a rename with the attributes that follow from it, and a move', async () => {
    const from = await makeOu('From');
    const to = await makeOu('To');
    await domain.modify(userRecord('ada', from));
    const follower = await startFollowing();
    await domain.modify(renameRecord(childDn('ada', from), 'CN=Ada\\, the First'));
    const renamed = await follower.follow();
    const dn = `CN=Ada\\, the First,${from}`;
    const ada = await anchorOf(dn);
    expect(renamed.changes).toHaveLength(1);
    expect(follower.space.pathOf(ada)).toBe(dn);
    expect(follower.held(ada).attributes).toMatchObject({
      cn: 'Ada, the First',
      name: 'Ada, the First',
      distinguishedName: dn,
    });
    await domain.modify(renameRecord(dn, 'CN=Ada\\, the First', to));
    await follower.follow();
    expect(follower.held(ada).place?.parent).toBe(await anchorOf(to));
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('tells a renamed and a moved container as one change, whatever hangs under it', async () => {
    const ou = await makeOu('Department');
    const inner = await makeOu('Inner', ou);
    await domain.modify([1, 2, 3].map((index) => userRecord(`u${index}`, inner)).join(''));
    const follower = await startFollowing();
    await domain.modify(renameRecord(ou, 'OU=Division'));
    const anchor = await anchorOf(childDn('Division', domain.baseDn, 'OU'));
    const renamed = await follower.follow();
    expect(renamed.changes).toEqual([expect.objectContaining({ kind: 'patch', anchor })]);
    const target = await makeOu('Company');
    await follower.follow();
    await domain.modify(renameRecord(childDn('Division', domain.baseDn, 'OU'), 'OU=Division', target));
    const moved = await follower.follow();
    expect(moved.changes).toEqual([expect.objectContaining({ kind: 'patch', anchor })]);
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('tells deletion, and restore from the recycle bin with the groups and managers that come back', async () => {
    const ou = await makeOu('Bin');
    const dn = childDn('kurt', ou);
    await domain.modify(userRecord('kurt', ou, { sn: 'Goedel', description: 'kept' }));
    await domain.modify(groupRecord('logicians', ou, [dn]));
    await domain.modify(userRecord('reports', ou, { manager: dn }));
    const [kurt, group, reports] = await Promise.all(
      [dn, childDn('logicians', ou), childDn('reports', ou)].map(anchorOf),
    );
    if (!kurt || !group || !reports) throw new Error('not made');
    const follower = await startFollowing();
    expect(follower.targets(group, 'member')).toEqual([kurt]);
    await domain.modify(deleteRecord(dn));
    const gone = await follower.follow();
    expect(gone.changes).toEqual([{ kind: 'delete', anchor: kurt }]);
    await expectSameAsFromScratch(follower);
    const scratch = new Follower(follower.connector);
    await scratch.follow();
    expect([...(scratch.held(reports).references['manager'] ?? [])]).toEqual([]);
    follower.forget(kurt);
    await domain.restore(`CN=kurt\\0ADEL:${kurt},CN=Deleted Objects,${domain.baseDn}`, dn);
    await follower.follow();
    expect(follower.held(kurt).attributes).toMatchObject({ sn: 'Goedel', description: ['kept'], cn: 'kurt' });
    expect(follower.targets(group, 'member')).toEqual([kurt]);
    expect(follower.targets(reports, 'manager')).toEqual([kurt]);
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('tells members added and removed, nested groups, a group renamed, a manager replaced and cleared', async () => {
    const ou = await makeOu('Groups');
    const names = ['a', 'b', 'c', 'boss'];
    await domain.modify(names.map((name) => userRecord(name, ou)).join(''));
    const [a = '', b = '', c = '', boss = ''] = names.map((name) => childDn(name, ou));
    await domain.modify(groupRecord('inner', ou, [a]) + groupRecord('outer', ou, [a, b]));
    const follower = await startFollowing();
    const outer = await anchorOf(childDn('outer', ou));
    await domain.modify(membersRecord(childDn('outer', ou), [c, childDn('inner', ou)], [a]));
    await domain.modify(replaceRecord(a, { manager: boss }));
    const first = await follower.follow();
    expect(first.changes).toHaveLength(2);
    expect(follower.targets(outer, 'member')).toEqual(
      (await Promise.all([b, c, childDn('inner', ou)].map(anchorOf))).sort(),
    );
    await domain.modify(replaceRecord(a, { manager: c }) + renameRecord(childDn('inner', ou), 'CN=inner circle'));
    await follower.follow();
    expect(follower.targets(await anchorOf(a), 'manager')).toEqual([await anchorOf(c)]);
    await domain.modify(replaceRecord(a, { manager: [] }) + deleteRecord(b));
    await follower.follow();
    expect(follower.targets(await anchorOf(a), 'manager')).toEqual([]);
    await domain.modify(membersRecord(childDn('inner circle', ou), [childDn('outer', ou)], []));
    await follower.follow();
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it.each([
    'Doe, Jane',
    '"quoted"',
    '#5 Street',
    'a+b=c',
    ' leading',
    'trailing ',
    'back\\slash;<>',
    'Jürgen Weiß',
    '山田 太郎',
    'smile 🙂 family 👨‍👩‍👧',
  ])('keeps the name %j', async (name) => {
    const ou = await makeOu(`Names ${++count}`);
    const follower = await startFollowing();
    await domain.modify(userRecord(name, ou, { displayName: name }));
    const created = await follower.follow();
    const [put] = created.changes;
    expect(put).toMatchObject({ kind: 'put', attributes: { cn: name, displayName: name } });
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('carries values of a megabyte', async () => {
    const ou = await makeOu('Large values');
    const photo = randomBytes(1_000_000);
    const dn = childDn('portrait', ou);
    const info = 'ä'.repeat(500);
    await domain.modify(userRecord('portrait', ou, { info }));
    await client.modify(dn, [changeOf('jpegPhoto', photo)]);
    const connector = connectTo(domain, service);
    const request = { watermark: null, attributes: ['jpegPhoto', 'info'], references: [] };
    const space = new ContractSpace();
    await space.read(connector, request);
    const held = space.objects.get(await anchorOf(dn))?.attributes;
    const values = held?.['jpegPhoto'];
    expect(Array.isArray(values) && Buffer.compare(Buffer.from(values[0] ?? []), photo)).toBe(0);
    expect(held?.['info']).toBe(info);
    await connector.close();
  });

  it('follows with object security where the replication right is missing, deletions included', async () => {
    const ou = await makeOu('Object security');
    await domain.modify(userRecord('stays', ou) + userRecord('goes', ou));
    const follower = new Follower(connectTo(domain, plain));
    const first = await follower.follow();
    expect(first.begin).toMatchObject({ mode: 'full', method: 'paged search, then DirSync (object security)' });
    expect(first.begin.reason).toMatch(/Replicating Directory Changes/);
    await domain.modify(deleteRecord(childDn('goes', ou)) + replaceRecord(childDn('stays', ou), { sn: 'New' }));
    await domain.modify(userRecord('comes', ou));
    const second = await follower.follow();
    expect(second.begin).toMatchObject({ mode: 'full', method: 'DirSync (object security)' });
    expect(second.begin.reason).toMatch(/deleted objects/);
    expect(second.changes.filter((change) => change.kind === 'put')).toHaveLength(1);
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it('learns of deletions also from a Samba that tells them only to who may see deleted objects', async () => {
    const replicator = await domain.addServiceAccount({ replicationRights: false, name: 'svc-replicator' });
    const grant = ['dsacl', 'set', '--action=allow', '--car=get-changes', `--trusteedn=${replicator.dn}`];
    await domain.samba([...grant, `--objectdn=${domain.baseDn}`]);
    const ou = await makeOu('Replicator');
    await domain.modify(userRecord('goes', ou));
    const follower = new Follower(connectTo(domain, replicator));
    expect((await follower.follow()).begin.method).toBe('paged search, then DirSync');
    await domain.modify(deleteRecord(childDn('goes', ou)));
    const { begin } = await follower.follow();
    expect(begin).toMatchObject({ mode: 'full', method: 'DirSync', reason: expect.stringMatching(/deleted objects/) });
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  it.each([
    ['who may see deleted objects', () => service, 'delta'],
    ['who may not', () => plain, 'full'],
  ] as const)('follows by uSNChanged for one %s', async (_, account, mode) => {
    const ou = await makeOu(`By usn ${++count}`);
    await domain.modify(userRecord('stays', ou) + userRecord('goes', ou));
    await domain.modify(groupRecord('g', ou, [childDn('stays', ou)]));
    const follower = await startFollowing(account(), { delta: 'usn' });
    const quiet = await follower.follow();
    expect(quiet.changes.filter((change) => change.kind !== 'keep')).toEqual([]);
    await domain.modify(deleteRecord(childDn('goes', ou)) + replaceRecord(childDn('stays', ou), { sn: 'New' }));
    await domain.modify(userRecord('comes', ou) + membersRecord(childDn('g', ou), [childDn('comes', ou)], []));
    const renamed = `OU=Renamed ${++count}`;
    await domain.modify(renameRecord(ou, renamed));
    const second = await follower.follow();
    expect(second.begin).toMatchObject({ mode, method: 'uSNChanged' });
    await expectSameAsFromScratch(follower);
    const dn = childDn('comes', `${renamed},${domain.baseDn}`);
    const comes = await anchorOf(dn);
    await domain.modify(deleteRecord(dn));
    await follower.follow();
    follower.forget(comes);
    await domain.restore(`CN=comes\\0ADEL:${comes},CN=Deleted Objects,${domain.baseDn}`, dn);
    await follower.follow();
    await expectSameAsFromScratch(follower);
    await follower.connector.close();
  });

  // The last one: whatever follows such a group reads it again and again.
  it('reads a group of 3,100 members in parts, and one change of it as one reference', async () => {
    const ou = await makeOu('Large group');
    const users = Array.from({ length: CROWD }, (_, index) => childDn(`m${index}`, ou));
    await domain.add(users.map((dn, index) => ({ dn, attributes: { objectClass: ['contact'], cn: [`m${index}`] } })));
    await domain.modify(groupRecord('crowd', ou, users));
    const follower = await startFollowing();
    const crowd = await anchorOf(childDn('crowd', ou));
    expect(follower.targets(crowd, 'member')).toHaveLength(CROWD);
    const parts = (await scratchChanges(follower.connector)).filter((change) => change.anchor === crowd);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.slice(0, -1).every(hasMore)).toBe(true);
    expect(parts.slice(-1).some(hasMore)).toBe(false);
    await domain.modify(membersRecord(childDn('crowd', ou), [], [users[17] ?? '']));
    const { changes } = await follower.follow();
    const removed = await anchorOf(users[17] ?? '');
    expect(changes).toEqual([
      {
        kind: 'patch',
        anchor: crowd,
        set: {},
        clear: [],
        references: { member: { kind: 'delta', add: [], remove: [removed] } },
      },
    ]);
    await follower.connector.close();
  });
});

function hasMore(change: ObjectChange): boolean {
  if (change.kind !== 'put' && change.kind !== 'patch') return false;
  const member = change.references['member'];
  return member?.kind === 'complete' && member.more === true;
}

async function scratchChanges(connector: Connector): Promise<readonly ObjectChange[]> {
  return (await new ContractSpace().read(connector, requestFrom(null))).changes;
}

function changeOf(type: string, value: Buffer): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
