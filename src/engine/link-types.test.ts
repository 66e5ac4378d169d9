import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  guid,
  type MemoryLab,
  PEOPLE,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import type { MemoryEntry } from '../connectors/memory/directory.ts';
import type { Value } from '../model/value.ts';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.ts';
import { explainObject } from './explain.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-links-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

/** The shipped rules, without some of them and with some of our own in YAML's short form. */
function withRules(rules: readonly string[], disable: readonly string[] = []): RuleSet {
  const file = join(folder, `rules-${files++}.yaml`);
  const lines = rules.map((rule) => `  - { ${rule} }\n`);
  writeFileSync(file, `disable: [${disable.join(', ')}]\nrules:\n${lines.join('')}`);
  return loadRuleSet(['standard', file]);
}

interface TwoSources extends MemoryLab {
  readonly other: MemoryConnector;
}

async function labOf(rules: RuleSet): Promise<TwoSources> {
  const lab = await createMemoryLab({ rules });
  const other = createDirectory('other');
  lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
  return Object.assign(lab, { other });
}

function contact(name: string, attributes: Readonly<Record<string, Value>>): MemoryEntry {
  return { anchor: guid(name), type: 'contact', place: { parent: PEOPLE, rdn: `CN=${name}` }, attributes };
}

/** A change, then what the tenant holds; whatever came of small steps, a full run has nothing to add. */
async function afterwards(lab: MemoryLab, change: () => void): Promise<ReturnType<MemoryLab['tenant']>> {
  change();
  await lab.sync();
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  return lab.tenant();
}

describe('a rule that makes objects and joins by attributes', () => {
  const CONTACTS =
    'name: Contacts as users, direction: inbound, connector: source, from: contact, to: person, link: provision, precedence: 1, join: [[{ space: info, metaverse: info }], [{ space: mail, metaverse: mail }]], flows: { sourceObjectType: { constant: User }, accountEnabled: { constant: true }, userPrincipalName: url }';
  const OUR_CONTACT = {
    objectGUID: new Uint8Array(16).fill(7),
    cn: 'con',
    displayName: 'con',
    url: 'con@contoso.com',
    mailNickname: 'con',
  };
  const NOT_SHIPPED = ['In from AD - Contact Join'];

  test('makes none of an object that has nothing to be joined by, until it has', async () => {
    const lab = await labOf(withRules([CONTACTS], NOT_SHIPPED));
    expect(await afterwards(lab, () => lab.source.put(contact('con', OUR_CONTACT)))).toEqual({});
    expect((await lab.findings()).filter(({ severity }) => severity === 'error')).toEqual([]);
    const explained = await explainObject(lab.context, guid('con'));
    expect(JSON.stringify(explained)).toContain(
      'makes an object only of what has a value to join by, and it has none in info, mail',
    );
    const named = { ...OUR_CONTACT, info: 'partner 7' };
    expect(await afterwards(lab, () => lab.source.put(contact('con', named)))).toHaveProperty(['user con']);
  });

  test('keeps what it made when the value goes', async () => {
    const lab = await labOf(withRules([CONTACTS], NOT_SHIPPED));
    lab.source.put(contact('con', { ...OUR_CONTACT, mail: 'con@contoso.com' }));
    expect(await afterwards(lab, () => undefined)).toHaveProperty(['user con']);
    expect(await afterwards(lab, () => lab.source.put(contact('con', OUR_CONTACT)))).toHaveProperty(['user con']);
  });

  test('without join criteria makes one of every object in its scope', async () => {
    const lab = await labOf(withRules([CONTACTS.replace(/join: \[\[.*\]\], /, '')], NOT_SHIPPED));
    expect(await afterwards(lab, () => lab.source.put(contact('con', OUR_CONTACT)))).toHaveProperty(['user con']);
  });

  test('outbound makes none in the tenant either, and keeps what is there', async () => {
    const out =
      'name: Out by employee id, direction: outbound, connector: tenant, from: person, to: user, link: provision, precedence: 1, join: [[{ space: employeeId, metaverse: employeeID }]]';
    const inward =
      'name: In employee id, direction: inbound, connector: source, from: user, to: person, precedence: 2, flows: { employeeID: employeeID }';
    const shared =
      'name: Out to AAD - User Join, direction: outbound, connector: tenant, from: person, to: user, link: join, precedence: 123, flows: { sourceAnchor: sourceAnchor, accountEnabled: accountEnabled }';
    const lab = await labOf(withRules([out, inward, shared]));
    expect(await afterwards(lab, () => lab.source.put(user('ann')))).toEqual({});
    expect(await afterwards(lab, () => lab.source.put(user('ann', { employeeID: '7' })))).toHaveProperty(['user ann']);
    expect(await afterwards(lab, () => lab.source.put(user('ann')))).toHaveProperty(['user ann']);
  });
});
