import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Connector } from '../../src/connectors/connector.ts';
import { linkByHand, unlinkByHand } from '../../src/engine/hand-links.ts';
import { findPasswordAccount } from '../../src/engine/password-judge.ts';
import { guidToBytes } from '../../src/model/anchor.ts';
import { loadRuleSet } from '../../src/rules/rule-set.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import {
  container,
  createDirectory,
  group,
  guid,
  PEOPLE,
  ROOT_DN,
  user,
  WHOLE_DIRECTORY,
} from '../memory/memory-lab.ts';
import { PasswordLab, type PasswordLabOptions } from './password-lab.ts';

const PILOT = `OU=Pilot,OU=People,${ROOT_DN}`;
const GROUP = `CN=pilots,OU=People,${ROOT_DN}`;
const DISABLED = { userAccountControl: 514n };

describe('whose password is sent:', () => {
  let lab: PasswordLab;
  afterEach(() => lab.end());

  async function begin(options: PasswordLabOptions = {}): Promise<void> {
    lab = await PasswordLab.begin(options);
    lab.source.put({ ...container('pilot', 'Pilot'), place: { parent: PEOPLE, rdn: 'OU=Pilot' } });
    lab.source.put(group('pilots', ['bob']));
    for (const name of ['ann', 'bob', 'cid']) lab.hire(name, `Sommer-${name}`);
    lab.source.edit(guid('ann'), { place: { parent: guid('pilot'), rdn: 'CN=ann' } });
    await lab.syncBoth();
  }

  function answers(): readonly string[] {
    return ['ann', 'bob', 'cid'].map((name) => lab.signIn(name, `Sommer-${name}`));
  }

  test('that of those in the containers, groups and accounts that are named', async () => {
    await begin({ only: [PILOT, GROUP] });
    expect(answers()).toEqual(['welcome', 'welcome', 'no-password']);
    expect(await lab.state('cid')).toBe('excluded not-selected');
  });

  test('and not of those who are named as exceptions', async () => {
    await begin({ except: [PILOT, `CN=cid,OU=People,${ROOT_DN}`] });
    expect(answers()).toEqual(['no-password', 'welcome', 'no-password']);
  });

  test('that of who joins the group is sent by the cycle after the sync that saw it, without being changed', async () => {
    await begin({ only: [GROUP] });
    lab.source.edit(guid('pilots'), { references: { member: { add: [guid('cid')] } } });
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(answers()).toEqual(['no-password', 'welcome', 'welcome']);
  });

  test('that of who leaves the group is not sent any more, and again at once when he is back', async () => {
    await begin({ only: [GROUP] });
    lab.source.edit(guid('pilots'), { references: { member: { remove: [guid('bob')] } } });
    await lab.syncBoth();
    lab.setPassword('bob', 'Herbst-bob');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(lab.signIn('bob', 'Sommer-bob')).toBe('welcome');
    lab.source.edit(guid('pilots'), { references: { member: { add: [guid('bob')] } } });
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.signIn('bob', 'Herbst-bob')).toBe('welcome');
  });

  test('a container that is renamed stays what it was, and one that never was is an error', async () => {
    await begin({ only: [PILOT] });
    lab.source.edit(guid('pilot'), { place: { parent: PEOPLE, rdn: 'OU=Vanguard' } });
    await lab.syncBoth();
    lab.setPassword('ann', 'Herbst-ann');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    lab.options = { only: [`OU=Piolt,${ROOT_DN}`] };
    await expect(lab.cycle()).rejects.toMatchObject({
      code: 'scope-not-found',
      message: expect.stringContaining('passwords.only[0]'),
    });
  });

  test('who is left out is not read when somebody names him, and stays left out for that reason', async () => {
    await begin({ only: [PILOT] });
    const account = await findPasswordAccount(lab.lab.context, 'cid@contoso.com');
    expect(await lab.cycle({ accounts: [account] })).toMatchObject({ read: 0, sent: 0 });
    expect(await lab.account('cid')).toMatchObject({ state: 'excluded', reason: 'not-selected' });
  });

  test('that of whom the configuration takes in later', async () => {
    await begin({ only: [PILOT] });
    lab.options = {};
    expect(await lab.cycle()).toMatchObject({ sent: 2 });
    expect(answers()).toEqual(['welcome', 'welcome', 'welcome']);
  });

  test('none of an account that is disabled, with the shipped rules', async () => {
    await begin();
    lab.source.put(user('dan', DISABLED));
    lab.setPassword('dan', 'Sommer-dan', { isDisabled: true });
    await lab.syncBoth();
    expect(lab.idOf('dan')).not.toBe('nobody');
    expect(lab.signIn('dan', 'Sommer-dan')).toBe('no-password');
    expect(await lab.store.passwords.countWithout()).toBe(1);
  });

  test('none of a user who is found by his name and not taken over yet', async () => {
    lab = await PasswordLab.begin();
    const names = { displayName: 'ann', alias: 'ann', userPrincipalName: 'ann@contoso.com' };
    const id = lab.lab.target.seed('user', names);
    lab.hire('ann', 'Sommer-ann');
    lab.pass(60_000);
    const plan = await lab.lab.plan();
    expect(await lab.lab.allOperations(plan)).toMatchObject([{ action: 'link', targetId: id }]);
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(lab.target.signIn(id, 'Sommer-ann')).toBe('no-password');
    await lab.lab.apply(plan);
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.target.signIn(id, 'Sommer-ann')).toBe('welcome');
  });

  test('none of an administrator whom the engine does not take over', async () => {
    lab = await PasswordLab.begin();
    const names = { displayName: 'ann', alias: 'ann', userPrincipalName: 'ann@contoso.com' };
    const id = lab.lab.target.seed('user', names);
    lab.lab.target.setRoleHolders({ [id]: ['Global Administrator'] });
    lab.hire('ann', 'Sommer-ann');
    await lab.sync();
    expect(await lab.lab.findings('match-privileged')).toHaveLength(1);
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(lab.target.signIn(id, 'Sommer-ann')).toBe('no-password');
  });

  test('none of who is kept apart by hand, and at once when he is linked again', async () => {
    await begin();
    const id = lab.idOf('cid');
    await unlinkByHand(lab.lab.context, { object: 'cid@contoso.com', who: 'night' });
    await lab.syncBoth();
    lab.setPassword('cid', 'Herbst-cid');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(lab.target.signIn(id, 'Sommer-cid')).toBe('welcome');
    await linkByHand(lab.lab.context, { object: 'cid@contoso.com', target: 'cid@contoso.com', who: 'night' });
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.target.signIn(id, 'Herbst-cid')).toBe('welcome');
  });

  test('a person who is named is found with the account, and told why there is none', async () => {
    await begin();
    const account = await findPasswordAccount(lab.lab.context, 'ann@contoso.com');
    expect(account.anchor).toBe(guid('ann'));
    expect(await lab.cycle({ accounts: [account] })).toMatchObject({ mode: 'accounts', sent: 1, read: 1 });
    await expect(findPasswordAccount(lab.lab.context, 'nobody')).rejects.toMatchObject({ code: 'object-not-found' });
    lab.edit('ann', DISABLED);
    await lab.sync();
    await expect(findPasswordAccount(lab.lab.context, 'ann@contoso.com')).rejects.toThrow('no rule');
  });
});

describe('of a person with accounts in two directories', () => {
  test('the enabled account gives the password, and the other one when it is enabled instead', async () => {
    const lab = await PasswordLab.begin();
    const now = (): Date => new Date(lab.clock.now);
    const other = createDirectory('other', { now });
    const { context } = lab.lab;
    lab.lab.context = { ...context, sources: [...context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
    const anchor = guidToBytes(guid('ann')) ?? new Uint8Array(16);
    lab.hire('ann', 'Of-Corp-1');
    other.put(user('ann2', { 'mS-DS-ConsistencyGuid': anchor, ...DISABLED }));
    other.passwords.setPassword(guid('ann2'), 'Of-Other-1');
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Of-Corp-1')).toBe('welcome');
    other.passwords.setPassword(guid('ann2'), 'Of-Other-2');
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    lab.edit('ann', DISABLED);
    other.edit(guid('ann2'), { attributes: { userAccountControl: 512n } });
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Of-Other-2')).toBe('welcome');
    await lab.end();
  });
});

test('none of an account whose source gives none, and status says so', async () => {
  const lab = await PasswordLab.begin();
  const file = createDirectory('file', { now: () => new Date(lab.clock.now) });
  const connector: Connector = {
    name: file.name,
    kind: file.kind,
    read: (request) => file.read(request),
    fetch: (anchors, request) => file.fetch(anchors, request),
    check: () => file.check(),
    close: () => file.close(),
  };
  const { context } = lab.lab;
  lab.lab.context = { ...context, sources: [...context.sources, { connector, scope: WHOLE_DIRECTORY }] };
  lab.hire('ann', 'Sommer-ann');
  file.put(user('eve'));
  expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
  expect([await lab.state('ann'), lab.idOf('eve')]).toEqual(['synchronized', expect.not.stringMatching('nobody')]);
  const space = (await lab.store.spaces.spaces()).find(({ name }) => name === 'file')?.id ?? 0;
  expect((await lab.store.passwords.givers(space, [guid('eve')]))[0]?.account).toMatchObject({ reason: 'no-source' });
  expect(await lab.store.passwords.open(10, 0)).toEqual([]);
  await lab.end();
});

interface RuleText {
  readonly name: string;
  readonly passwordSync?: boolean;
}

/** A shipped rule without the flag. */
function withoutFlag(file: string, name: string): RuleText {
  const path = new URL(`../../src/rules/standard/${file}.yaml`, import.meta.url);
  const { rules } = parse(readFileSync(path, 'utf8')) as { readonly rules: readonly RuleText[] };
  const rule = rules.find((one) => one.name === name);
  if (rule?.passwordSync !== true) throw new Error(`the shipped rule ${name} has no flag`);
  return { ...rule, passwordSync: false };
}

const PILOTS = {
  name: 'Passwords of pilots',
  direction: 'inbound',
  connector: 'source',
  from: 'user',
  to: 'person',
  link: 'join',
  precedence: 50,
  passwordSync: true,
  scope: [[{ attribute: 'department', operator: 'EQUAL', value: 'Pilot' }]],
  flows: {},
};

describe('rules of our own', () => {
  async function begin(...rules: readonly object[]): Promise<PasswordLab> {
    const folder = await makeTemporaryFolder('dirbridge-passwords-');
    const file = join(folder, 'rules.yaml');
    writeFileSync(file, stringify({ rules }));
    const lab = await PasswordLab.begin({ rules: loadRuleSet(['standard', file]) });
    await removeTemporaryFolder(folder);
    lab.hire('ann', 'Sommer-ann', { department: 'Pilot' });
    lab.hire('bob', 'Sommer-bob');
    await lab.syncBoth();
    return lab;
  }

  test('choose by a rule that only has the flag', async () => {
    const lab = await begin(withoutFlag('inbound-person', 'In from AD - User AccountEnabled'), PILOTS);
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    expect(lab.signIn('bob', 'Sommer-bob')).toBe('no-password');
    lab.edit('bob', { department: 'Pilot' });
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.signIn('bob', 'Sommer-bob')).toBe('welcome');
    await lab.end();
  });

  test('send none where the outbound rule lost the flag, and all when it has it again', async () => {
    const lab = await begin(withoutFlag('outbound-user', 'Out to AAD - User Join'));
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('no-password');
    expect(await lab.state('ann')).toBe('excluded rules');
    lab.lab.context = { ...lab.lab.context, rules: loadRuleSet(['standard']) };
    expect(await lab.syncBoth()).toMatchObject({ sent: 2 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    await lab.end();
  });
});
