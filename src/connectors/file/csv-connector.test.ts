import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectorHarness, describeConnectorContract } from '../connector.contract.ts';
import { csvSection } from './config.ts';
import { csvSource } from './connector.ts';
import { contextFor } from './file-lab.ts';

/** A directory that is a CSV file: each change writes the file anew. */
async function createHarness(): Promise<ConnectorHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-csv-'));
  const path = join(folder, 'people.csv');
  const rows = new Map<string, { type: string; values: Record<string, string>; members: string[] }>();
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const write = () => {
    const lines = [...rows].map(([anchor, { type, values, members }]) =>
      [anchor, type, values['displayName'] ?? '', values['department'] ?? '', members.join('|')].map(quote).join(','),
    );
    writeFileSync(path, ['number,kind,name,department,members', 'root,container,,,', ...lines, ''].join('\r\n'));
  };
  const rowOf = (anchor: string) => {
    const row = rows.get(anchor);
    if (!row) throw new Error(`no row ${anchor}`);
    return row;
  };
  const section = csvSection.parse({
    path,
    anchor: 'number',
    typeColumn: 'kind',
    columns: { name: 'displayName', department: 'department', members: { attribute: 'member', separator: '|' } },
  });
  write();
  return {
    connector: csvSource.create(section, contextFor(folder)),
    attributes: ['displayName', 'department'],
    memberReference: 'member',
    create: async ({ type, name, attributes = {}, members = [] }) => {
      rows.set(`no-${name}`, { type, values: { ...attributes }, members: [...members] });
      write();
      return `no-${name}`;
    },
    setAttribute: async (anchor, attribute, value) => {
      rowOf(anchor).values[attribute] = value ?? '';
      write();
    },
    remove: async (anchor) => {
      rows.delete(anchor);
      for (const row of rows.values()) row.members = row.members.filter((member) => member !== anchor);
      write();
    },
    changeMembers: async (group, add, remove) => {
      const row = rowOf(group);
      row.members = [...row.members.filter((member) => !remove.includes(member)), ...add];
      write();
    },
    refuseWatermark: async () => '{"hash":1}',
    breakNextRead: async () => {
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, whole.length - 3));
      return async () => writeFileSync(path, whole);
    },
    fill: async (count) => {
      for (let index = 0; index < count; index++) rows.set(`p${index}`, { type: 'user', values: {}, members: [] });
      write();
    },
    close: async () => rmSync(folder, { recursive: true }),
  };
}

describeConnectorContract('CSV', createHarness, { hasTree: false, canFill: true });
