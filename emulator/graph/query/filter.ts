import { isRecord } from '../../json-value.ts';
import { notEmulated, queryInvalid, queryUnsupported } from '../../refusals.ts';
import type { Directory } from '../../tenant/directory.ts';
import type { Entity, ObjectKind, Value } from '../../tenant/entity.ts';
import type { FilterUse, Property } from '../../tenant/rules/property.ts';
import { addressKey } from '../../tenant/unique-keys.ts';
import { PROPERTIES, propertyValue } from '../projection.ts';
import { type Comparison, type Filter, type Literal, parseFilter } from './filter-syntax.ts';

export interface CompiledFilter {
  readonly matches: (entity: Entity) => boolean;
  /** The only objects that can match, when an index tells; undefined: all of the kind. */
  readonly candidates: ((directory: Directory) => readonly Entity[]) | undefined;
}

/** Strings compare without case, except the anchor (resources/user) and, as assumed, the alternate key. */
const CASE_SENSITIVE: readonly string[] = ['onPremisesImmutableId', 'uniqueName'];

/** Reads, judges and compiles a $filter. `isAdvanced`: ConsistencyLevel eventual and $count=true were given. */
export function compileFilter(text: string, kind: ObjectKind, isAdvanced: boolean): CompiledFilter {
  const filter = parseFilter(text);
  return { matches: compile(filter, kind, isAdvanced), candidates: findCandidates(filter) };
}

function compile(filter: Filter, kind: ObjectKind, isAdvanced: boolean): (entity: Entity) => boolean {
  switch (filter.type) {
    case 'and': {
      const parts = filter.parts.map((part) => compile(part, kind, isAdvanced));
      return (entity) => parts.every((part) => part(entity));
    }
    case 'or': {
      checkClauses(filter.parts.length);
      const parts = filter.parts.map((part) => compile(part, kind, isAdvanced));
      return (entity) => parts.some((part) => part(entity));
    }
    case 'not': {
      if (!isAdvanced) throw needsAdvanced();
      const part = compile(filter.part, kind, isAdvanced);
      return (entity) => !part(entity);
    }
    case 'compare':
      return compileComparison(filter.path, filter.operator, filter.value, kind, isAdvanced);
    case 'in':
      return compileIn(filter.path, filter.values, kind);
    case 'startsWith':
      return compilePrefix(filter.path, filter.value, kind);
    case 'endsWith':
      return compileSuffix(filter.path, filter.value, kind, isAdvanced);
    case 'any':
      return compileAny(filter, kind);
  }
}

function needsAdvanced(): Error {
  return queryUnsupported(
    'Operator is not supported without the advanced query capabilities: send the ConsistencyLevel header and $count=true.',
  );
}

function useProperty(path: string, kind: ObjectKind, use: FilterUse): Property {
  const name = path.split('/')[0] ?? path;
  const table = PROPERTIES[kind];
  const property = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!property) {
    throw queryInvalid(`Could not find a property named '${name}' on type 'microsoft.graph.${kind}'.`);
  }
  if (property.isMissing) throw notEmulated(`filtering by '${name}'`);
  const part = path.includes('/') ? path.slice(name.length + 1) : undefined;
  const hasPart = part === undefined ? !property.parts : property.parts?.[part] !== undefined;
  if (!hasPart || !property.filter?.includes(use)) {
    throw queryUnsupported(
      `Unsupported or invalid query filter clause specified for property '${path}' of resource '${kind === 'user' ? 'User' : 'Group'}'.`,
    );
  }
  return property;
}

function read(entity: Entity, path: string): Value {
  const [name = path, part] = path.split('/');
  const value = propertyValue(entity, name);
  if (part === undefined) return value;
  return isRecord(value) ? ((value[part] as Value | undefined) ?? null) : null;
}

function fold(value: Literal | Value, path: string): Literal | Value {
  return typeof value === 'string' && !CASE_SENSITIVE.includes(path) ? value.toLowerCase() : value;
}

function compileComparison(
  path: string,
  operator: Comparison,
  value: Literal,
  kind: ObjectKind,
  isAdvanced: boolean,
): (entity: Entity) => boolean {
  if (operator === 'eq' || operator === 'ne') {
    const property = useProperty(path, kind, 'eq');
    checkLiteral(path, property, value);
    if ((operator === 'ne' || value === null) && !isAdvanced) throw needsAdvanced();
    const wanted = fold(value, path);
    return (entity) => (fold(read(entity, path), path) === wanted) === (operator === 'eq');
  }
  const property = useProperty(path, kind, 'order');
  checkLiteral(path, property, value);
  const wanted = Date.parse(String(value));
  return (entity) => {
    const found = read(entity, path);
    if (typeof found !== 'string') return false;
    const difference = Date.parse(found) - wanted;
    if (operator === 'ge') return difference >= 0;
    if (operator === 'le') return difference <= 0;
    return operator === 'gt' ? difference > 0 : difference < 0;
  };
}

function checkLiteral(path: string, property: Property, value: Literal): void {
  if (value === null) return;
  const expected = { 'Edm.Boolean': 'boolean', 'Edm.Int32': 'number' }[property.type as string] ?? 'string';
  if (typeof value !== expected) {
    throw queryInvalid(
      `A binary operator with incompatible types was detected for property '${path}' of type '${property.type}'.`,
    );
  }
}

/** Graph allows 15 alternatives in one filter over directory objects (documented for `in`, observed for `or`). */
const MOST_CLAUSES = 15;

function checkClauses(count: number): void {
  if (count <= MOST_CLAUSES) return;
  throw queryUnsupported(
    `Too many child clauses specified in search filter expression containing 'OR' operators: ${count}. Max allowed: ${MOST_CLAUSES}.`,
  );
}

function compileIn(path: string, values: readonly Literal[], kind: ObjectKind): (entity: Entity) => boolean {
  checkClauses(values.length);
  const property = useProperty(path, kind, 'eq');
  for (const value of values) checkLiteral(path, property, value);
  const wanted = new Set(values.map((value) => fold(value, path)));
  return (entity) => wanted.has(fold(read(entity, path), path));
}

function compilePrefix(path: string, value: string, kind: ObjectKind): (entity: Entity) => boolean {
  useProperty(path, kind, 'prefix');
  const prefix = value.toLowerCase();
  return (entity) => {
    const found = read(entity, path);
    return typeof found === 'string' && found.toLowerCase().startsWith(prefix);
  };
}

function compileSuffix(
  path: string,
  value: string,
  kind: ObjectKind,
  isAdvanced: boolean,
): (entity: Entity) => boolean {
  useProperty(path, kind, 'suffix');
  if (!isAdvanced) throw needsAdvanced();
  const suffix = value.toLowerCase();
  return (entity) => {
    const found = read(entity, path);
    return typeof found === 'string' && found.toLowerCase().endsWith(suffix);
  };
}

function compileAny(filter: Filter & { type: 'any' }, kind: ObjectKind): (entity: Entity) => boolean {
  useProperty(filter.path, kind, 'any');
  const { part, variable, path } = filter;
  const [name, value] =
    part.type === 'compare' && part.operator === 'eq'
      ? [part.path, part.value]
      : part.type === 'startsWith'
        ? [part.path, part.value]
        : [undefined, undefined];
  if (name !== variable || typeof value !== 'string') throw notEmulated('this lambda expression in a filter');
  const wanted = value.toLowerCase();
  const isPrefix = part.type === 'startsWith';
  return (entity) => {
    const found = read(entity, path);
    if (!Array.isArray(found)) return false;
    return found.some((item) => {
      const text = String(item).toLowerCase();
      return isPrefix ? text.startsWith(wanted) : text === wanted;
    });
  };
}

/** Filters that an index answers, so that a look-up in a big tenant costs what it finds. */
function findCandidates(filter: Filter): ((directory: Directory) => readonly Entity[]) | undefined {
  if (filter.type === 'and') {
    for (const part of filter.parts) {
      const candidates = findCandidates(part);
      if (candidates) return candidates;
    }
    return undefined;
  }
  if (filter.type === 'or') {
    const parts = filter.parts.map(findCandidates);
    if (parts.some((part) => !part)) return undefined;
    return (directory) => [...new Set(parts.flatMap((part) => part?.(directory) ?? []))];
  }
  if (filter.type === 'in') {
    const lookUps = filter.values.map((value) => lookUpBy(filter.path, value));
    if (lookUps.some((lookUp) => !lookUp)) return undefined;
    return (directory) => [...new Set(lookUps.flatMap((lookUp) => lookUp?.(directory) ?? []))];
  }
  if (filter.type === 'compare' && filter.operator === 'eq') return lookUpBy(filter.path, filter.value);
  if (filter.type === 'any' && filter.part.type === 'compare') return lookUpBy(filter.path, filter.part.value);
  return undefined;
}

function lookUpBy(path: string, value: Literal): ((directory: Directory) => readonly Entity[]) | undefined {
  if (typeof value !== 'string') return undefined;
  const one = (entity: Entity | undefined): readonly Entity[] => (entity ? [entity] : []);
  switch (path) {
    case 'id':
      return (directory) => one(directory.find(value));
    case 'userPrincipalName':
      return (directory) => one(directory.findUnique('userPrincipalName', value.toLowerCase()));
    case 'proxyAddresses':
      return (directory) => one(directory.findUnique('proxyAddresses', addressKey(value)));
    case 'onPremisesImmutableId':
    case 'uniqueName':
      return (directory) => one(directory.findUnique(path, value));
    default:
      return undefined;
  }
}
