import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeRdnValue, isNormalButForCase, normalizeDn, rdnValue, splitDn, splitFirstRdn } from './dn.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(' ', ',', '=', '\\', '"', '+', ';', '#', '<', '>', 'a', 'B', 'ß', 'İ', 'Σ'),
    maxLength: 8,
  }),
);
const anyType = fc.constantFrom('CN', 'ou', 'DC', 'OU ', ' cn');
const written = fc
  .array(fc.tuple(anyType, anyName, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([type, name, escaped]) => `${type}=${escaped ? escapeRdnValue(name) : name}`).join(','));

describe('a DN', () => {
  it('is split at its first comma that stands for itself', () => {
    fc.assert(
      fc.property(fc.array(anyName, { minLength: 2, maxLength: 4 }), (names) => {
        const rdns = names.map((name) => `CN=${escapeRdnValue(name)}`);
        expect(splitFirstRdn(rdns.join(','))).toEqual({ rdn: rdns[0], parent: rdns.slice(1).join(',') });
      }),
    );
  });

  it('gives the value of a name back as it was, whatever had to be escaped', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(rdnValue(`CN=${escapeRdnValue(name)}`)).toBe(name);
      }),
    );
  });

  it('of which only the case can differ is in its normal form but for that', () => {
    fc.assert(
      fc.property(written, (dn) => {
        fc.pre(isNormalButForCase(dn));
        expect(normalizeDn(dn)).toBe(dn.toLowerCase());
      }),
      { numRuns: 2000 },
    );
    expect(isNormalButForCase('CN=Jane Doe,OU=People,DC=corp,DC=example,DC=com')).toBe(true);
  });

  it.each([
    ['CN=Doe\\, Jane,DC=x', 'cn=doe\\2C jane,dc=x'],
    ['CN="Doe, Jane",DC=x', 'CN=Doe\\, Jane,DC=x'],
    ['CN=Jane , DC = x', 'cn=jane,dc=x'],
    ['CN=J\\C3\\A4ne,DC=x', 'CN=Jäne,DC=x'],
  ])('%s is the same as %s', (one, other) => {
    expect(normalizeDn(one)).toBe(normalizeDn(other));
    expect(splitDn(one)).toHaveLength(2);
  });
});
