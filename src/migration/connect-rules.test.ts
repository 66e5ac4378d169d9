import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findReference } from '../../test/migration/find-reference.ts';
import { isReferenceAttribute } from '../rules/reference-attributes.ts';
import { type CompiledRule, loadRuleSet } from '../rules/rule-set.ts';
import { CONNECT_FLOWS, CONNECT_RULES, type RuleFate } from './connect-rules.ts';

/** The rules of Connect as they were exported. Not a part of this repository. */
const FILE = findReference('data/oob-rules.json');

interface ExportedFlow {
  readonly destination: string;
  readonly flowType: 'Direct' | 'Expression' | 'Constant';
  readonly source: readonly string[];
}

interface ExportedRule {
  readonly name: string;
  readonly precedence: number;
  readonly direction: 'Inbound' | 'Outbound';
  readonly sourceObjectType: string;
  readonly targetObjectType: string;
  readonly linkType: string;
  readonly attributeFlowMappings: readonly ExportedFlow[];
}

const set = loadRuleSet(['standard']);
const byName = new Map(set.all.map((rule) => [rule.name, rule]));

describe('the account of the rules of Entra Connect', () => {
  test('tells of all 62', () => {
    expect(CONNECT_RULES.size).toBe(62);
  });

  test('names only rules that are there, and those that were folded are not', () => {
    for (const [name, fate] of CONNECT_RULES) {
      expect({ name, isThere: byName.has(name) }).toEqual({ name, isThere: fate.fate === 'taken over' });
      if (fate.fate === 'folded') for (const into of fate.into) expect(byName.has(into)).toBe(true);
    }
  });

  test('tells of no single flow that is there after all', () => {
    for (const flow of CONNECT_FLOWS) {
      const rules = set.all.filter((rule) => rule.name.startsWith(flow.rules));
      const flows = rules.flatMap((rule) => rule.flows.filter((one) => one.target === flow.attribute));
      expect({ flow, isThere: flows.length > 0 }).toEqual({ flow, isThere: flow.isThere === true });
    }
  });
});

if (FILE === null)
  test('oob-rules.json is not here: the flows of the 62 rules are not compared', () => {
    expect(CONNECT_RULES.size).toBe(62);
  });
else describe('the rules that Connect exports', () => compareExported(FILE));

function compareExported(file: string): void {
  const exported = JSON.parse(readFileSync(file, 'utf8')) as readonly ExportedRule[];
  const ordered = [...exported].sort((a, b) => a.precedence - b.precedence);

  test('are all in the account, in their order', () => {
    expect(ordered.map((rule) => rule.name)).toEqual([...CONNECT_RULES.keys()]);
  });

  test.each(ordered.map((rule) => [rule.name, rule] as const))('%s: every flow is accounted for', (name, rule) => {
    const fate = CONNECT_RULES.get(name);
    expect(fate).toBeDefined();
    if (fate === undefined || fate.fate === 'left out') return;
    const lost = rule.attributeFlowMappings.filter((flow) => !isAccountedFor(rule, flow, fate));
    expect(lost.map((flow) => `${flow.destination} from ${flow.source.join()}`)).toEqual([]);
  });

  test('that were taken over have the types, the link and the number that they have there', () => {
    for (const rule of ordered) {
      const ours = byName.get(rule.name);
      if (ours === undefined) continue;
      expect(ours).toMatchObject({
        direction: rule.direction.toLowerCase(),
        precedence: rule.precedence,
        sourceType: rule.sourceObjectType,
        targetType: rule.targetObjectType,
        link: rule.linkType.toLowerCase(),
      });
    }
  });

  function isAccountedFor(rule: ExportedRule, flow: ExportedFlow, fate: RuleFate): boolean {
    const told = CONNECT_FLOWS.some((one) => rule.name.startsWith(one.rules) && one.attribute === flow.destination);
    return told || peersOf(rule, fate).some((ours) => gives(ours, flow));
  }

  /** The rule itself, those it was folded into, and those of the same types that come before it: there a shared attribute flows. */
  function peersOf(rule: ExportedRule, fate: RuleFate): readonly CompiledRule[] {
    if (fate.fate === 'folded') return fate.into.flatMap((name) => byName.get(name) ?? []);
    return set.all.filter(
      (ours) =>
        ours.direction === rule.direction.toLowerCase() &&
        ours.sourceType === rule.sourceObjectType &&
        ours.targetType === rule.targetObjectType &&
        ours.precedence <= rule.precedence,
    );
  }

  /** A direct flow must come from the same attribute; what an expression gives, the tests of the shipped rules tell. */
  function gives(ours: CompiledRule, { destination, flowType, source }: ExportedFlow): boolean {
    const flow = ours.flows.find((one) => one.target === destination);
    if (flow === undefined) return false;
    if (isReferenceAttribute(destination) && flow.kind === 'direct') return flow.sources.join() === source.join();
    return flowType !== 'Direct' || flow.sources.includes(source[0] ?? '');
  }
}
