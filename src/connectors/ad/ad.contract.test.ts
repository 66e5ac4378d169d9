import type { Client } from 'ldapts';
import { afterAll, beforeAll, describe } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../../../test/lab/samba.ts';
import { SILENT_LOG } from '../../log.ts';
import { guidToText } from '../../model/anchor.ts';
import { type ConnectorHarness, type ContractObject, describeConnectorContract } from '../connector.contract.ts';
import { adSource } from './connector.ts';
import { addRecord, childDn, deleteRecord, membersRecord, renameRecord, replaceRecord } from './trial/domain-editor.ts';

describe.skipIf(!directoryServersAvailable())('on Samba', () => {
  let domain: SambaDomain;
  let account: SambaAccount;
  let client: Client;
  let harnesses = 0;

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true });
    account = await domain.addServiceAccount({ replicationRights: true });
  });
  afterAll(() => domain?.stop());

  async function dnOf(anchor: string): Promise<string> {
    const { searchEntries } = await client.search(`<GUID=${anchor}>`, {
      scope: 'base',
      attributes: ['distinguishedName'],
    });
    return String(searchEntries[0]?.dn);
  }

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

  async function createHarness(): Promise<ConnectorHarness> {
    client = await domain.connect();
    const home = childDn(`Contract ${++harnesses}`, domain.baseDn, 'OU');
    await domain.modify(addRecord(home, { objectClass: 'organizationalUnit' }));
    const section = adSource.section.parse({
      servers: [domain.ldapsUrl],
      tls: { ca: domain.ca },
      user: account.user,
      password: { env: 'PASSWORD' },
    });
    const connector = adSource.create(section, {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => account.password,
      resolvePath: (path) => path,
    });
    return {
      connector,
      attributes: ['displayName', 'info'],
      memberReference: 'member',
      create: async (object) => {
        const parent = object.parent === undefined ? home : await dnOf(object.parent);
        const dn = childDn(object.name, parent, object.type === 'organizationalUnit' ? 'OU' : 'CN');
        await domain.modify(await describeObject(object, dn));
        return anchorOf(dn);
      },
      setAttribute: async (anchor, attribute, value) =>
        domain.modify(replaceRecord(await dnOf(anchor), { [attribute]: value === null ? [] : value })),
      remove: async (anchor) => domain.modify(deleteRecord(await dnOf(anchor))),
      changeMembers: async (group, add, remove) =>
        domain.modify(
          membersRecord(await dnOf(group), await Promise.all(add.map(dnOf)), await Promise.all(remove.map(dnOf))),
        ),
      tree: {
        rename: async (anchor, name) => {
          const dn = await dnOf(anchor);
          const type = dn.startsWith('OU=') ? 'OU' : 'CN';
          await domain.modify(renameRecord(dn, childDn(name, 'x', type).slice(0, -2)));
        },
        move: async (anchor, parent) => {
          const dn = await dnOf(anchor);
          const rdn = dn.slice(0, dn.search(/(?<!\\),/));
          await domain.modify(renameRecord(dn, rdn, await dnOf(parent)));
        },
      },
      refuseWatermark: async (watermark) => watermark.replace(/"cookie":"[^"]*"/, '"cookie":"bm8gY29va2ll"'),
      breakNextRead: async () => {
        await domain.kill();
        return () => domain.restart();
      },
      fill: async (count) => {
        const contacts = Array.from({ length: count }, (_, index) => childDn(`filler ${index}`, home));
        await domain.add(contacts.map((dn) => ({ dn, attributes: { objectClass: ['contact'] } })));
      },
      close: async () => {
        await connector.close();
        await client.unbind();
      },
    };
  }

  async function describeObject(object: ContractObject, dn: string): Promise<string> {
    const account = `c${harnesses}-${object.name}`.replace(/[^\w-]/g, '');
    const members = await Promise.all((object.members ?? []).map(dnOf));
    return addRecord(dn, {
      objectClass: object.type,
      ...(object.type === 'organizationalUnit' ? {} : { sAMAccountName: account }),
      ...object.attributes,
      ...(members.length === 0 ? {} : { member: members }),
    });
  }

  describeConnectorContract('AD', createHarness);
});
