import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  ROOT_DN,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import type { MemoryEntry } from '../connectors/memory/directory.ts';
import type { Value } from '../model/value.ts';
import { type Identity, STANDARD_IDENTITY } from '../rules/identity.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { explainObject } from './explain.ts';
import { readSample } from './sample-object.ts';
import { traceInStore } from './try-rules.ts';

interface Forests extends MemoryLab {
  readonly accounts: MemoryConnector;
  readonly resources: MemoryConnector;
}

/** A forest with the accounts, another one with the mailboxes, and what makes two accounts one person. */
async function forests(identity: Partial<Identity>): Promise<Forests> {
  const lab = await createMemoryLab({ rules: loadRuleSet(['standard'], { ...STANDARD_IDENTITY, ...identity }) });
  const resources = createDirectory('resources');
  lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: resources, scope: WHOLE_DIRECTORY }] };
  return Object.assign(lab, { accounts: lab.source, resources });
}

/** What is wrong; what the target cannot carry is told for information. */
async function problems(lab: MemoryLab): Promise<readonly unknown[]> {
  return (await lab.findings()).filter(({ severity }) => severity !== 'info');
}

const SID = new Uint8Array([1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 80, 4, 0, 0]);
const SID_TEXT = 'S-1-5-21-1-2-3-1104';
const OTHER_SID = new Uint8Array([...SID.slice(0, 24), 81, 4, 0, 0]);

/** A linked mailbox: a disabled account that carries the SID of the account whose mailbox it is. */
function mailbox(name: string, attributes: Readonly<Record<string, Value>> = {}): MemoryEntry {
  return user(name, {
    displayName: 'Ann of the mailboxes',
    mailNickname: 'ann.doe',
    mail: 'ann.doe@contoso.com',
    userAccountControl: 514n,
    objectSid: OTHER_SID,
    msExchMasterAccountSid: SID,
    msExchRecipientTypeDetails: 2n,
    ...attributes,
  });
}

const ANN = user('ann', { objectSid: SID, displayName: 'Ann of the accounts', title: 'Analyst' });

/** A foreign security principal with the SID of the account, and a group it is a member of. */
function standIn(): readonly MemoryEntry[] {
  const place = { parent: guid('people'), rdn: `CN=${SID_TEXT}` };
  return [
    { anchor: guid('stand-in'), type: 'foreignSecurityPrincipal', place, attributes: { cn: SID_TEXT } },
    { ...group('staff'), references: { member: [guid('stand-in')] } },
  ];
}

async function expectComplete(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan())).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe('an account and its linked mailbox', () => {
  test.each(['account', 'mailbox'])('are one user, whichever comes first: the %s', async (first) => {
    const lab = await forests({ join: 'sid' });
    const put = {
      account: () => lab.accounts.put(ANN),
      mailbox: () => lab.resources.put(mailbox('ann.mailbox')),
    };
    put[first === 'account' ? 'account' : 'mailbox']();
    await lab.sync();
    put[first === 'account' ? 'mailbox' : 'account']();
    await lab.sync();
    const { objectGUID } = ANN.attributes ?? {};
    expect(lab.tenant()).toEqual({
      'user Ann of the mailboxes': expect.objectContaining({
        sourceAnchor: Buffer.from(objectGUID as Uint8Array).toString('base64'),
        userPrincipalName: 'ann@contoso.com',
        accountEnabled: true,
        title: 'Analyst',
        alias: 'ann.doe',
        mail: 'ann.doe@contoso.com',
      }),
    });
    expect(await lab.findings('anchor-missing')).toEqual([]);
    await expectComplete(lab);
  });

  test('are both behind the stand-in of the account in the forest of the mailbox', async () => {
    const lab = await forests({ join: 'sid' });
    for (const entry of standIn()) lab.resources.put(entry);
    lab.accounts.put(ANN);
    lab.resources.put(mailbox('ann.mailbox'));
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['Ann of the mailboxes'] });
    expect(await problems(lab)).toEqual([]);
    await expectComplete(lab);
    lab.resources.edit(guid('staff'), { references: { member: { add: [guid('ann.mailbox')] } } });
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['Ann of the mailboxes'] });
    await expectComplete(lab);
    lab.resources.edit(guid('staff'), { references: { member: { remove: [guid('stand-in')] } } });
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['Ann of the mailboxes'] });
    await expectComplete(lab);
  });

  test('are behind a stand-in too that came when there was only the mailbox', async () => {
    const lab = await forests({ join: 'sid' });
    for (const entry of standIn()) lab.resources.put(entry);
    lab.resources.put(mailbox('ann.mailbox', { msExchRecipientTypeDetails: 1n }));
    await lab.sync();
    expect(lab.tenant()['group staff']).not.toHaveProperty('member');
    lab.accounts.put(ANN);
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['Ann of the mailboxes'] });
    await expectComplete(lab);
  });

  test('leave nobody who may sign in: without the account the user is deleted, and restored with it', async () => {
    const lab = await forests({ join: 'sid' });
    lab.accounts.put(ANN);
    lab.accounts.put(user('bob'));
    lab.resources.put(mailbox('ann.mailbox'));
    await lab.sync();
    lab.accounts.remove(guid('ann'));
    expect(await lab.operations(await lab.sync())).toEqual(['delete user ann']);
    expect(await problems(lab)).toEqual([]);
    // The tenant in memory shows its recycle bin to those only who read on from where they were.
    expect(await lab.operations(await lab.plan())).toEqual([]);
    lab.accounts.put(ANN);
    await lab.sync();
    expect(lab.target.written).toMatchObject({ create: 2, restore: 1 });
    expect(Object.keys(lab.tenant())).toEqual(['user Ann of the mailboxes', 'user bob']);
    await expectComplete(lab);
  });

  test('leave the account alone when the mailbox is deleted', async () => {
    const lab = await forests({ join: 'sid' });
    lab.accounts.put(ANN);
    lab.resources.put(mailbox('ann.mailbox'));
    lab.resources.put(user('bob'));
    await lab.sync();
    lab.resources.remove(guid('ann.mailbox'));
    expect(await lab.operations(await lab.sync())).toEqual([
      expect.stringContaining('displayName Ann of the accounts'),
    ]);
    expect(lab.tenant()['user Ann of the accounts']).not.toHaveProperty('mail');
    await expectComplete(lab);
  });
});

describe('a disabled account of the resource forest that is no linked mailbox', () => {
  test('is what is left when the enabled account goes: the user keeps its anchor, may not sign in, and it is told', async () => {
    const lab = await forests({ join: 'sid' });
    lab.accounts.put(ANN);
    lab.accounts.put(user('bob'));
    lab.resources.put(mailbox('ann.mailbox', { msExchRecipientTypeDetails: 1n }));
    await lab.sync();
    const before = lab.tenant()['user Ann of the mailboxes'];
    expect(before).toMatchObject({ accountEnabled: true, userPrincipalName: 'ann@contoso.com' });
    lab.accounts.remove(guid('ann'));
    await lab.sync();
    const after = lab.tenant()['user Ann of the mailboxes'];
    expect(after).toMatchObject({ accountEnabled: false, sourceAnchor: before?.['sourceAnchor'] });
    expect(after).not.toHaveProperty('title');
    expect(await lab.findings('anchor-changed')).toMatchObject([{ object: { name: 'ann.mailbox@contoso.com' } }]);
    await expectComplete(lab);
    lab.accounts.put(ANN);
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toEqual(before);
    expect(await problems(lab)).toEqual([]);
    await expectComplete(lab);
  });
});

describe('the account that decides', () => {
  const anchorOf = (name: string): string =>
    Buffer.from(user(name).attributes?.['objectGUID'] as Uint8Array).toString('base64');

  test('is another one once it is disabled and the other enabled: the user keeps its anchor and follows, and it is told', async () => {
    const lab = await forests({ join: 'mail' });
    const mail = 'ann.doe@contoso.com';
    lab.accounts.put(user('ann', { mail }));
    lab.resources.put(user('ann.there', { mail, userAccountControl: 514n }));
    await lab.sync();
    const before = lab.tenant()['user ann'];
    expect(before).toMatchObject({ userPrincipalName: 'ann@contoso.com', sourceAnchor: anchorOf('ann') });

    lab.accounts.edit(guid('ann'), { attributes: { userAccountControl: 514n } });
    lab.resources.edit(guid('ann.there'), { attributes: { userAccountControl: 512n } });
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({
      userPrincipalName: 'ann.there@contoso.com',
      accountEnabled: true,
      sourceAnchor: anchorOf('ann'),
    });
    expect(await lab.findings('anchor-changed')).toMatchObject([
      {
        object: { name: 'ann.there@contoso.com', space: 'resources' },
        otherObject: { name: 'ann@contoso.com' },
        value: anchorOf('ann.there'),
      },
    ]);
    await expectComplete(lab);

    lab.accounts.edit(guid('ann'), { attributes: { userAccountControl: 512n } });
    lab.resources.edit(guid('ann.there'), { attributes: { userAccountControl: 514n } });
    await lab.sync();
    expect(lab.tenant()['user ann']).toEqual(before);
    expect(await problems(lab)).toEqual([]);
  });

  test('may be disabled where the source read first has a disabled one too: the user may not sign in any more', async () => {
    const lab = await forests({ join: 'sid' });
    // The mailbox lies in the source that was read first.
    lab.accounts.put(mailbox('ann.mailbox', { msExchRecipientTypeDetails: 1n }));
    for (const entry of standIn()) lab.accounts.put(entry);
    lab.resources.put(ANN);
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toMatchObject({ accountEnabled: true });
    lab.resources.edit(guid('ann'), { attributes: { userAccountControl: 514n } });
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toMatchObject({
      accountEnabled: false,
      sourceAnchor: anchorOf('ann'),
    });
    expect(await lab.findings('anchor-changed')).toMatchObject([{ object: { name: 'ann.mailbox@contoso.com' } }]);
    // Whatever made it look at the person again: it is told of the account.
    lab.accounts.edit(guid('stand-in'), { attributes: { description: 'looked at' } });
    await lab.sync();
    expect(await lab.findings('anchor-changed')).toMatchObject([{ object: { name: 'ann.mailbox@contoso.com' } }]);
    await expectComplete(lab);
  });

  test('may come later than the mailbox that made the user', async () => {
    const lab = await forests({ join: 'sid' });
    lab.resources.put(mailbox('ann.mailbox', { msExchRecipientTypeDetails: 1n }));
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toMatchObject({ accountEnabled: false });
    lab.accounts.put(ANN);
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toMatchObject({
      accountEnabled: true,
      userPrincipalName: 'ann@contoso.com',
      sourceAnchor: anchorOf('ann.mailbox'),
    });
    await expectComplete(lab);
  });
});

describe('a linked mailbox whose account was made anew', () => {
  test('follows the new link, whenever that is set', async () => {
    const lab = await forests({ join: 'sid' });
    const NEW_SID = new Uint8Array([...SID.slice(0, 24), 82, 4, 0, 0]);
    lab.accounts.put(ANN);
    lab.accounts.put(user('bob'));
    lab.resources.put(mailbox('ann.mailbox'));
    await lab.sync();
    lab.accounts.remove(guid('ann'));
    lab.accounts.put(user('ann.new', { objectSid: NEW_SID }));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann.new', 'user bob']);
    lab.resources.edit(guid('ann.mailbox'), { attributes: { msExchMasterAccountSid: NEW_SID } });
    await lab.sync();
    expect(lab.tenant()['user Ann of the mailboxes']).toMatchObject({
      userPrincipalName: 'ann.new@contoso.com',
      mail: 'ann.doe@contoso.com',
    });
    await expectComplete(lab);
  });
});

describe('two accounts of one person', () => {
  const [here, there] = ['ann', 'ann.there'];

  test.each<[string, Identity['join'], Record<string, Value>, Record<string, Value>]>([
    ['the same mail address', 'mail', { mail: 'Ann@contoso.com' }, { mail: 'ann@contoso.com' }],
    ['the same account name', 'samAccountName', { sAMAccountName: 'adoe' }, { sAMAccountName: 'ADOE' }],
    [
      'an account name that is the mail nickname',
      'samAccountName',
      { mailNickname: 'adoe' },
      { sAMAccountName: 'adoe' },
    ],
    [
      'a mail nickname that is the account name',
      'samAccountName',
      { sAMAccountName: 'adoe' },
      { mailNickname: 'adoe' },
    ],
    ['the same SID', 'sid', { objectSid: SID }, { objectSid: SID }],
    ['the SID of the account at the mailbox', 'sid', { objectSid: SID }, { msExchMasterAccountSid: SID }],
    ['the SID of the mailbox owner at the account', 'sid', { msExchMasterAccountSid: SID }, { objectSid: SID }],
    ['the same attribute of our own', { attribute: 'employeeID' }, { employeeID: '47' }, { employeeID: '47' }],
    ['the same anchor', 'none', {}, { 'mS-DS-ConsistencyGuid': user('ann').attributes?.['objectGUID'] ?? '' }],
  ])('are known by %s', async (_what, join, one, other) => {
    const lab = await forests({ join });
    lab.accounts.put(user(here, one));
    lab.resources.put(user(there, { ...other, department: 'Sales' }));
    await lab.sync();
    expect(Object.values(lab.tenant())).toMatchObject([{ department: 'Sales' }]);
    await expectComplete(lab);
  });

  test('are two users as long as nothing joins them', async () => {
    const lab = await forests({});
    lab.accounts.put(user(here, { mail: 'ann@contoso.com' }));
    lab.resources.put(user(there, { mail: 'ann.there@contoso.com', objectSid: SID }));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user ann.there']);
    await expectComplete(lab);
  });

  test('with a value that two persons have are not joined to either of them: that is a finding', async () => {
    const lab = await forests({ join: { attribute: 'employeeID' } });
    lab.accounts.put(user('ann', { employeeID: '47' }));
    lab.accounts.put(user('bob', { employeeID: '47' }));
    await lab.sync();
    lab.resources.put(user(there, { employeeID: '47' }));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user bob']);
    expect(await lab.findings('join-ambiguous')).toMatchObject([
      {
        object: { name: 'ann.there@contoso.com' },
        attribute: 'employeeID',
        value: '47',
        cause: expect.stringMatching(
          /^The rule "In from AD - User Join" .* by its employeeID, and 2 objects fit: ann@contoso.com in \S+, bob@contoso.com in \S+\. /,
        ),
      },
    ]);
  });
});

describe('whoever comes after a person that has gone', () => {
  test.each<[string, Identity['join'], Record<string, Value>]>([
    ['mail address', 'mail', { mail: 'info@contoso.com' }],
    ['account name', 'samAccountName', { sAMAccountName: 'info' }],
    ['number', { attribute: 'employeeID' }, { employeeID: '47' }],
  ])('with the same %s is somebody else, also in the same run', async (_what, join, attributes) => {
    const lab = await forests({ join });
    lab.accounts.put(user('ann', attributes));
    lab.accounts.put(user('bob'));
    await lab.sync();
    lab.accounts.remove(guid('ann'));
    lab.accounts.put(user('eve', attributes));
    const done = await lab.operations(await lab.sync());
    expect(done.map((one) => one.split(':')[0])).toEqual(
      expect.arrayContaining(['delete user ann', 'create user eve']),
    );
    expect(await problems(lab)).toEqual([]);
    // Who went comes back to what was hers.
    lab.accounts.put(user('ann'));
    await lab.sync();
    expect(lab.target.written).toMatchObject({ create: 3, delete: 1, restore: 1 });
    await expectComplete(lab);
  });

  test('does not stand in the way of a mailbox that fits both', async () => {
    const lab = await forests({ join: 'mail' });
    const mail = 'info@contoso.com';
    lab.accounts.put(user('ann', { mail }));
    lab.accounts.put(user('eve', { mail }));
    lab.resources.put(user('box', { mail, userAccountControl: 514n, title: 'Of the box' }));
    await lab.sync();
    expect(await lab.findings('join-ambiguous')).toMatchObject([{ object: { name: 'box@contoso.com' } }]);
    lab.accounts.remove(guid('ann'));
    await lab.sync();
    expect(await lab.findings('join-ambiguous')).toEqual([]);
    expect(lab.tenant()).toEqual({ 'user eve': expect.objectContaining({ title: 'Of the box' }) });
    await expectComplete(lab);
  });
});

describe('a source anchor of our own', () => {
  test('moves with the person from forest to forest, and a changed one is a finding, not a new user', async () => {
    const lab = await forests({ sourceAnchor: { attribute: 'employeeID' } });
    lab.accounts.put(user('ann', { employeeID: 'E47' }));
    lab.accounts.put(user('bob', { employeeID: 'E48' }));
    lab.resources.put(user('eve', { employeeID: 'E49' }));
    await lab.sync();
    expect(lab.tenant()['user ann']).toMatchObject({ sourceAnchor: 'E47' });
    lab.accounts.remove(guid('ann'));
    lab.resources.put(
      user('ann.there', { employeeID: 'E47', displayName: 'ann', userPrincipalName: 'ann@contoso.com' }),
    );
    lab.accounts.edit(guid('bob'), { attributes: { employeeID: 'E50', title: 'Boss' } });
    expect(await lab.operations(await lab.sync())).toEqual([]);
    expect(await problems(lab)).toMatchObject([{ code: 'anchor-changed', object: { name: 'bob@contoso.com' } }]);
    expect(lab.target.written).toMatchObject({ create: 3, delete: 0 });
    await expectComplete(lab);
  });

  test('that is missing or not fit for one keeps a person out, and is told', async () => {
    const lab = await forests({ sourceAnchor: { attribute: 'employeeID' } });
    lab.accounts.put(user('ann'));
    lab.accounts.put(user('bob', { employeeID: 'bob@contoso.com' }));
    await lab.sync();
    expect(lab.tenant()).toEqual({});
    expect((await lab.findings()).map(({ code, object }) => `${code} ${object?.name}`).sort()).toEqual([
      'anchor-missing ann@contoso.com',
      'rule-error bob@contoso.com',
    ]);
  });
});

describe('an alternate login ID', () => {
  test('names users by their mail address, wherever the mailbox is', async () => {
    const lab = await forests({ join: 'sid', userPrincipalName: { attribute: 'mail' } });
    lab.accounts.put(user('ann', { objectSid: SID, userPrincipalName: 'ann@corp.local', displayName: 'ann' }));
    lab.resources.put(mailbox('ann.mailbox'));
    lab.accounts.put(user('bob', { userPrincipalName: 'bob@corp.local' }));
    await lab.sync();
    expect(Object.values(lab.tenant()).map((one) => one['userPrincipalName'])).toEqual([
      'ann.doe@contoso.com',
      'bob@contoso.com',
    ]);
    await expectComplete(lab);
  });
});

describe('another join criterion', () => {
  test('works everything out again by itself', async () => {
    const lab = await forests({});
    lab.accounts.put(user('ann'));
    await lab.sync();
    lab.context = { ...lab.context, rules: loadRuleSet(['standard'], { ...STANDARD_IDENTITY, join: 'mail' }) };
    lab.resources.put(user('other', { mail: 'x@contoso.com' }));
    const before = await lab.store.meta('rules');
    await lab.sync();
    expect(await lab.store.meta('rules')).not.toBe(before);
    await expectComplete(lab);
  });
});

test('rules tried on the second account of a person put it behind the first, as a sync does', async () => {
  const lab = await forests({ join: 'mail' });
  lab.accounts.put(user('ann', { mail: 'ann@contoso.com', title: 'First' }));
  lab.resources.put(user('ann.2', { mail: 'ann@contoso.com', title: 'Second' }));
  await lab.sync();
  const { rules } = lab.context;
  const sample = await readSample(lab.resources, {
    attributes: rules.attributesRead('source'),
    references: rules.referencesRead('source'),
    groups: [],
    dn: `CN=ann.2,OU=People,${ROOT_DN}`,
    now: lab.context.now(),
  });
  if (sample === null) expect.fail('ann.2 is not in the directory');
  const tried = await traceInStore(lab.context, { sample, sourceName: 'resources' });
  expect(tried.metaverse.find(({ attribute }) => attribute === 'title')).toMatchObject({ value: 'First' });
  const [explained] = await explainObject(lab.context, 'ann@contoso.com');
  expect(tried).toEqual(explained?.trace);
});
