import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeRdnValue, normalizeDn, splitFirstRdn } from '../../model/dn.ts';
import { type ConnectorHarness, type ContractObject, describeConnectorContract } from '../connector.contract.ts';
import { ldifSource } from './connector.ts';
import { contextFor } from './file-lab.ts';

/** A directory that is an LDIF file with entryUUIDs: each change writes the file anew. */
async function createHarness(): Promise<ConnectorHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-ldif-'));
  const path = join(folder, 'directory.ldif');
  const entries = new Map<string, { dn: string; lines: string[] }>();
  const root = 'dc=corp,dc=example,dc=com';
  let last = 0;
  const write = () => {
    const texts = [...entries].map(([anchor, { dn, lines }]) =>
      [`dn:: ${Buffer.from(dn).toString('base64')}`, `entryUUID: ${anchor}`, ...lines, ''].join('\n'),
    );
    writeFileSync(path, `version: 1\n\ndn: ${root}\nobjectClass: domain\n\n${texts.join('\n')}\n`);
  };
  const entryOf = (anchor: string) => {
    const entry = entries.get(anchor);
    if (!entry) throw new Error(`no entry ${anchor}`);
    return entry;
  };
  const replaceDn = (from: string, to: string) => {
    for (const entry of entries.values()) {
      if (entry.dn === from || entry.dn.endsWith(`,${from}`)) entry.dn = entry.dn.slice(0, -from.length) + to;
      entry.lines = entry.lines.map((line) => (line.startsWith('member: ') ? line.replace(from, to) : line));
    }
    write();
  };
  const create = async ({ type, name, parent, attributes = {}, members = [] }: ContractObject) => {
    const anchor = `00000000-0000-4000-8000-${(++last).toString(16).padStart(12, '0')}`;
    const above = parent === undefined ? root : entryOf(parent).dn;
    const dn = `${type === 'organizationalUnit' ? 'ou' : 'cn'}=${escapeRdnValue(name)},${above}`;
    const lines = [`objectClass: ${type}`, ...members.map((member) => `member: ${entryOf(member).dn}`)];
    for (const [attribute, value] of Object.entries(attributes))
      lines.push(`${attribute}:: ${Buffer.from(value).toString('base64')}`);
    entries.set(anchor, { dn, lines });
    write();
    return anchor;
  };
  write();
  return {
    connector: ldifSource.create({ path, attributes: {} }, contextFor(folder)),
    attributes: ['displayName', 'department'],
    memberReference: 'member',
    create,
    setAttribute: async (anchor, attribute, value) => {
      const entry = entryOf(anchor);
      entry.lines = entry.lines.filter((line) => !line.startsWith(`${attribute}:`));
      if (value !== null) entry.lines.push(`${attribute}: ${value}`);
      write();
    },
    remove: async (anchor) => {
      const { dn } = entryOf(anchor);
      entries.delete(anchor);
      for (const entry of entries.values()) entry.lines = entry.lines.filter((line) => line !== `member: ${dn}`);
      write();
    },
    changeMembers: async (group, add, remove) => {
      const entry = entryOf(group);
      const gone = remove.map((one) => `member: ${normalizeDn(entryOf(one).dn)}`);
      entry.lines = entry.lines.filter((line) => !gone.includes(line));
      entry.lines.push(...add.map((one) => `member: ${entryOf(one).dn}`));
      write();
    },
    tree: {
      rename: async (anchor, name) => {
        const { rdn, parent } = splitFirstRdn(entryOf(anchor).dn);
        replaceDn(entryOf(anchor).dn, `${rdn.slice(0, 2)}=${escapeRdnValue(name)},${parent}`);
      },
      move: async (anchor, parent) =>
        replaceDn(entryOf(anchor).dn, `${splitFirstRdn(entryOf(anchor).dn).rdn},${entryOf(parent).dn}`),
    },
    refuseWatermark: async () => 'no watermark of a file',
    breakNextRead: async () => {
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, whole.length - 5));
      return async () => writeFileSync(path, whole);
    },
    fill: async (count) => {
      const people = Array.from({ length: count }, (_, index) => `dn: cn=p${index},${root}\nobjectClass: user\n`);
      writeFileSync(path, `${people.join('\n')}\n`);
    },
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeConnectorContract('LDIF', createHarness);
