import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flowAttributes } from '../engine/flow.ts';
import type { SourceType } from '../model/change.ts';
import type { Value } from '../model/value.ts';
import { compileExpression } from '../rules/expression/compile.ts';
import { toFlowResult } from '../rules/expression/evaluate.ts';
import { parseSyntax } from '../rules/expression/parse.ts';
import { isReferenceAttribute } from '../rules/reference-attributes.ts';
import { type CompiledRule, type FlowResult, loadRuleSet, type RuleSource } from '../rules/rule-set.ts';
import { createRuleSource } from '../rules/rule-source.ts';
import { compileScope, type ScopeOperator } from '../rules/scope.ts';
import { CONNECT_FLOWS } from './connect-rules.ts';

/** The rules of Connect as they were exported. Not a part of this repository. */
const EXPORTED = join(import.meta.dirname, '../../../shared/reference/data/oob-rules.json');
const BESIDE_A_WORKTREE = join(import.meta.dirname, '../../../../shared/reference/data/oob-rules.json');
const FILE = [EXPORTED, BESIDE_A_WORKTREE].find((path) => existsSync(path));

interface ExportedRule {
  readonly name: string;
  readonly precedence: number;
  readonly direction: 'Inbound' | 'Outbound';
  readonly connectorName: string;
  readonly sourceObjectType: string;
  readonly targetObjectType: string;
  readonly linkType: string;
  readonly scopeFilter: readonly (readonly {
    readonly attribute: string;
    readonly operator: ScopeOperator;
    readonly value?: string;
  }[])[];
  readonly attributeFlowMappings: readonly {
    readonly destination: string;
    readonly flowType: 'Direct' | 'Expression' | 'Constant';
    readonly source: readonly string[];
    readonly expression?: string;
  }[];
}
type ExportedFlow = ExportedRule['attributeFlowMappings'][number];
type Values = Readonly<Record<string, Value>>;
/** Values of attributes, numbers of references. What no rule may see is not there. */
interface Thing {
  readonly attributes: Values;
  readonly references: Readonly<Record<string, number>>;
}
/** By attribute: the values, `error`, or from where how many references come. */
type Outcome = ReadonlyMap<string, { readonly gives: string; readonly rule: string }>;

const PARAMETERS = {
  'Domain.FQDN': 'corp.contoso.com',
  'Domain.Netbios': 'CORP',
  'Forest.FQDN': 'contoso.com',
  'Forest.Netbios': 'CONTOSO',
  'Connector.ID': 'corp',
};

function sourceOf({ attributes, references }: Thing): RuleSource {
  const source = createRuleSource({ attributes, parameters: PARAMETERS });
  return { ...source, countReferences: (name) => references[name] ?? 0 };
}

function spell(value: Value): string {
  const one = (scalar: unknown): string =>
    scalar instanceof Uint8Array ? Buffer.from(scalar).toString('base64') : String(scalar);
  // Connect has True and False as texts where a constant is meant.
  return [value]
    .flat()
    .map(one)
    .join('|')
    .replace(/^(True|False)$/, (flag) => flag.toLowerCase());
}

function evaluateExported({ destination, flowType, source, expression }: ExportedFlow, from: RuleSource): FlowResult {
  const [name = ''] = source;
  if (flowType === 'Expression')
    return toFlowResult(compileExpression(parseSyntax(expression ?? ''), destination)(from));
  const value = flowType === 'Constant' ? name : from.get(name);
  return value === undefined ? { kind: 'null' } : { kind: 'value', value };
}

/** What Connect's own rules give, by the one thing that is ours here: the evaluator. */
function flowExported(rules: readonly ExportedRule[], source: RuleSource): Outcome {
  const outcome = new Map<string, { gives: string; rule: string }>();
  for (const rule of rules) {
    for (const flow of rule.attributeFlowMappings) {
      const { destination, flowType } = flow;
      if (outcome.has(destination)) continue;
      const [name = ''] = flow.source;
      if (flowType === 'Direct' && isReferenceAttribute(destination)) {
        const count = source.countReferences(name);
        if (count === 0) continue;
        outcome.set(destination, { gives: `${count} from ${name}`, rule: rule.name });
        continue;
      }
      try {
        const result = evaluateExported(flow, source);
        if (result.kind !== 'value' || spell(result.value) === '') continue;
        outcome.set(destination, { gives: spell(result.value), rule: rule.name });
      } catch {
        outcome.set(destination, { gives: 'error', rule: rule.name });
      }
    }
  }
  return outcome;
}

function flowOurs(rules: readonly CompiledRule[], source: RuleSource): { outcome: Outcome; thing: Thing } {
  const outcome = new Map<string, { gives: string; rule: string }>();
  const references: Record<string, number> = {};
  const flowed = flowAttributes(
    rules.map((rule) => ({ rule, source, from: null })),
    {},
    true,
    ({ rule, flow, verdict }) => {
      if (verdict === 'error') outcome.set(flow.target, { gives: 'error', rule: rule.name });
    },
  );
  for (const [target, value] of Object.entries(flowed.attributes))
    outcome.set(target, { gives: spell(value), rule: flowed.origins.get(target)?.rule.name ?? '' });
  for (const [target, [first]] of flowed.references) {
    const name = first?.flow.sources[0] ?? '';
    references[target] = source.countReferences(name);
    outcome.set(target, { gives: `${references[target]} from ${name}`, rule: first?.rule.name ?? '' });
  }
  return { outcome, thing: { attributes: flowed.attributes, references } };
}

const guid = Uint8Array.from({ length: 16 }, (_none, at) => at + 1);
const sid = new Uint8Array([1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 80, 4, 0, 0]);
const bare = { objectGUID: guid, objectSid: sid, cn: 'Jane Doe', sAMAccountName: 'jane', dn: 'CN=Jane Doe,DC=corp' };
const security = (bits: bigint): Values => ({ ...bare, groupType: bits - 0x8000_0000n });

/** Attributes that are no texts, or whose text says something. */
const TYPED: Values = {
  ...bare,
  userAccountControl: 512n,
  pwdLastSet: 133_000_000_000_000_000n,
  msExchRecipientTypeDetails: 1n,
  countryCode: 276n,
  groupType: -2_147_483_640n,
  mail: ' jane@contoso.com ',
  userPrincipalName: 'jane@contoso.com',
  proxyAddresses: ['SMTP:jane@contoso.com', ' smtp:j@contoso.com', 'smtp:j@contoso.com'],
  description: [` ${'d'.repeat(500)} `, 'two'],
  url: [' http://a ', 'http://b'],
  userCertificate: [new Uint8Array([1, 2])],
  thumbnailPhoto: new Uint8Array([9]),
  msExchHideFromAddressLists: false,
  msExchArchiveGUID: guid,
};
const LEFT_OUT = ['mS-DS-ConsistencyGuid', 'msExchMasterAccountSid', 'isCriticalSystemObject', 'adminDescription'];

const PEOPLE: readonly (readonly [string, Values])[] = [
  ['nothing but names', { ...bare, userAccountControl: 512n }],
  ['a disabled account', { ...bare, userAccountControl: 514n, displayName: 'Jane', givenName: '  ' }],
  ['another anchor', { ...bare, userAccountControl: 512n, 'mS-DS-ConsistencyGuid': new Uint8Array(16).fill(9) }],
  ['no name to sign in with', { objectGUID: guid, cn: 'x', userAccountControl: 512n, dn: 'CN=x' }],
  ['a password of no time', { ...bare, userAccountControl: 512n, pwdLastSet: -1n }],
  ['a linked mailbox', { ...TYPED, mailNickname: 'j', userAccountControl: 514n, msExchRecipientTypeDetails: 2n }],
  ['an arbitration mailbox', { ...TYPED, msExchRecipientTypeDetails: 8_388_608n }],
  ['a remote mailbox', { ...TYPED, mailNickname: 'j', msExchRecipientTypeDetails: 2_147_483_648n }],
  ['a system mailbox', { ...TYPED, mailNickname: 'SystemMailbox{1}' }],
  ['an account of Connect', { ...TYPED, sAMAccountName: 'MSOL_1' }],
  ['a mailbox of client access', { ...TYPED, mailNickname: 'CAS_{1}' }],
  ['a conflict object', { ...TYPED, dn: 'CN=Jane\\0ACNF:1,DC=corp' }],
  ['a critical object', { ...TYPED, isCriticalSystemObject: true }],
  ['an object of the cloud', { ...TYPED, adminDescription: 'User_1' }],
];

const OBJECTS: Readonly<Record<string, readonly (readonly [string, Values, number?])[]>> = {
  user: PEOPLE,
  inetOrgPerson: PEOPLE,
  contact: [
    ['nothing but a name', bare],
    ['an address', { ...bare, mail: 'c@x', targetAddress: 'SMTP:c@x' }],
    ['a primary address', { ...bare, proxyAddresses: ['smtp:b@x', 'SMTP:c@x'] }],
    ['no primary address', { ...bare, proxyAddresses: ['smtp:b@x'], mail: 'none' }],
    ['a stand-in of Connect', { ...bare, mail: 'c@x', displayName: 'c (MSOL)', msExchHideFromAddressLists: true }],
    ['a critical object', { ...bare, mail: 'c@x', isCriticalSystemObject: true }],
  ],
  group: [
    ...[2n, 4n, 8n].flatMap((bits): readonly (readonly [string, Values, number])[] => [
      [`security of scope ${bits}`, security(bits), 3],
      [`security with mail of scope ${bits}`, { ...security(bits), mail: 'g@x', mailNickname: 'g' }, 3],
      [`distribution of scope ${bits}`, { ...bare, groupType: bits }, 3],
      [`distribution with mail of scope ${bits}`, { ...bare, groupType: bits, proxyAddresses: ['SMTP:g@x'] }, 3],
    ]),
    ['too many members', security(2n), 250_001],
    ['one of the coexistence', { ...security(2n), sAMAccountName: 'MSOL_AD_Sync_RichCoexistence' }],
    ['a mailbox of a kind that stays', { ...security(2n), msExchRecipientTypeDetails: 0x4000_0000n }],
    ['a conflict object', { ...security(2n), dn: 'CN=g\\0ACNF:1,DC=corp' }],
    ['an object of the cloud', { ...security(2n), adminDescription: 'Group_1' }],
  ],
  foreignSecurityPrincipal: [['a SID', { cn: 'S-1-5-21-1', objectSid: sid, dn: 'CN=S-1-5-21-1' }]],
  computer: [
    ['a certificate', { ...bare, userAccountControl: 4096n, userCertificate: [guid], operatingSystem: 'Windows 11' }],
    ['a disabled one', { ...bare, userAccountControl: 4098n, userCertificate: [guid], displayName: 'PC' }],
  ],
};

if (FILE === undefined)
  test('oob-rules.json is not here: what the 62 rules give is not compared', () => {
    expect(loadRuleSet(['standard']).all.length).toBeGreaterThan(30);
  });
else describe('on the same object our rules give what the rules of Connect give', () => compareValues(FILE));

function compareValues(file: string): void {
  const exported = JSON.parse(readFileSync(file, 'utf8')) as readonly ExportedRule[];
  const ordered = exported.toSorted((a, b) => a.precedence - b.precedence);
  const inbound = (type: string) =>
    ordered.filter(
      (rule) => rule.direction === 'Inbound' && rule.sourceObjectType === type && rule.connectorName.endsWith('(AD)'),
    );
  const set = loadRuleSet(['standard']);
  const isInScope = (rule: ExportedRule, source: RuleSource): boolean =>
    compileScope(rule.scopeFilter.map((group) => group.map((one) => ({ ...one, value: one.value ?? '' }))))(source);

  /** An object that has every attribute that a rule of Connect reads. */
  function everything(type: string): Thing {
    const names = inbound(type)
      .flatMap((rule) => rule.attributeFlowMappings)
      .flatMap(({ flowType, source }) => (flowType === 'Constant' ? [] : source))
      .filter((name) => !LEFT_OUT.includes(name));
    const attributes = { dn: bare.dn, ...Object.fromEntries(names.map((name) => [name, TYPED[name] ?? ` ${name} `])) };
    return { attributes, references: Object.fromEntries(names.filter(isReferenceAttribute).map((name) => [name, 2])) };
  }

  const cases = Object.entries(OBJECTS).flatMap(([type, objects]) => [
    [type, 'every attribute', everything(type)] as const,
    ...objects.map(
      ([what, attributes, members = 0]) => [type, what, { attributes, references: { member: members } }] as const,
    ),
  ]);

  test.each(cases)('%s with %s', (type, _what, thing) => {
    const source = sourceOf(thing);
    const theirRules = inbound(type).filter((rule) => isInScope(rule, source));
    const ourRules = set.inbound('source', type as SourceType).filter((rule) => rule.isInScope(source));
    expect(ourRules.map(({ name }) => name)).toEqual(theirRules.map(({ name }) => name));
    const [theirs, ours] = [flowExported(theirRules, source), flowOurs(ourRules, source)];
    expect(unexplained(theirs, ours.outcome, inbound(type))).toEqual([]);
    if (type === 'foreignSecurityPrincipal') return;
    compareOutbound(type === 'group' ? 'group' : type === 'computer' ? 'device' : 'person', ours.thing);
  });

  /** Both on the metaverse that our rules make: what differs in it was compared before. */
  function compareOutbound(type: string, thing: Thing): void {
    const source = sourceOf(thing);
    const all = ordered.filter(
      (rule) => rule.direction === 'Outbound' && rule.sourceObjectType === type && !rule.connectorName.endsWith('(AD)'),
    );
    const theirRules = all.filter((rule) => isInScope(rule, source));
    const ourRules = set.outbound(type).filter((rule) => rule.isInScope(source));
    for (const target of ['user', 'contact', 'group', 'device']) {
      const theirsOf = theirRules.filter((rule) => rule.targetObjectType === target);
      const oursOf = ourRules.filter((rule) => rule.targetType === target);
      const isMade = theirsOf.some((rule) => rule.linkType === 'Provision');
      expect({ target, isMade: oursOf.some((rule) => rule.link === 'provision') }).toEqual({ target, isMade });
      if (!isMade) continue;
      const [theirs, ours] = [flowExported(theirsOf, source), flowOurs(oursOf, source)];
      const rules = all.filter((rule) => rule.targetObjectType === target);
      expect(unexplained(theirs, ours.outcome, rules)).toEqual([]);
    }
  }

  /** Differences in what some rule of Connect gives; what our rules give besides is no difference. */
  function unexplained(theirs: Outcome, ours: Outcome, rules: readonly ExportedRule[]): readonly string[] {
    const names = new Set(rules.flatMap((rule) => rule.attributeFlowMappings.map((flow) => flow.destination)));
    return [...names].flatMap((attribute) => {
      const [their, our] = [theirs.get(attribute), ours.get(attribute)];
      if (their?.gives === our?.gives) return [];
      const isTold = CONNECT_FLOWS.some(
        (one) => one.attribute === attribute && [their, our].some((side) => side?.rule.startsWith(one.rules)),
      );
      return isTold
        ? []
        : [`${attribute}: ${their?.gives ?? 'nothing'} (${their?.rule}), here ${our?.gives} (${our?.rule})`];
    });
  }
}
