import { ENTRA_SCHEMA } from '../../src/connectors/entra/schema.ts';
import { CONNECT_FLOWS, CONNECT_RULES } from '../../src/migration/connect-rules.ts';
import { TARGET_TYPES, type TargetType } from '../../src/model/change.ts';
import { isReferenceAttribute } from '../../src/rules/reference-attributes.ts';
import { type CompiledFlow, type CompiledRule, loadRuleSet, type RuleSet } from '../../src/rules/rule-set.ts';

const HEAD = `# Attributes

What the shipped rules synchronize: for each attribute of the tenant the attributes of the directory it comes from, its name in
the metaverse, the rules on the way (by precedence; the list is below), and whether Microsoft Graph has a place for it. An attribute without a source has
none in the shipped rules: it flows as soon as a rule of yours fills it in the metaverse. Written by \`npm run docs\` from the rules.
`;

const INTRODUCTIONS: Readonly<Record<TargetType, string>> = {
  user: 'From accounts (user, inetOrgPerson).',
  group: 'From groups. Graph creates security groups without mail only.',
  contact:
    'From contacts. Graph cannot create contacts: each is a finding, `target-cannot-carry-object`. The rules are worked out all the same, and `explain` shows them.',
  device:
    'From computers that have a userCertificate. Applications cannot create devices over Graph: each is a finding, `target-cannot-carry-object`.',
};

/** The classes of the directory whose objects become objects of a type of the tenant. */
const CLASSES: Readonly<Record<TargetType, readonly string[]>> = {
  user: ['user', 'inetOrgPerson'],
  group: ['group'],
  contact: ['contact'],
  device: ['computer'],
};

/** The whole page, as it belongs into docs/reference/attributes.md. */
export function attributesPage(): string {
  const rules = loadRuleSet(['standard']);
  const parts = [HEAD, ...TARGET_TYPES.map((type) => describeType(rules, type)), describeMetaverse(rules)];
  return [...parts, describeRules(rules), describeConnectRules(), describeConnectFlows()].join('\n');
}

function describeType(rules: RuleSet, type: TargetType): string {
  const outbound = rules.all.filter((rule) => rule.direction === 'outbound' && rule.targetType === type);
  const targets = [...new Set(outbound.flatMap((rule) => rule.flows.map((flow) => flow.target)))].sort(byName);
  const inbound = CLASSES[type].flatMap((one) => rules.inbound('source', one));
  const rows = targets.map((target) => {
    const ways = flowsTo(outbound, target);
    const between = sourcesOf(ways);
    const sources = between.flatMap((attribute) => flowsTo(inbound, attribute));
    const numbers = [...sources, ...ways].map(({ rule }) => rule.precedence).sort((a, b) => a - b);
    return [code([target]), code(between), describeSources(sources), list(numbers), describePlace(type, target)];
  });
  const table = makeTable(['in the tenant', 'metaverse', 'directory', 'rules', 'Microsoft Graph'], rows);
  return `## ${type.charAt(0).toUpperCase()}${type.slice(1)}\n\n${INTRODUCTIONS[type]}\n\n${table}`;
}

interface Way {
  readonly rule: CompiledRule;
  readonly flow: CompiledFlow;
}

function flowsTo(rules: readonly CompiledRule[], target: string): readonly Way[] {
  return rules.flatMap((rule) => rule.flows.filter((flow) => flow.target === target).map((flow) => ({ rule, flow })));
}

function sourcesOf(ways: readonly Way[]): readonly string[] {
  return [...new Set(ways.flatMap(({ flow }) => flow.sources))];
}

/** Attributes, and in words what comes from none. */
function describeSources(ways: readonly Way[]): string {
  const parameters = ways.flatMap(({ flow }) => [...flow.text.matchAll(/%[^%]+%/g)].map(([name]) => name));
  const constants = ways.filter(({ flow }) => flow.kind === 'constant').map(({ flow }) => `always ${flow.text}`);
  return [code([...sourcesOf(ways), ...new Set(parameters)]), ...new Set(constants)]
    .filter((part) => part !== '')
    .join(', ');
}

function describePlace(type: TargetType, target: string): string {
  if (!ENTRA_SCHEMA.types.includes(type)) return 'no';
  const places = [...ENTRA_SCHEMA.attributes, ...ENTRA_SCHEMA.references];
  const place = places.find((one) => one.name === target && one.types.includes(type));
  if (place !== undefined) {
    const isReadOnly = 'readOnly' in place && place.readOnly === true;
    return `\`${place.native}\`${isReadOnly ? ', cannot be written' : ''}`;
  }
  const isTold = !isReferenceAttribute(target) && ENTRA_SCHEMA.lossOf?.(type, target) === 'told';
  return isTold ? 'no, a finding says so' : 'no';
}

/** Attributes of the metaverse that no shipped rule hands on: for joins, for scopes, and for rules of one's own. */
function describeMetaverse(rules: RuleSet): string {
  const outbound = rules.all.filter((rule) => rule.direction === 'outbound');
  const handedOn = new Set(outbound.flatMap((rule) => rule.flows.flatMap((flow) => flow.sources)));
  const inbound = rules.all.filter((rule) => rule.direction === 'inbound');
  const types = [...new Set(inbound.map((rule) => rule.targetType))].filter((type) => type !== '*').sort(byName);
  const rows = types.flatMap((type) => {
    const ofType = inbound.filter((rule) => rule.targetType === type);
    const targets = [...new Set(ofType.flatMap((rule) => rule.flows.map((flow) => flow.target)))].sort(byName);
    return targets
      .filter((target) => !handedOn.has(target))
      .map((target) => {
        const ways = flowsTo(ofType, target);
        return [type, code([target]), describeSources(ways), list(ways.map(({ rule }) => rule.precedence))];
      });
  });
  const table = makeTable(['type', 'metaverse', 'directory', 'rules'], rows);
  return `## In the metaverse only\n\nNo shipped rule hands these on; joins, scopes and rules of yours may use them.\n\n${table}`;
}

function describeRules(rules: RuleSet): string {
  const rows = rules.all.map((rule) => [String(rule.precedence), rule.name, rule.description]);
  return `## The rules\n\n${makeTable(['precedence', 'rule', 'what it does'], rows)}`;
}

function describeConnectRules(): string {
  const rows = [...CONNECT_RULES].map(([name, fate]) => {
    if (fate.fate === 'folded') return [name, `its flows are in ${fate.into.join(', ')}`];
    return [name, fate.fate === 'left out' ? `left out: ${fate.because}` : 'taken over'];
  });
  const table = makeTable(['rule of Entra Connect', 'here'], rows);
  return `## What became of Entra Connect's rules\n\nThe 62 rules of server build 1.1.130, with the later changes that are known. The services share most attributes, so each attribute flows once,\nin the first rule that Connect has it in.\n\n${table}`;
}

function describeConnectFlows(): string {
  const rows = CONNECT_FLOWS.map((flow) => [
    flow.rules.endsWith(' - ') ? `${flow.rules}...` : flow.rules,
    code([flow.attribute]),
    flow.because,
  ]);
  return `Single flows that go another way:\n\n${makeTable(['rule', 'attribute', 'because it'], rows)}`;
}

function makeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function list(numbers: readonly number[]): string {
  return [...new Set(numbers)].join(', ');
}

function byName(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
