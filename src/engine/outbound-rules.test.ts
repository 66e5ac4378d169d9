import { describe, expect, test } from 'vitest';
import { ENTRA_SCHEMA } from '../connectors/entra/schema.ts';
import { createSimpleSchema } from '../connectors/memory/simple-schema.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { OutboundRules } from './outbound-rules.ts';

const set = loadRuleSet(['standard']);

function targets(rules: OutboundRules, metaverseType: string, targetType: string): readonly string[] {
  const ofType = rules.outbound(metaverseType).filter((rule) => rule.targetType === targetType);
  return ofType.flatMap((rule) => rule.flows.map((flow) => flow.target));
}

describe('the outbound rules of a plan', () => {
  test('leave out what the target never has a place for, and references that it cannot write', () => {
    const user = targets(new OutboundRules(set, ENTRA_SCHEMA), 'person', 'user');
    expect(user).toEqual(expect.arrayContaining(['city', 'pager', 'manager', 'proxyAddresses', 'userPrincipalName']));
    for (const name of ['commonName', 'onPremiseSecurityIdentifier', 'assistant', 'publicDelegates'])
      expect(user).not.toContain(name);
  });

  test('leave out a loss once it was told, for its type alone, and a rule of which nothing is left', () => {
    const rules = new OutboundRules(set, ENTRA_SCHEMA);
    rules.told('group', 'hideDLMembership');
    rules.told('user', 'pager');
    expect(targets(rules, 'group', 'group')).not.toContain('hideDLMembership');
    expect(rules.outbound('group').map((rule) => rule.name)).not.toContain('Out to AAD - Group SharePointOnline');
    expect(targets(rules, 'person', 'user')).not.toContain('pager');
    expect(targets(rules, 'person', 'contact')).toContain('pager');
  });

  test('keep what is carried, also when one value of it was lost, and expressions, which may raise errors', () => {
    const rules = new OutboundRules(set, ENTRA_SCHEMA);
    for (const name of ['proxyAddresses', 'city', 'countryCode']) rules.told('user', name);
    rules.told('group', 'onPremisesSamAccountName');
    expect(targets(rules, 'person', 'user')).toEqual(expect.arrayContaining(['proxyAddresses', 'city', 'countryCode']));
    expect(targets(rules, 'group', 'group')).toContain('onPremisesSamAccountName');
    const member = rules.outbound('group').flatMap((rule) => rule.flows.filter((flow) => flow.target === 'member'));
    expect(member.map((flow) => flow.kind)).toEqual(['expression', 'direct']);
  });

  test('are all there for a target that does not say what it loses', () => {
    const user = targets(new OutboundRules(set, createSimpleSchema()), 'person', 'user');
    expect(user).toEqual(expect.arrayContaining(['commonName', 'pager']));
  });
});
