import { SequenceLog } from './sequence-log.ts';

export const OBJECT_KINDS = ['user', 'group', 'servicePrincipal', 'orgContact', 'device', 'organization'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** A JSON value as Graph stores it; null means cleared, an absent property was never set. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Values = Readonly<Record<string, Value>>;

export const LINK_NAMES = ['members', 'owners', 'manager'] as const;
export type LinkName = (typeof LINK_NAMES)[number];

/** Properties changed by one write after the creation. */
export interface Patch {
  readonly seq: number;
  readonly names: readonly string[];
}

/** The links of one object under one name, with what is needed to tell their changes since a sequence number. */
export class LinkSet {
  readonly current = new Map<Entity, number>();
  readonly removed = new Map<Entity, number>();
  readonly log = new SequenceLog<Entity>(
    (target, seq) => this.current.get(target) === seq || this.removed.get(target) === seq,
  );

  add(target: Entity, seq: number): void {
    this.removed.delete(target);
    this.current.set(target, seq);
    this.log.append(target, seq);
  }

  remove(target: Entity, seq: number): void {
    this.current.delete(target);
    this.removed.set(target, seq);
    this.log.append(target, seq);
  }

  /** Takes the target out without leaving a trace for deltas, as the tenant does with an object that is gone. */
  forget(target: Entity): void {
    this.current.delete(target);
    this.removed.delete(target);
  }
}

/** One object of the directory. Only Directory.apply changes it. */
export interface Entity {
  readonly kind: ObjectKind;
  readonly id: string;
  /** Place in the listing of its kind. */
  readonly ordinal: number;
  readonly createdSeq: number;
  values: Record<string, Value>;
  status: 'live' | 'deleted' | 'purged';
  /** Milliseconds since 1970, while soft-deleted. */
  deletedAt: number | undefined;
  changedSeq: number;
  /** Sequence number of the last deletion or restore: from then on a delta repeats the whole object. */
  statusSeq: number;
  patches: Patch[];
  manager: Entity | undefined;
  /** The manager as a link, with those who were it before. */
  managers: LinkSet | undefined;
  reports: Set<Entity> | undefined;
  members: LinkSet | undefined;
  owners: LinkSet | undefined;
  memberOf: Set<Entity> | undefined;
  ownerOf: Set<Entity> | undefined;
}

export function createEntity(kind: ObjectKind, id: string, ordinal: number, seq: number, values: Values): Entity {
  return {
    kind,
    id,
    ordinal,
    createdSeq: seq,
    values: { ...values },
    status: 'live',
    deletedAt: undefined,
    changedSeq: seq,
    statusSeq: seq,
    patches: [],
    manager: undefined,
    managers: undefined,
    reports: undefined,
    members: undefined,
    owners: undefined,
    memberOf: undefined,
    ownerOf: undefined,
  };
}

export function textOf(entity: Entity, name: string): string | undefined {
  const value = entity.values[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(entity: Entity, name: string): readonly string[] {
  const value = entity.values[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** Live links in the order in which they were made. */
export function* liveLinks(links: LinkSet | undefined, afterSeq = 0): Generator<readonly [Entity, number]> {
  if (!links) return;
  for (const [target, seq] of links.log.after(afterSeq)) {
    if (target.status === 'live' && links.current.get(target) === seq) yield [target, seq];
  }
}
