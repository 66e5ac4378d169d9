import { expect, test } from 'vitest';
import { attributesPage } from '../docs/pages/attributes-page.ts';
import { ENTRA_SCHEMA } from '../src/connectors/entra/schema.ts';
import { loadRuleSet } from '../src/rules/rule-set.ts';

test('the page names every attribute that a shipped rule reads or gives', () => {
  const named = new Set([...attributesPage().matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const flows = loadRuleSet(['standard']).all.flatMap((rule) => rule.flows);
  const missing = flows.flatMap((flow) => [flow.target, ...flow.sources]).filter((name) => !named.has(name));
  expect([...new Set(missing)]).toEqual([]);
});

test('the page says of each attribute whether Graph has a place for it', () => {
  const rows = attributesPage().split('\n');
  expect(rows).toContain('| `city` | `l` | `l` | 104, 105, 106, 107, 125 | `city` |');
  expect(rows).toContain('| `pager` | `pager` | `pager` | 104, 105, 106, 107, 125 | no, a finding says so |');
  expect(rows).toContain('| `member` | `memberCount`, `member` | `member` | 114, 139, 140 | `members` |');
  expect(ENTRA_SCHEMA.lossOf?.('user', 'pager')).toBe('told');
  expect(ENTRA_SCHEMA.lossOf?.('user', 'commonName')).toBe('known');
  expect(ENTRA_SCHEMA.lossOf?.('group', 'onPremisesSamAccountName')).toBeNull();
});
