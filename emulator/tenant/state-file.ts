import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { EmulatorError } from '../emulator-error.ts';
import { isRecord } from '../json-value.ts';
import type { Change } from './change.ts';
import { readJournal } from './change-journal.ts';
import { type Entity, LINK_NAMES, type LinkSet, OBJECT_KINDS, type ObjectKind, type Values } from './entity.ts';
import type { Tenant } from './tenant.ts';

const FORMAT = 1;
const CHUNK_CHARACTERS = 1_000_000;

/** An object as the file keeps it: its values, and the numbers that delta tokens of clients refer to. */
interface StoredEntity {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly values: Values;
  readonly created: number;
  readonly patches: readonly (readonly [number, readonly string[]])[];
  readonly status?: readonly [number, 'deleted' | 'restored', number];
  readonly manager?: StoredLinks;
  readonly members?: StoredLinks;
  readonly owners?: StoredLinks;
}

interface StoredLinks {
  readonly current: readonly (readonly [string, number])[];
  readonly removed: readonly (readonly [string, number])[];
}

/** Writes the tenant beside the file and then renames it: a reader finds the old or the new state, never half of one. */
export function writeStateFile(file: string, tenant: Tenant, frame: Readonly<Record<string, unknown>>): void {
  const temporary = `${file}.new`;
  const handle = openSync(temporary, 'w');
  try {
    let pending = '';
    for (const piece of describeState(tenant, frame)) {
      pending += piece;
      if (pending.length < CHUNK_CHARACTERS) continue;
      writeSync(handle, pending);
      pending = '';
    }
    writeSync(handle, pending);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
}

function* describeState(tenant: Tenant, frame: Readonly<Record<string, unknown>>): Generator<string> {
  const head = JSON.stringify({
    format: FORMAT,
    ...frame,
    seq: tenant.seq,
    domains: tenant.domains,
    skus: tenant.skus,
  });
  yield `${head.slice(0, -1)},"entities":[`;
  let separator = '\n';
  for (const kind of OBJECT_KINDS) {
    for (const entity of tenant.primary.listed(kind)) {
      if (!entity) continue;
      yield separator + JSON.stringify(store(entity));
      separator = ',\n';
    }
  }
  yield '\n],"purged":[';
  separator = '\n';
  for (const kind of OBJECT_KINDS) {
    for (const [entity, seq] of tenant.primary.changedAfter(kind, 0)) {
      if (entity.status !== 'purged') continue;
      yield separator + JSON.stringify([kind, entity.id, entity.createdSeq, seq]);
      separator = ',\n';
    }
  }
  yield '\n]}\n';
}

function store(entity: Entity): StoredEntity {
  const { kind, id, values, createdSeq, patches, deletedAt, statusSeq } = entity;
  const isRestored = statusSeq !== createdSeq;
  const status = entity.status === 'deleted' ? 'deleted' : 'restored';
  return {
    kind,
    id,
    values,
    created: createdSeq,
    patches: patches.map((patch) => [patch.seq, patch.names]),
    ...(isRestored ? { status: [statusSeq, status, deletedAt ?? 0] } : {}),
    ...(entity.managers ? { manager: storeLinks(entity.managers) } : {}),
    ...(entity.members ? { members: storeLinks(entity.members) } : {}),
    ...(entity.owners ? { owners: storeLinks(entity.owners) } : {}),
  };
}

function storeLinks(links: LinkSet): StoredLinks {
  const list = (map: ReadonlyMap<Entity, number>): (readonly [string, number])[] =>
    [...map].filter(([target]) => target.status !== 'purged').map(([target, seq]) => [target.id, seq]);
  return { current: list(links.current), removed: list(links.removed) };
}

/** Reads a state file and what its journal tells since; undefined when there is none yet. */
export function readStateFile(file: string): Readonly<Record<string, unknown>> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EmulatorError(`${file}: the state file cannot be read.`, { cause });
  }
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (cause) {
    throw new EmulatorError(`${file}: the state file is not JSON.`, { cause });
  }
  if (!isRecord(state) || state['format'] !== FORMAT) {
    throw new EmulatorError(
      `${file}: not a state file of this version of the emulator (format ${FORMAT}). Remove it to start with an empty tenant.`,
    );
  }
  return { ...state, journal: readJournal(file, Number(state['generation']), Number(state['seq'])) };
}

/** Brings a tenant without objects to the stored state, by a history that leads to it with the same numbers. */
export function loadState(state: Readonly<Record<string, unknown>>, tenant: Tenant): void {
  tenant.domains.splice(0, tenant.domains.length, ...(state['domains'] as Tenant['domains']));
  tenant.skus.splice(0, tenant.skus.length, ...(state['skus'] as Tenant['skus']));
  const changes: Change[] = [];
  for (const entity of state['entities'] as readonly StoredEntity[]) collectChanges(entity, changes);
  for (const [kind, id, created, seq] of state['purged'] as readonly [ObjectKind, string, number, number][]) {
    changes.push({ type: 'create', kind, id, values: {}, seq: created, at: 0 }, { type: 'purge', id, seq, at: 0 });
  }
  changes.sort((a, b) => a.seq - b.seq);
  for (const change of changes) tenant.replay(change);
  tenant.resumeAt(Number(state['seq']));
  for (const change of state['journal'] as readonly Change[]) tenant.replay(change);
}

function collectChanges(stored: StoredEntity, changes: Change[]): void {
  const { kind, id, values, created } = stored;
  changes.push({ type: 'create', kind, id, values, seq: created, at: 0 });
  for (const [seq, names] of stored.patches) {
    const patched = Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
    changes.push({ type: 'patch', id, values: patched, seq, at: 0 });
  }
  if (stored.status) {
    const [seq, status, at] = stored.status;
    changes.push({ type: status === 'deleted' ? 'delete' : 'restore', id, values: {}, seq, at });
  }
  for (const name of LINK_NAMES) {
    for (const [to, seq] of stored[name]?.current ?? []) changes.push({ type: 'link', from: id, name, to, seq, at: 0 });
    for (const [to, seq] of stored[name]?.removed ?? [])
      changes.push({ type: 'unlink', from: id, name, to, seq, at: 0 });
  }
}
