import { createHash } from 'node:crypto';
import type { RuleDefinition } from './rule-schema.ts';

/**
 * A short text that changes whenever a rule changes in what it does. Keys that say nothing are left out, so that a new kind of key in a
 * later version changes no fingerprint by being there.
 */
export function fingerprintOf(definition: RuleDefinition): string {
  const { name: _name, tag: _tag, description: _text, madeFor: _madeFor, ...meaning } = definition;
  const told = Object.entries(meaning)
    .filter(([, value]) => !saysNothing(value))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 12);
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === false) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
