import { escapeRdnValue } from '../../../model/dn.ts';

/** A line of LDIF: text that may hold anything goes in base64 (RFC 2849). */
function line(name: string, value: string): string {
  return `${name}:: ${Buffer.from(value, 'utf8').toString('base64')}`;
}

export type EditedValues = Readonly<Record<string, string | readonly string[]>>;

/** LDIF change records, for tests that change a directory the way administrators do. */
export function addRecord(dn: string, attributes: EditedValues): string {
  const values = Object.entries(attributes).flatMap(([name, value]) => [value].flat().map((one) => line(name, one)));
  return [line('dn', dn), 'changetype: add', ...values, '', ''].join('\n');
}

/** `values`: what the attributes are to hold from now on; an empty list clears. */
export function replaceRecord(dn: string, values: EditedValues): string {
  const parts = Object.entries(values).flatMap(([name, value]) => [
    `replace: ${name}`,
    ...[value].flat().map((one) => line(name, one)),
    '-',
  ]);
  return [line('dn', dn), 'changetype: modify', ...parts, '', ''].join('\n');
}

export function membersRecord(dn: string, add: readonly string[], remove: readonly string[]): string {
  const part = (verb: string, dns: readonly string[]): readonly string[] =>
    dns.length === 0 ? [] : [`${verb}: member`, ...dns.map((one) => line('member', one)), '-'];
  return [line('dn', dn), 'changetype: modify', ...part('add', add), ...part('delete', remove), '', ''].join('\n');
}

export function renameRecord(dn: string, rdn: string, newParent?: string): string {
  const parent = newParent === undefined ? [] : [line('newsuperior', newParent)];
  return [line('dn', dn), 'changetype: modrdn', line('newrdn', rdn), 'deleteoldrdn: 1', ...parent, '', ''].join('\n');
}

export function deleteRecord(dn: string): string {
  return [line('dn', dn), 'changetype: delete', '', ''].join('\n');
}

/** The DN of an object of that name in a container. */
export function childDn(name: string, parent: string, type: 'CN' | 'OU' = 'CN'): string {
  return `${type}=${escapeRdnValue(name)},${parent}`;
}
