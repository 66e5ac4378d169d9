import { ENTRA_SCHEMA } from '../../src/connectors/entra/schema.ts';
import {
  createMemoryConnector,
  type MemoryConnector,
  type MemoryConnectorOptions,
} from '../../src/connectors/memory/connector.ts';
import type { MemoryEntry } from '../../src/connectors/memory/directory.ts';
import { createMemoryTarget, type MemoryTarget, type MemoryTargetOptions } from '../../src/connectors/memory/target.ts';
import type { EngineContext, GracePeriod, Scope } from '../../src/engine/context.ts';
import { type CycleResult, runApply, runCycle } from '../../src/engine/run.ts';
import { SILENT_LOG } from '../../src/log.ts';
import { guidToBytes, guidToText } from '../../src/model/anchor.ts';
import type { Finding, FindingCode } from '../../src/model/finding.ts';
import type { Operation } from '../../src/model/plan.ts';
import { printValue, type Value } from '../../src/model/value.ts';
import { loadRuleSet, type RuleSet } from '../../src/rules/rule-set.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type GuardOptions, guardsWith } from './no-guards.ts';

export const RULES: RuleSet = loadRuleSet(['standard']);
export const WHOLE_DIRECTORY: Scope = { include: [], exclude: [], groups: [] };
export const ROOT = guid('root');
export const PEOPLE = guid('people');
export const ROOT_DN = 'DC=corp,DC=example,DC=com';

/** Sources and a tenant in memory with the engine between them: everything but the two ends is the product's own. */
export interface MemoryLab {
  readonly source: MemoryConnector;
  readonly target: MemoryTarget;
  readonly store: Store;
  /** What the engine is given; a test that changes the configuration changes it here. */
  context: EngineContext;
  sync(options?: Partial<CycleOptions>): Promise<CycleResult>;
  plan(options?: Partial<CycleOptions>): Promise<CycleResult>;
  apply(result: CycleResult, approvedBy?: string): Promise<CycleResult>;
  /** The operations of a plan, one line for each: `create user jane`, `update user jane: jobTitle Boss`, `update group g: +2 -1`. */
  operations(result: CycleResult): Promise<readonly string[]>;
  allOperations(result: CycleResult): Promise<readonly Operation[]>;
  findings(code?: FindingCode): Promise<readonly Finding[]>;
  /** What the tenant holds, by name: attributes that the tests care for, managers and members by name. */
  tenant(): Readonly<Record<string, TenantEntry>>;
}

interface CycleOptions {
  readonly full: boolean;
  readonly approvedBy: string;
}

export type TenantEntry = Readonly<Record<string, unknown>>;

export interface MemoryLabOptions {
  readonly store?: Store;
  readonly source?: MemoryConnector;
  readonly target?: MemoryTarget;
  readonly scope?: Scope;
  readonly guards?: GuardOptions;
  readonly deletions?: GracePeriod;
  readonly now?: () => Date;
  readonly rules?: RuleSet;
}

/** A lab with an empty directory (a root and one container, `People`) and an empty tenant. */
export async function createMemoryLab(options: MemoryLabOptions = {}): Promise<MemoryLab> {
  const source = options.source ?? createDirectory('corp');
  const target = options.target ?? createTenant();
  const store = options.store ?? (await openSqliteStore(':memory:', { command: 'test' }));
  const context: EngineContext = {
    store,
    target,
    rules: options.rules ?? RULES,
    sources: [{ connector: source, scope: options.scope ?? WHOLE_DIRECTORY }],
    matching: { soft: true, hard: true },
    drift: { default: 'correct', attributes: {} },
    guards: guardsWith(options.guards),
    deletions: options.deletions ?? { disableFirst: false, after: null },
    now: options.now ?? runningClock(),
    log: SILENT_LOG,
    progress: () => undefined,
  };
  return new Lab(source, target, store, context);
}

export function createTenant(options: Partial<MemoryTargetOptions> = {}): MemoryTarget {
  return createMemoryTarget({ schema: ENTRA_SCHEMA, now: runningClock(), ...options });
}

/** Every look at it is a second later. */
function runningClock(): () => Date {
  let seconds = 0;
  return () => new Date(Date.UTC(2030, 0, 1) + 1000 * seconds++);
}

/** A directory with its root and the container `People`. */
export function createDirectory(name: string, options: MemoryConnectorOptions = {}): MemoryConnector {
  const source = createMemoryConnector(name, {
    ...options,
    parameters: { 'Domain.FQDN': 'contoso.com', 'Domain.Netbios': 'CORP' },
  });
  source.put({ anchor: ROOT, type: 'domain', place: { parent: null, rdn: ROOT_DN } });
  source.put(container('people', 'People'));
  return source;
}

/** The GUID that a name stands for. */
export function guid(name: string): string {
  const bytes = new Uint8Array(16);
  for (const [index, byte] of Buffer.from(name).entries())
    bytes[index % 16] = ((bytes[index % 16] ?? 0) * 31 + byte) % 256;
  return guidToText(bytes);
}

/** The source anchor of the object of that name. */
export function anchorOf(name: string): string {
  return Buffer.from(guidBytes(name)).toString('base64');
}

function guidBytes(name: string): Uint8Array {
  return guidToBytes(guid(name)) ?? new Uint8Array(16);
}

export function container(name: string, rdn: string, parent = ROOT): MemoryEntry {
  return { anchor: guid(name), type: 'organizationalUnit', place: { parent, rdn: `OU=${rdn}` } };
}

interface EntryDetails {
  readonly parent?: string;
  readonly manager?: string;
  readonly members?: readonly string[];
}

/** An enabled account named by its account name, which is its UPN in contoso.com too. */
export function user(
  name: string,
  attributes: Readonly<Record<string, Value>> = {},
  details: EntryDetails = {},
): MemoryEntry {
  return {
    anchor: guid(name),
    type: 'user',
    place: { parent: details.parent ?? PEOPLE, rdn: `CN=${name}` },
    attributes: {
      objectGUID: guidBytes(name),
      cn: name,
      sAMAccountName: name,
      displayName: name,
      userPrincipalName: `${name}@contoso.com`,
      userAccountControl: 512n,
      ...attributes,
    },
    references: details.manager === undefined ? {} : { manager: [guid(details.manager)] },
  };
}

/** A global security group. */
export function group(
  name: string,
  members: readonly string[] = [],
  attributes: Readonly<Record<string, Value>> = {},
): MemoryEntry {
  return {
    anchor: guid(name),
    type: 'group',
    place: { parent: PEOPLE, rdn: `CN=${name}` },
    attributes: {
      objectGUID: guidBytes(name),
      cn: name,
      sAMAccountName: name,
      displayName: name,
      groupType: -2147483646n,
      ...attributes,
    },
    references: { member: members.map(guid) },
  };
}

class Lab implements MemoryLab {
  readonly source: MemoryConnector;
  readonly target: MemoryTarget;
  readonly store: Store;
  context: EngineContext;

  constructor(source: MemoryConnector, target: MemoryTarget, store: Store, context: EngineContext) {
    this.source = source;
    this.target = target;
    this.store = store;
    this.context = context;
  }

  async sync(options: Partial<CycleOptions> = {}): Promise<CycleResult> {
    return runCycle(this.context, { command: 'sync', full: false, apply: true, ...options });
  }

  async plan(options: Partial<CycleOptions> = {}): Promise<CycleResult> {
    return runCycle(this.context, { command: 'plan', full: false, apply: false, ...options });
  }

  async apply(result: CycleResult, approvedBy?: string): Promise<CycleResult> {
    const stored = await this.store.apply.plan(result.plan.id);
    return runApply(this.context, stored ?? result.plan, 'apply', approvedBy);
  }

  async allOperations(result: CycleResult): Promise<readonly Operation[]> {
    return this.store.apply.operations(result.plan.id, 0, 1_000_000);
  }

  async operations(result: CycleResult): Promise<readonly string[]> {
    return (await this.allOperations(result)).map(printOperation);
  }

  async findings(code?: FindingCode): Promise<readonly Finding[]> {
    const all = await this.store.runs.findings(10_000);
    return code === undefined ? all : all.filter((one) => one.code === code);
  }

  tenant(): Readonly<Record<string, TenantEntry>> {
    const { directory } = this.target.tenant;
    const nameOf = (id: string): string => String(directory.get(id)?.attributes['displayName'] ?? id);
    const entries = [...directory.objects()].map((object): readonly [string, TenantEntry] => {
      const entry: Record<string, unknown> = { type: object.type };
      for (const [name, value] of Object.entries(object.attributes)) entry[name] = printValue(value);
      for (const [name, targets] of object.references)
        if (targets.size > 0) entry[name] = [...targets].map(nameOf).sort();
      return [`${object.type} ${nameOf(object.anchor)}`, entry];
    });
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function printOperation(operation: Operation): string {
  const { changes, members } = operation;
  const named = operation.action === 'create' ? [] : changes.map((one) => `${one.native} ${String(one.to ?? '-')}`);
  const counted = [members.add > 0 ? `+${members.add}` : '', members.remove > 0 ? `-${members.remove}` : ''];
  const what = [...named, ...counted].filter((text) => text !== '').join(', ');
  const name = operation.name.replace('@contoso.com', '');
  return `${operation.action} ${operation.type} ${name}${what === '' ? '' : `: ${what}`}`;
}
