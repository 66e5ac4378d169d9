import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/lab/temporary-folder.ts';
import {
  container,
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  ROOT_DN,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { Value } from '../model/value.ts';
import { STANDARD_IDENTITY } from '../rules/identity.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { explainObject } from './explain.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/attribute-filters/', import.meta.url));
const ACCOUNTS = `OU=Accounts,${ROOT_DN}`;
const SERVICE = `OU=Service,${ACCOUNTS}`;
const KEPT = `OU=Kept,${SERVICE}`;

let folder: string;
beforeAll(async () => {
  folder = await makeTemporaryFolder('dirbridge-out-of-scope-');
});
afterAll(() => removeTemporaryFolder(folder));

async function labWith(options: MemoryLabOptions = {}): Promise<MemoryLab> {
  const lab = await createMemoryLab(options);
  lab.source.put(container('accounts', 'Accounts'));
  lab.source.put(container('service', 'Service', guid('accounts')));
  lab.source.put(container('kept', 'Kept', guid('service')));
  return lab;
}

async function verdictOf(lab: MemoryLab, name: string): Promise<string> {
  const [found, ...others] = await explainObject(lab.context, name);
  expect(others).toEqual([]);
  return found?.verdict ?? expect.fail(`${name} is not found`);
}

function rulesWith(text: string): MemoryLabOptions {
  const file = join(folder, 'own.yaml');
  writeFileSync(file, text);
  return { rules: loadRuleSet(['standard', file]) };
}

describe('containers of a scope', () => {
  test('nest: the nearest one that is named decides, and explain names it', async () => {
    const lab = await labWith({ scope: { include: [ACCOUNTS, KEPT], exclude: [SERVICE], groups: [] } });
    lab.source.put(user('ann', {}, { parent: guid('accounts') }));
    lab.source.put(user('bot', {}, { parent: guid('service') }));
    lab.source.put(user('kit', {}, { parent: guid('kept') }));
    lab.source.put(user('far'));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user kit']);
    expect(await verdictOf(lab, 'bot@contoso.com')).toBe(
      `Not synchronized: scope.exclude of the source leaves out ${SERVICE}.`,
    );
    expect(await verdictOf(lab, 'far@contoso.com')).toBe(
      `Not synchronized: it lies below none of the containers of scope.include: "${ACCOUNTS}", "${KEPT}".`,
    );
    // Moved out, it is deleted in the tenant, for the same reason.
    lab.source.edit(guid('ann'), { place: { parent: guid('service'), rdn: 'CN=ann' } });
    await lab.plan();
    expect(await verdictOf(lab, `CN=ann,${SERVICE}`)).toContain(`scope.exclude of the source leaves out ${SERVICE}`);
  });
});

describe('a group of a scope', () => {
  test('leaves out who is no direct member of it', async () => {
    const pilot = `CN=pilot,OU=People,${ROOT_DN}`;
    const lab = await labWith({ scope: { include: [], exclude: [], groups: [pilot] } });
    lab.source.put(user('ann'));
    lab.source.put(user('bob'));
    lab.source.put(group('pilot', ['ann']));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann']);
    expect(await verdictOf(lab, 'bob@contoso.com')).toBe(
      `Not synchronized: it is no direct member of any group of scope.groups: "${pilot}".`,
    );
  });
});

describe('a filter by attributes', () => {
  const people: Readonly<Record<string, Record<string, Value>>> = {
    ann: { employeeType: 'Intern', extensionAttribute15: 'Cloud' },
    bob: { sAMAccountName: 'svc-backup' },
    eve: { extensionAttribute15: 'cloud' },
    kim: {},
  };

  async function filtered(file: string): Promise<MemoryLab> {
    const lab = await labWith({ rules: loadRuleSet(['standard', join(EXAMPLES, file)]) });
    for (const [name, attributes] of Object.entries(people)) lab.source.put(user(name, attributes));
    await lab.sync();
    return lab;
  }

  test('leaves out whom it names (examples/attribute-filters/everybody-but.yaml)', async () => {
    const lab = await filtered('everybody-but.yaml');
    expect(Object.keys(lab.tenant())).toEqual(['user eve', 'user kim']);
    const rule = 'rule "In from AD - User out - interns and service accounts" filters it out (cloudFiltered)';
    expect(await verdictOf(lab, 'ann@contoso.com')).toBe(`Not synchronized: ${rule}: employeeType EQUAL Intern.`);
    expect(await verdictOf(lab, 'bob@contoso.com')).toBe(`Not synchronized: ${rule}: sAMAccountName STARTSWITH svc-.`);
    lab.source.edit(guid('ann'), { attributes: { employeeType: 'Employee' } });
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user eve', 'user kim']);
  });

  test('lets in only whom it names (examples/attribute-filters/only-those.yaml)', async () => {
    const lab = await filtered('only-those.yaml');
    expect(Object.keys(lab.tenant())).toEqual(['user ann', 'user eve']);
    expect(await verdictOf(lab, 'kim@contoso.com')).toBe(
      'Not synchronized: rule "In from AD - User out - all others" filters it out (cloudFiltered): it is for all objects of that type.',
    );
  });
});

describe('what the shipped rules leave out', () => {
  test.each<[string, Record<string, Value>, string]>([
    ['MSOL_1234', { sAMAccountName: 'MSOL_1234' }, 'Left([sAMAccountName], 5) = "MSOL_"'],
    ['a system mailbox', { mailNickname: 'SystemMailbox{1}' }, 'Left([mailNickname], 14) = "SystemMailbox{"'],
    ['an arbitration mailbox', { msExchRecipientTypeDetails: 0x800000n }, 'BitAnd([msExchRecipientTypeDetails]'],
    [
      'a critical object',
      { isCriticalSystemObject: true },
      'isCriticalSystemObject NOTEQUAL true (isCriticalSystemObject is true: it belongs to the system itself)',
    ],
    [
      'an account written back',
      { adminDescription: 'User_123' },
      'adminDescription NOTSTARTSWITH User_ (adminDescription is User_123: it was written back from the cloud)',
    ],
  ])('is told with the clause: %s', async (_what, attributes, clause) => {
    const lab = await labWith();
    lab.source.put(user('odd', attributes));
    await lab.sync();
    expect(lab.tenant()).toEqual({});
    const verdict = await verdictOf(lab, 'odd@contoso.com');
    expect(verdict).toContain(clause);
    expect(verdict).toContain('"In from AD - User Join"');
  });

  test('names the group that is neither for security nor for mail by what the rule wants', async () => {
    const lab = await labWith();
    lab.source.put(group('plain', [], { groupType: 2n }));
    await lab.sync();
    expect(await verdictOf(lab, 'plain')).toContain('securityEnabled EQUAL true (securityEnabled is false)');
  });
});

describe('an object without an anchor', () => {
  test('is told to have none', async () => {
    const lab = await labWith();
    lab.source.put(user('box', { msExchRecipientTypeDetails: 2n, mailNickname: 'box', userAccountControl: 514n }));
    await lab.sync();
    expect(await verdictOf(lab, 'box@contoso.com')).toContain('it has no source anchor');
  });
});

describe('a rule that is switched off', () => {
  test('is named to whom it would have brought in', async () => {
    const lab = await labWith(rulesWith('disable:\n  - In from AD - User Join\n'));
    lab.source.put(user('ann'));
    await lab.sync();
    expect(lab.tenant()).toEqual({});
    expect(await verdictOf(lab, 'ann@contoso.com')).toBe(
      'Not synchronized: no rule brings objects of type user in any more: the rule files switch off "In from AD - User Join".',
    );
  });

  test('is told when it is one that makes objects in the tenant', async () => {
    const lab = await labWith(rulesWith('disable:\n  - Out to AAD - User Join\n'));
    lab.source.put(user('ann'));
    await lab.sync();
    expect(lab.tenant()).toEqual({});
    expect(await verdictOf(lab, 'ann@contoso.com')).toContain('"Out to AAD - User Join"');
  });
});

describe('what is in the scope and yet not in the tenant', () => {
  test('is told with what stands in its way: a value, an anchor, a rule', async () => {
    const lab = await labWith({
      rules: loadRuleSet(['standard'], { ...STANDARD_IDENTITY, sourceAnchor: { attribute: 'employeeID' } }),
    });
    lab.target.seed('user', { displayName: 'bob', userPrincipalName: 'bob@contoso.com', sourceAnchor: 'AAAA' });
    lab.source.put(user('ann', { employeeID: '1' }));
    await lab.sync();
    lab.source.put(user('bob', { employeeID: '2' }));
    lab.source.put(user('cyn', { employeeID: '1' }));
    lab.source.put(user('dan', { employeeID: 'd@n' }));
    await lab.sync();
    expect(await verdictOf(lab, `CN=bob,OU=People,${ROOT_DN}`)).toBe(
      'Not synchronized: the rules want it in the tenant, but: match-other-anchor (userPrincipalName): bob@contoso.com in the tenant has the same user principal name as bob@contoso.com, but carries the source anchor AAAA of another object. So bob@contoso.com is neither linked to it nor created beside it.',
    );
    expect(await verdictOf(lab, 'cyn@contoso.com')).toBe(
      'Not synchronized: join-conflict (sourceAnchor): cyn@contoso.com has the same source anchor as ann@contoso.com, which is in the same source. Only one of the two can be in the tenant; ann@contoso.com was first, so cyn@contoso.com is not synchronized.',
    );
    expect(await verdictOf(lab, 'dan@contoso.com')).toContain(
      'Not synchronized: rule-error (sourceAnchor): The rule "In from AD - User AccountEnabled" cannot work out sourceAnchor: ',
    );
  });

  test('is a stand-in of a SID that no synchronized account has', async () => {
    const lab = await labWith();
    const place = { parent: guid('people'), rdn: 'CN=S-1-5-11' };
    lab.source.put({
      anchor: guid('everyone'),
      type: 'foreignSecurityPrincipal',
      place,
      attributes: { cn: 'S-1-5-11' },
    });
    await lab.sync();
    expect(await verdictOf(lab, 'S-1-5-11')).toBe(
      'Not synchronized: it only stands for another object, and none that is synchronized is it: "In from AD - ForeignSecurityPrincipal Join User" looks for objectSidString S-1-5-11.',
    );
  });

  test('is a linked mailbox whose account has gone, though its user was there', async () => {
    const rules = loadRuleSet(['standard'], { ...STANDARD_IDENTITY, join: 'mail' });
    const lab = await labWith({ rules });
    const resources = createDirectory('resources');
    lab.context = {
      ...lab.context,
      sources: [...lab.context.sources, { connector: resources, scope: WHOLE_DIRECTORY }],
    };
    const mail = 'box@contoso.com';
    lab.source.put(user('ann', { mail }));
    lab.source.put(user('bob'));
    resources.put(user('box', { mail, mailNickname: 'box', msExchRecipientTypeDetails: 2n, userAccountControl: 514n }));
    await lab.sync();
    lab.source.remove(guid('ann'));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user bob']);
    expect(await verdictOf(lab, `CN=box,OU=People,${ROOT_DN}`)).toContain('it has no source anchor');
  });
});
