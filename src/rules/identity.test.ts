import { describe, expect, test } from 'vitest';
import type { Value } from '../model/value.ts';
import { type Identity, STANDARD_IDENTITY } from './identity.ts';
import { type CompiledRule, loadRuleSet, type RuleSet } from './rule-set.ts';
import { createRuleSource } from './rule-source.ts';

const STANDARD = loadRuleSet(['standard']);

function rulesWith(identity: Partial<Identity>): RuleSet {
  return loadRuleSet(['standard'], { ...STANDARD_IDENTITY, ...identity });
}

function ruleOf(set: RuleSet, name: string): CompiledRule {
  return set.all.find((rule) => rule.name === name) ?? expect.fail(`there is no rule ${name}`);
}

/** The joins of a rule in short: `space=metaverse`, with `!` where case counts. */
function joinsOf(set: RuleSet, name: string): readonly string[] {
  return ruleOf(set, name).joins.map((group) =>
    group.map((one) => `${one.spaceAttribute}=${one.metaverseAttribute}${one.caseSensitive ? '!' : ''}`).join(' and '),
  );
}

function anchorOf(set: RuleSet, attributes: Readonly<Record<string, Value>>): Value | null {
  const flow = ruleOf(set, 'In from AD - User Common').flows.find((one) => one.target === 'sourceAnchor');
  const result = flow?.evaluate(createRuleSource({ attributes }));
  return result?.kind === 'value' ? result.value : null;
}

function signInNames(set: RuleSet, attributes: Readonly<Record<string, Value>>): readonly (readonly [string, Value])[] {
  const source = createRuleSource({ parameters: { 'Domain.FQDN': 'corp.example.com' }, attributes });
  return set.inbound('source', 'user').flatMap((rule) =>
    rule.flows
      .filter((flow) => flow.target === 'userPrincipalName' && rule.isInScope(source))
      .flatMap((flow) => {
        const result = flow.evaluate(source);
        return result.kind === 'value' ? [[rule.name, result.value] as const] : [];
      }),
  );
}

describe('what accounts are one person', () => {
  const ANCHOR = ['mS-DS-ConsistencyGuid=sourceAnchorBinary', 'objectGUID=sourceAnchorBinary'];

  test.each<[string, Identity['join'], readonly string[]]>([
    ['nothing but the anchor', 'none', []],
    ['the mail address', 'mail', ['mail=mail']],
    [
      'the account name or mail nickname',
      'samAccountName',
      ['sAMAccountName=accountName', 'mailNickname=accountName', 'sAMAccountName=mailNickname'],
    ],
    [
      'one of the five pairs of SIDs, in the order of Connect',
      'sid',
      [
        'objectSid=objectSid',
        'msExchMasterAccountSid=objectSid',
        'objectSid=msExchMasterAccountSid',
        'msRTCSIP-OriginatorSid=objectSid',
        'objectSid=msRTCSIP-OriginatorSid',
      ],
    ],
    ['an attribute of our own', { attribute: 'employeeID' }, ['employeeID=joinValue']],
  ])('is decided by %s', (_what, join, groups) => {
    const set = rulesWith({ join });
    for (const name of ['In from AD - User Join', 'In from AD - InetOrgPerson Join'])
      expect(joinsOf(set, name)).toEqual([...ANCHOR, ...groups]);
    for (const group of set.all.flatMap((rule) => (rule.name.endsWith('Person Join') ? rule.joins : []))) {
      for (const { metaverseAttribute } of group)
        expect(set.all.some((rule) => rule.flows.some((flow) => flow.target === metaverseAttribute))).toBe(true);
    }
  });

  test('is part of what the rules are known by: another answer, another hash', () => {
    const hashes = (['none', 'mail', 'sid', 'samAccountName', { attribute: 'employeeID' }] as const).map(
      (join) => rulesWith({ join }).hash,
    );
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes[0]).toBe(STANDARD.hash);
  });

  test('can be read in the text of the rule', () => {
    const { description } = ruleOf(rulesWith({ join: 'mail' }), 'In from AD - User Join');
    expect(description).toContain('identity.join');
    expect(ruleOf(STANDARD, 'In from AD - User Join').description).not.toContain('identity');
  });

  test('changes nothing for groups, contacts and the tenant', () => {
    const set = rulesWith({ join: 'sid', sourceAnchor: { attribute: 'employeeID' } });
    const others = (of: RuleSet) =>
      of.all.filter((rule) => !['user', 'inetOrgPerson'].includes(rule.sourceType) || rule.connector === 'tenant');
    expect(others(set).map((rule) => rule.description)).toEqual(others(STANDARD).map((rule) => rule.description));
  });
});

describe('the source anchor', () => {
  const GUID = new Uint8Array(16).fill(1);
  const CONSISTENCY = new Uint8Array(16).fill(2);
  const employee = rulesWith({ sourceAnchor: { attribute: 'employeeID' } });

  test('is the objectGUID alone when that is chosen, and the join follows', () => {
    const set = rulesWith({ sourceAnchor: 'objectGUID' });
    const account = { objectGUID: GUID, 'mS-DS-ConsistencyGuid': CONSISTENCY };
    expect(anchorOf(set, account)).toBe(Buffer.from(GUID).toString('base64'));
    expect(anchorOf(STANDARD, account)).toBe(Buffer.from(CONSISTENCY).toString('base64'));
    expect(joinsOf(set, 'In from AD - User Join')).toEqual(['objectGUID=sourceAnchorBinary']);
  });

  test('is a text as it is, a number in digits, bytes in base64, and by its case', () => {
    expect(anchorOf(employee, { employeeID: 'E-4711.b' })).toBe('E-4711.b');
    expect(anchorOf(employee, { employeeID: 4711n })).toBe('4711');
    expect(anchorOf(employee, { employeeID: GUID })).toBe(Buffer.from(GUID).toString('base64'));
    expect(joinsOf(employee, 'In from AD - User Join')).toEqual(['employeeID=sourceAnchorBinary!']);
  });

  test('is missing where the attribute is, and never that of a linked mailbox', () => {
    expect(anchorOf(employee, { objectGUID: GUID })).toBeNull();
    expect(anchorOf(employee, { employeeID: ' ' })).toBeNull();
    expect(anchorOf(employee, { employeeID: '1', msExchRecipientTypeDetails: 2n })).toBeNull();
  });

  test('of 59 characters is taken, one of 60 is refused', () => {
    expect(anchorOf(employee, { employeeID: 'x'.repeat(59) })).toBe('x'.repeat(59));
    expect(() => anchorOf(employee, { employeeID: 'x'.repeat(60) })).toThrow('60 characters or more');
    expect(() => anchorOf(employee, { employeeID: new Uint8Array(48) })).toThrow('60 characters or more');
  });

  test.each([...`\\!#$%&*+/=?^{}|~<>()';:,[]"@_`])('that holds %s is refused', (char) => {
    for (const text of [`a${char}b`, `${char}ab`, `ab${char}`])
      expect(() => anchorOf(employee, { employeeID: text })).toThrow('holds a character that must not be in one');
  });
});

describe('an alternate login ID', () => {
  const mail = rulesWith({ userPrincipalName: { attribute: 'mail' } });
  const account = { sAMAccountName: 'ann', userPrincipalName: 'ann@corp.local', userAccountControl: 512n };

  test('stands in for the user principal name', () => {
    const names = signInNames(mail, { ...account, mail: ' ann@contoso.com' });
    expect(names[0]).toEqual(['In from AD - User AccountEnabled', 'ann@contoso.com']);
  });

  test('may be that of the mail-enabled account of the person', () => {
    const names = signInNames(mail, {
      ...account,
      mail: 'ann@contoso.com',
      mailNickname: 'ann',
      userAccountControl: 514n,
    });
    expect(names[0]).toEqual(['In from AD - User Common from Exchange', 'ann@contoso.com']);
  });

  test('falls back to account name and domain, last of all', () => {
    const otherwise = [['In from AD - User Common', 'ann@corp.example.com']];
    expect(signInNames(mail, account)).toEqual(otherwise);
    expect(signInNames(mail, { ...account, mail: '  ' })).toEqual(otherwise);
  });
});
