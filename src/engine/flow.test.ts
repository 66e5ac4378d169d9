import { describe, expect, test } from 'vitest';
import type { Value } from '../model/value.ts';
import type { CompiledFlow, CompiledRule, FlowResult, RuleSource } from '../rules/rule-set.ts';
import { type Contribution, flowAttributes } from './flow.ts';

const EMPTY: RuleSource = {
  get: () => undefined,
  countReferences: () => 0,
  parameter: () => undefined,
  isMemberOf: () => false,
};

function value(given: Value): FlowResult {
  return { kind: 'value', value: given };
}

/** A flow to `title` that says this, from the rule of that name. */
function contribution(
  from: string,
  said: FlowResult,
  details: Partial<CompiledFlow> = {},
  source = EMPTY,
): Contribution<string> {
  const flow: CompiledFlow = {
    target: 'title',
    kind: 'expression',
    sources: ['title'],
    text: from,
    reference: false,
    merge: 'update',
    once: false,
    evaluate: () => said,
    ...details,
  };
  const rule: CompiledRule = {
    name: from,
    tag: null,
    description: '',
    file: '',
    direction: 'inbound',
    connector: 'source',
    sourceType: 'user',
    targetType: 'person',
    link: 'join',
    precedence: 1,
    enablePasswordSync: false,
    isInScope: () => true,
    scope: [],
    scopeGroups: [],
    scopeAttributes: [],
    readsContainers: false,
    joins: [],
    flows: [flow],
  };
  return { rule, source, from };
}

function flow(...contributions: readonly Contribution<string>[]): Value | undefined {
  return flowAttributes(contributions, { title: 'before' }, false).attributes['title'];
}

describe('of two sources of one person', () => {
  test('the first with a value wins, and is remembered as its origin', () => {
    const outcome = flowAttributes([contribution('a', value('A')), contribution('b', value('B'))], {}, true);
    expect(outcome.attributes).toEqual({ title: 'A' });
    expect(outcome.origins.get('title')?.from).toBe('a');
  });

  test('NULL hands on to the next', () => {
    expect(flow(contribution('a', { kind: 'null' }), contribution('b', value('B')))).toBe('B');
  });

  test('AuthoritativeNull ends the search', () => {
    expect(flow(contribution('a', { kind: 'authoritative-null' }), contribution('b', value('B')))).toBeUndefined();
  });

  test('IgnoreThisFlow leaves what is there, unless another has a value', () => {
    expect(flow(contribution('a', { kind: 'ignore' }))).toBe('before');
    expect(flow(contribution('a', { kind: 'ignore' }), contribution('b', value('B')))).toBe('B');
    expect(flow(contribution('a', { kind: 'ignore' }), contribution('b', { kind: 'null' }))).toBeUndefined();
  });

  test('merge puts the values of all together, each once', () => {
    const merge = { merge: 'merge' } as const;
    expect(flow(contribution('a', value(['x', 'y']), merge), contribution('b', value(['Y', 'x']), merge))).toEqual([
      'x',
      'y',
      'Y',
    ]);
    const folded = { merge: 'merge-case-insensitive' } as const;
    expect(flow(contribution('a', value(['x', 'y']), folded), contribution('b', value(['Y', 'z']), folded))).toEqual([
      'x',
      'y',
      'z',
    ]);
  });

  test('a flow of the beginning says nothing later', () => {
    const once = contribution('a', value('A'), { once: true });
    expect(flowAttributes([once], {}, true).attributes).toEqual({ title: 'A' });
    expect(flow(once)).toBe('before');
  });

  test('whoever has references gives them: the first, or all where they are merged', () => {
    const withReferences: RuleSource = { ...EMPTY, countReferences: () => 2 };
    const reference = { reference: true, target: 'member' } as const;
    const none = contribution('a', { kind: 'null' }, reference);
    const some = contribution('b', { kind: 'null' }, reference, withReferences);
    const more = contribution('c', { kind: 'null' }, reference, withReferences);
    const origins = (list: readonly Contribution<string>[]): unknown =>
      flowAttributes(list, {}, true)
        .references.get('member')
        ?.map((one) => one.from);
    expect(origins([none, some, more])).toEqual(['b']);
    const merged = { ...reference, merge: 'merge' } as const;
    expect(
      origins([
        contribution('b', { kind: 'null' }, merged, withReferences),
        contribution('c', { kind: 'null' }, merged, withReferences),
      ]),
    ).toEqual(['b', 'c']);
  });
});
