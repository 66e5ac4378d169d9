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

/** Contacts that belong to the person whose key they have, and nothing of the shipped rules for contacts. */
const KEY =
  'name: Key, direction: inbound, connector: source, from: user, to: person, precedence: 1, flows: { joinKey: info }';
const NO_CONTACTS = ['In from AD - Contact Join', 'In from AD - Contact Common'];

function contactsBy(link: string): RuleSet {
  const flows =
    'company: company, sourceObjectType: { constant: User }, accountEnabled: { constant: true }, userPrincipalName: url, displayName: cn, mailNickname: cn';
  const scope = '[[{ attribute: department, operator: NOTEQUAL, value: out }]]';
  const rule = `name: Contacts, direction: inbound, connector: source, from: contact, to: person, link: ${link}, precedence: 200, scope: ${scope}, join: [[{ space: info, metaverse: joinKey }]], flows: { ${flows} }`;
  return withRules([KEY, rule], NO_CONTACTS);
}

const ANN = user('ann', { info: '7' });
const HER_CONTACT = { info: '7', company: 'Fabrikam', url: 'ann@contoso.com', cn: 'ann' };

describe.each(['join', 'sticky-join'])('a rule that joins (%s)', (link) => {
  test.each(['the person', 'the contact'])('finds its person whichever comes first: %s', async (first) => {
    const lab = await labOf(contactsBy(link));
    const puts = [() => lab.source.put(ANN), () => lab.other.put(contact('con', HER_CONTACT))];
    for (const put of first === 'the person' ? puts : puts.toReversed()) await afterwards(lab, put);
    expect(lab.tenant()).toMatchObject({ 'user ann': { company: 'Fabrikam' } });
    expect(Object.keys(lab.tenant())).toHaveLength(1);
  });

  test('makes nothing of an object that finds none', async () => {
    const lab = await labOf(contactsBy(link));
    expect(await afterwards(lab, () => lab.other.put(contact('con', HER_CONTACT)))).toEqual({});
  });

  test('finds a person that gets the key later', async () => {
    const lab = await labOf(contactsBy(link));
    lab.other.put(contact('con', HER_CONTACT));
    await afterwards(lab, () => lab.source.put(user('ann')));
    expect(await afterwards(lab, () => lab.source.put(ANN))).toMatchObject({ 'user ann': { company: 'Fabrikam' } });
  });

  test('stays joined when the value it joined by changes, on either side', async () => {
    const lab = await labOf(contactsBy(link));
    lab.source.put(ANN);
    await afterwards(lab, () => lab.other.put(contact('con', HER_CONTACT)));
    await lab.sync();
    lab.other.put(contact('con', { ...HER_CONTACT, info: '8', company: 'Tailspin' }));
    await lab.sync();
    lab.source.put(user('ann', { info: '9' }));
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ company: 'Tailspin' });
    expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  });

  test('lets go of an object that leaves its scope, and joins anew when it comes back', async () => {
    const lab = await labOf(contactsBy(link));
    lab.source.put(ANN);
    lab.source.put(user('bob', { info: '8' }));
    await afterwards(lab, () => lab.other.put(contact('con', HER_CONTACT)));
    const out = { ...HER_CONTACT, department: 'out' };
    expect((await afterwards(lab, () => lab.other.put(contact('con', out))))['user ann']).not.toHaveProperty('company');
    const back = await afterwards(lab, () => lab.other.put(contact('con', { ...HER_CONTACT, info: '8' })));
    expect(back['user ann']).not.toHaveProperty('company');
    expect(back['user bob']).toMatchObject({ company: 'Fabrikam' });
  });
});

describe('when the object that made a person goes', () => {
  async function left(link: string): Promise<TwoSources> {
    const lab = await labOf(contactsBy(link));
    lab.source.put(ANN);
    // Sources that are empty all at once would be stopped by a guard.
    for (const source of [lab.source, lab.other])
      source.put(user(`someone in ${source.name}`, { userPrincipalName: source.name }));
    await afterwards(lab, () => lab.other.put(contact('con', HER_CONTACT)));
    await afterwards(lab, () => lab.source.remove(guid('ann')));
    return lab;
  }

  test('one that only joined it does not hold it', async () => {
    expect((await left('join')).tenant()).not.toHaveProperty(['user ann']);
  });

  test('one that is sticky holds it, until it leaves its scope or goes as well', async () => {
    for (const leave of [
      (lab: TwoSources) => lab.other.put(contact('con', { ...HER_CONTACT, department: 'out' })),
      (lab: TwoSources) => lab.other.remove(guid('con')),
    ]) {
      const lab = await left('sticky-join');
      expect(lab.tenant()).toMatchObject({ 'user ann': { company: 'Fabrikam' } });
      expect(await afterwards(lab, () => leave(lab))).not.toHaveProperty(['user ann']);
    }
  });
});

const BY_MAIL =
  'name: By mail, direction: inbound, connector: source, from: user, to: person, link: join, precedence: 4, join: [[{ space: mail, metaverse: mail }]]';

describe('flows of the beginning (once)', () => {
  const inward = (once: string): string =>
    `name: First, direction: inbound, connector: source, from: user, to: person, precedence: 2, flows: { firstMail: { attribute: info${once} } }`;
  const outward = (once: string): string =>
    `name: Out first, direction: outbound, connector: tenant, from: person, to: user, link: join, precedence: 3, flows: { otherMails: { attribute: firstMail${once} } }`;
  const ONCE = ', once: true';
  const INBOUND = withRules([inward(ONCE), outward('')]);
  const OUTBOUND = withRules([inward(''), outward(ONCE)]);

  async function start(rules: RuleSet): Promise<TwoSources> {
    const lab = await labOf(rules);
    lab.source.put(user('bob'));
    await afterwards(lab, () => lab.source.put(user('ann', { info: 'first@contoso.com', mail: 'ann@contoso.com' })));
    expect(mails(lab)).toEqual(['first@contoso.com']);
    return lab;
  }

  function mails(lab: MemoryLab): unknown {
    return lab.tenant()['user ann']?.['otherMails'];
  }

  test.each([
    ['inbound', INBOUND],
    ['outbound', OUTBOUND],
  ])('say nothing when the source changes later, in small steps or in a full run (%s)', async (_direction, rules) => {
    const lab = await start(rules);
    for (const info of ['second@contoso.com', null]) {
      await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: { info, title: `from ${info}` } }));
      expect(lab.tenant()['user ann']).toMatchObject({ title: `from ${info}`, otherMails: ['first@contoso.com'] });
    }
  });

  test('outbound leave what somebody makes of the value in the tenant', async () => {
    const lab = await start(OUTBOUND);
    for (const object of lab.target.tenant.directory.objects())
      lab.target.tenant.edit(object.anchor, { attributes: { otherMails: ['own@contoso.com'] } });
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: { info: 'second@contoso.com' } }));
    expect(mails(lab)).toEqual(['own@contoso.com']);
  });

  test('speak until the object was made: a plan that nobody applied makes none', async () => {
    const lab = await labOf(OUTBOUND);
    lab.source.put(user('ann', { info: 'first@contoso.com' }));
    await lab.plan();
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: { info: 'second@contoso.com' } }));
    expect(mails(lab)).toEqual(['second@contoso.com']);
  });

  test('inbound say nothing for an account that joins a person who is there', async () => {
    const lab = await labOf(withRules([BY_MAIL, inward(ONCE), outward('')]));
    await afterwards(lab, () => lab.source.put(user('ann', { mail: 'ann@contoso.com' })));
    const second = user('ann2', { mail: 'ann@contoso.com', info: 'second@contoso.com', displayName: 'ann' });
    const after = await afterwards(lab, () => lab.other.put(second));
    expect(Object.keys(after)).toEqual(['user ann']);
    expect(mails(lab)).toBeUndefined();
  });

  test('inbound speak again when the person had left and is made anew', async () => {
    const lab = await start(INBOUND);
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: { adminDescription: 'User_out' } }));
    expect(Object.keys(lab.tenant())).toEqual(['user bob']);
    const back = { adminDescription: null, info: 'second@contoso.com' };
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: back }));
    expect(mails(lab)).toEqual(['second@contoso.com']);
  });

  test('inbound speak again when a person comes back before the tenant was told that it had left', async () => {
    const lab = await start(INBOUND);
    lab.source.edit(guid('ann'), { attributes: { adminDescription: 'User_out' } });
    expect(await lab.operations(await lab.plan())).toEqual(['delete user ann']);
    const back = { adminDescription: null, info: 'second@contoso.com' };
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: back }));
    expect(mails(lab)).toEqual(['second@contoso.com']);
  });
});

describe('of several sources', () => {
  const headquarters = (merge: string): string =>
    `name: Headquarters ${merge}, direction: inbound, connector: source, from: user, to: person, link: join, precedence: 5, scope: [[{ attribute: employeeType, operator: EQUAL, value: hq }]], flows: { titles: { attribute: title, merge: ${merge} } }`;
  const everybody = (merge: string): string =>
    `name: Everybody ${merge}, direction: inbound, connector: source, from: user, to: person, link: join, precedence: 6, flows: { titles: { attribute: title, merge: ${merge} } }`;
  const OUT =
    'name: Out titles, direction: outbound, connector: tenant, from: person, to: user, link: join, precedence: 7, flows: { otherMails: titles }';

  async function twoAccounts(merge: string): Promise<TwoSources> {
    const lab = await labOf(withRules([BY_MAIL, headquarters(merge), everybody(merge), OUT]));
    lab.other.put(user('bob'));
    lab.source.put(user('ann', { mail: 'ann@contoso.com', title: ['a@contoso.com', 'b@contoso.com'] }));
    await lab.sync();
    const second = { mail: 'ann@contoso.com', employeeType: 'hq', displayName: 'ann' };
    await afterwards(lab, () => lab.other.put(user('ann2', { ...second, title: ['B@contoso.com', 'c@contoso.com'] })));
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user bob']);
    return lab;
  }

  test.each([
    'update',
    'replace',
  ])('the rule with the lowest number has the attribute to itself (%s)', async (merge) => {
    const lab = await twoAccounts(merge);
    const mails = (): unknown => lab.tenant()['user ann']?.['otherMails'];
    expect(mails()).toEqual(['B@contoso.com', 'c@contoso.com']);
    await afterwards(lab, () => lab.other.edit(guid('ann2'), { attributes: { employeeType: null } }));
    expect(mails()).toEqual(['a@contoso.com', 'b@contoso.com']);
    await afterwards(lab, () => lab.source.edit(guid('ann'), { attributes: { title: null } }));
    expect(mails()).toEqual(['B@contoso.com', 'c@contoso.com']);
    await afterwards(lab, () => lab.other.remove(guid('ann2')));
    expect(mails()).toBeUndefined();
  });

  test('all of them have it together where it is merged', async () => {
    const mails = async (merge: string): Promise<unknown> =>
      (await twoAccounts(merge)).tenant()['user ann']?.['otherMails'];
    expect(await mails('merge-case-insensitive')).toEqual(['B@contoso.com', 'c@contoso.com', 'a@contoso.com']);
    expect(await mails('merge')).toEqual(['B@contoso.com', 'c@contoso.com', 'a@contoso.com', 'b@contoso.com']);
  });
});
