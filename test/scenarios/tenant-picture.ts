export interface DumpedObject {
  readonly id: string;
  readonly deletedDateTime?: string;
  readonly manager?: string | null;
  readonly members?: readonly string[];
  readonly [property: string]: unknown;
}

export interface TenantDump {
  readonly users: readonly DumpedObject[];
  readonly groups: readonly DumpedObject[];
}

/** A tenant without what differs from one tenant to the next: live objects by anchor (by name, when they have none). */
export interface TenantPicture {
  readonly users: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly groups: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Made by the tenant itself, and different each time. */
const OWN = ['id', 'createdDateTime', 'hasPassword', 'securityIdentifier', 'deletedDateTime', 'renewedDateTime'];
const OWN_TIMES = [
  'lastPasswordChangeDateTime',
  'signInSessionsValidFromDateTime',
  'refreshTokensValidFromDateTime',
  'onPremisesLastSyncDateTime',
  // What it says besides its times is in assignedLicenses, too.
  'licenseAssignmentStates',
];

export function pictureTenant(dump: TenantDump): TenantPicture {
  const isLive = (object: DumpedObject): boolean => object.deletedDateTime === undefined;
  const keys = new Map([...dump.users, ...dump.groups].filter(isLive).map((object) => [object.id, keyOf(object)]));
  // Who is deleted manages nobody, until he comes back.
  const managerOf = ({ manager }: DumpedObject): string | undefined => keys.get(manager ?? '');
  const picture = (object: DumpedObject): Readonly<Record<string, unknown>> => {
    const { manager, members, owners, ...values } = object;
    const told = Object.entries(values).filter(
      ([name, value]) => !OWN.includes(name) && !OWN_TIMES.includes(name) && !isNothing(value),
    );
    return {
      ...Object.fromEntries(told),
      ...(managerOf(object) === undefined ? {} : { manager: managerOf(object) }),
      ...(members === undefined || members.length === 0 ? {} : { members: members.map((id) => keys.get(id)).sort() }),
    };
  };
  const live = (objects: readonly DumpedObject[]): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
    Object.fromEntries(
      objects
        .filter(isLive)
        .map((object) => [keyOf(object), picture(object)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return { users: live(dump.users), groups: live(dump.groups) };
}

/** A mail nickname stays when the name it was made of changes, a replaced mail address stays as a secondary one: a new tenant cannot know them. */
const OF_THE_PAST = ['mailNickname', 'proxyAddresses'];

/** The picture without what depends on the way on which the tenant came where it is. */
export function comparablePicture(dump: TenantDump): TenantPicture {
  const forget = (objects: TenantPicture['users']): TenantPicture['users'] =>
    Object.fromEntries(
      Object.entries(objects).map(([key, values]) => [
        key,
        Object.fromEntries(Object.entries(values).filter(([name]) => !OF_THE_PAST.includes(name))),
      ]),
    );
  const { users, groups } = pictureTenant(dump);
  return { users: forget(users), groups: forget(groups) };
}

/** Live users and groups by the names people know: UPN and display name. */
export function nameTenant(dump: TenantDump): {
  readonly users: Readonly<Record<string, DumpedObject>>;
  readonly groups: Readonly<Record<string, DumpedObject>>;
} {
  const live = (objects: readonly DumpedObject[], name: string): Readonly<Record<string, DumpedObject>> =>
    Object.fromEntries(
      objects.filter((one) => one.deletedDateTime === undefined).map((one) => [String(one[name]), one]),
    );
  return { users: live(dump.users, 'userPrincipalName'), groups: live(dump.groups, 'displayName') };
}

/** Cleared and never set are the same. */
function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function keyOf(object: DumpedObject): string {
  for (const name of ['onPremisesImmutableId', 'uniqueName', 'userPrincipalName', 'displayName']) {
    const value = object[name];
    if (typeof value === 'string') return value;
  }
  return object.id;
}
