import { escapeRdnValue, splitDn } from '../../../model/dn.ts';
import { EvaluationError, type Item, toCount, toReference, toText } from '../values.ts';
import type { ScalarFunction } from './definition.ts';

/** The value of a relative name as written: rules look for `\0ACNF:`, so escapes stay. */
function writtenValue(rdn: string): string {
  return rdn.slice(rdn.indexOf('=') + 1).trim();
}

function component(name: string, item: Item, number: Item, choose: (dn: string) => readonly string[]): Item {
  const reference = toReference(item, name);
  const wanted = toCount(number, name);
  if (reference === null || wanted === null) return null;
  const rdn = choose(reference.dn)[wanted - 1];
  return rdn === undefined ? null : writtenValue(rdn);
}

function dnComponentRev(item: Item = null, number: Item = null, option: Item = null): Item {
  if (option !== null && option !== 'DC') throw new EvaluationError('DNComponentRev knows the option DC only.');
  return component('DNComponentRev', item, number, (dn) => {
    const names = splitDn(dn).toReversed();
    return option === null ? names : names.filter((rdn) => !/^\s*dc\s*=/i.test(rdn));
  });
}

export const DIRECTORY_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'DNComponent',
    group: 'Directory',
    form: 'scalar',
    parameters: [
      { name: 'reference', types: ['reference'] },
      { name: 'number', types: ['number'] },
    ],
    gives: { types: ['text'] },
    meaning:
      'The value of the relative name of that number, from the left; its escapes stay. Absent when there is none.',
    example: 'DNComponent(CRef("cn=Joe,ou=Sales"), 2)',
    result: '"Sales"',
    apply: (item = null, number = null) => component('DNComponent', item, number, splitDn),
  },
  {
    name: 'DNComponentRev',
    group: 'Directory',
    form: 'scalar',
    parameters: [
      { name: 'reference', types: ['reference'] },
      { name: 'number', types: ['number'] },
      { name: 'option', types: ['text'], optional: true, choices: ['DC'] },
    ],
    gives: { types: ['text'] },
    meaning: 'As DNComponent, from the right; with DC the domain components do not count.',
    example: 'DNComponentRev(CRef("cn=Joe,ou=Atlanta,ou=GA,ou=US, dc=contoso,dc=com"), 1, "DC")',
    result: '"US"',
    apply: dnComponentRev,
  },
  {
    name: 'EscapeDNComponent',
    group: 'Directory',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text so that it may stand in a distinguished name.',
    example: 'EscapeDNComponent("Doe, Jane")',
    result: '"Doe\\\\, Jane"',
    apply: (item = null) => {
      const text = toText(item, 'EscapeDNComponent');
      if (text === null) return null;
      const equals = text.indexOf('=');
      const isTyped = equals > 0 && /^[A-Za-z][A-Za-z0-9-]*$/.test(text.slice(0, equals));
      return isTyped ? text.slice(0, equals + 1) + escapeRdnValue(text.slice(equals + 1)) : escapeRdnValue(text);
    },
  },
];
