import { fromUniqueName } from '../../src/connectors/entra/unique-name.ts';
import { comparablePicture, type DumpedObject, type TenantDump } from '../scenarios/tenant-picture.ts';

/** How far a tenant is from what it should be. All zero: it is right. */
export const DAMAGES = [
  'lost',
  'duplicated',
  'wronglyDeleted',
  'wrongMemberships',
  'wrongValues',
  'wrongPasswords',
] as const;
export type Damage = Readonly<Record<(typeof DAMAGES)[number], number>>;

export interface Comparison {
  readonly damage: Damage;
  /** One sentence for each difference. */
  readonly differences: readonly string[];
}

const REFERENCES: readonly string[] = ['members', 'manager'];
/** Given in the tenant by an administrator, or left over from times when a user was enabled: a new one cannot have it. Compared in another way. */
const GIVEN: readonly string[] = ['assignedLicenses', 'usageLocation', 'passwordPolicies', 'passwordState'];

/**
 * Compares a tenant with one that was filled from scratch. `kept`: anchors of objects that were in scope all the time, with the ids that the tenant
 * had for them: whoever has another id now was deleted and made anew. `wrong`: what is wrong with the licences that users hold, and with what they sign in with.
 */
export function compareTenants(
  found: TenantDump,
  wanted: TenantDump,
  kept: ReadonlyMap<string, string>,
  wrong: { readonly licences: readonly string[]; readonly passwords: readonly string[] } = {
    licences: [],
    passwords: [],
  },
): Comparison {
  const damage: Record<keyof Damage, number> = {
    lost: 0,
    duplicated: 0,
    wronglyDeleted: 0,
    wrongMemberships: 0,
    wrongValues: 0,
    wrongPasswords: 0,
  };
  const differences: string[] = [];
  const note = (kind: keyof Damage, text: string): void => {
    damage[kind]++;
    differences.push(`${kind}: ${text}`);
  };
  const [have, want] = [comparablePicture(found), comparablePicture(wanted)];
  for (const type of ['users', 'groups'] as const) {
    for (const [anchor, values] of Object.entries(want[type])) {
      const held = have[type][anchor];
      if (held === undefined) note('lost', `${type} ${anchor} ${String(values['displayName'])}`);
      else
        for (const name of new Set([...Object.keys(values), ...Object.keys(held)])) {
          if (GIVEN.includes(name)) continue;
          const [is, should] = [JSON.stringify(held[name]), JSON.stringify(values[name])];
          const kind = REFERENCES.includes(name) ? 'wrongMemberships' : 'wrongValues';
          if (is !== should) note(kind, `${type} ${anchor} ${name} is ${is}, should be ${should}`);
        }
    }
    for (const anchor of Object.keys(have[type]))
      if (want[type][anchor] === undefined) note('duplicated', `${type} ${anchor} should not be there`);
    for (const [anchor, count] of countAnchors(found[type]))
      if (count > 1) note('duplicated', `${type} ${anchor} is there ${count} times`);
  }
  const ids = idsByAnchor(found);
  for (const [anchor, id] of kept)
    if (ids.get(anchor) !== id) note('wronglyDeleted', `${anchor} was ${id}, is ${ids.get(anchor) ?? 'gone'}`);
  for (const difference of wrong.licences) note('wrongValues', difference);
  for (const difference of wrong.passwords) note('wrongPasswords', difference);
  return { damage, differences };
}

/** The ids of live objects by what they are known by in the directory. */
export function idsByAnchor(dump: TenantDump): ReadonlyMap<string, string> {
  return new Map([...dump.users, ...dump.groups].filter(isLive).map((one) => [anchorOf(one), one.id]));
}

function countAnchors(objects: readonly DumpedObject[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const one of objects.filter(isLive)) counts.set(anchorOf(one), (counts.get(anchorOf(one)) ?? 0) + 1);
  return counts;
}

function isLive(object: DumpedObject): boolean {
  return object.deletedDateTime === undefined;
}

/** As the directory has it: a group carries it in a form that fits into a path. */
function anchorOf(object: DumpedObject): string {
  const name = object['uniqueName'];
  return typeof name === 'string' ? fromUniqueName(name) : String(object['onPremisesImmutableId']);
}
