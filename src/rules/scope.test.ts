import { describe, expect, test } from 'vitest';
import { createRuleSource } from './rule-source.ts';
import { compileScope, type ScopeOperator } from './scope.ts';

const source = createRuleSource({
  attributes: {
    department: 'Sales North',
    flag: true,
    count: 60n,
    digits: '60',
    control: 514n,
    many: ['smtp:a@x', 'SMTP:b@x'],
    connector: 'corp',
    empty: '',
  },
  references: { member: 2 },
  parameters: { 'Connector.ID': 'CORP' },
});

function holds(attribute: string, operator: ScopeOperator, value = ''): boolean {
  return compileScope([[{ attribute, operator, value }]])(source);
}

describe('a clause holds', () => {
  test.each<[string, ScopeOperator, string?]>([
    ['department', 'EQUAL', 'sales north'],
    ['flag', 'EQUAL', 'True'],
    ['flag', 'NOTEQUAL', 'false'],
    ['count', 'EQUAL', '060'],
    ['count', 'LESSTHAN', '250000'],
    ['digits', 'LESSTHAN', '250000'],
    ['count', 'LESSTHAN_OR_EQUAL', '60'],
    ['count', 'GREATERTHAN', '9'],
    ['count', 'GREATERTHAN_OR_EQUAL', '60'],
    ['department', 'GREATERTHAN', 'Marketing'],
    ['department', 'CONTAINS', 'NORTH'],
    ['department', 'NOTCONTAINS', 'south'],
    ['department', 'STARTSWITH', 'sales'],
    ['department', 'NOTSTARTSWITH', 'north'],
    ['department', 'ENDSWITH', 'North'],
    ['department', 'NOTENDSWITH', 'South'],
    ['department', 'ISNOTNULL'],
    ['absent', 'ISNULL'],
    ['empty', 'ISNULL'],
    ['member', 'ISNOTNULL'],
    ['department', 'ISIN', 'Marketing; Sales North'],
    ['department', 'ISNOTIN', 'Marketing;Sales'],
    ['control', 'ISBITSET', '2'],
    ['control', 'ISBITSET', '&H202'],
    ['control', 'ISBITNOTSET', '&H20'],
    ['many', 'CONTAINS', 'b@x'],
    ['connector', 'EQUAL', '%Connector.ID%'],
  ])('%s %s %s', (attribute, operator, value) => {
    expect(holds(attribute, operator, value)).toBe(true);
  });
});

describe('a clause does not hold', () => {
  test.each<[string, ScopeOperator, string?]>([
    ['department', 'EQUAL', 'sales'],
    ['count', 'LESSTHAN', '9'],
    ['control', 'ISBITSET', '3'],
    ['control', 'ISBITNOTSET', '2'],
    ['many', 'NOTCONTAINS', 'b@x'],
    ['absent', 'LESSTHAN', '5'],
    ['absent', 'EQUAL', ''],
    ['connector', 'EQUAL', '%Domain.FQDN%'],
    ['connector', 'CONTAINS', '%Domain.FQDN%'],
    ['connector', 'STARTSWITH', '%Nobody.Knows%'],
  ])('%s %s %s', (attribute, operator, value) => {
    expect(holds(attribute, operator, value)).toBe(false);
  });
});

test('"not" holds for an object without the attribute', () => {
  for (const operator of ['NOTEQUAL', 'NOTCONTAINS', 'NOTSTARTSWITH', 'NOTENDSWITH', 'ISNOTIN'] as const) {
    expect(holds('absent', operator, 'x')).toBe(true);
  }
  expect(holds('absent', 'ISBITNOTSET', '2')).toBe(true);
});

test('one group is enough, in a group all clauses must hold, no group means always', () => {
  const yes = { attribute: 'flag', operator: 'EQUAL', value: 'true' } as const;
  const no = { attribute: 'flag', operator: 'EQUAL', value: 'false' } as const;
  expect(compileScope([[yes, no], [yes]])(source)).toBe(true);
  expect(compileScope([[yes, no]])(source)).toBe(false);
  expect(compileScope([])(source)).toBe(true);
});
