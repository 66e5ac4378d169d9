/** What names one password of an account. `changedAt`: null where it was not kept. */
export interface PasswordVersion {
  readonly version: number;
  readonly changedAt: string | null;
}

/**
 * The version alone does not name a password: each domain controller counts on from what it knows. Two of them that do not hear of each other give the same number to two passwords, and so
 * does one that was put back from a backup, or one that goes on after another was lost.
 */
export function isSamePassword(one: PasswordVersion, other: PasswordVersion): boolean {
  return one.version === other.version && compareTimes(one, other) === 0;
}

/**
 * Whether a password was set after another one: the version decides, as between domain controllers ([MS-DRSR] 5.11), unless the time tells that it was counted anew. A clock
 * that was ahead for a time tells the same of an older password, and nothing tells the two apart: it counts until whoever is behind has heard of the newer one (docs/guide/passwords.md).
 */
export function isNewerPassword(one: PasswordVersion, other: PasswordVersion): boolean {
  return one.version > other.version || compareTimes(one, other) > 0;
}

/** 0 also where one of the times is not known. */
function compareTimes(one: PasswordVersion, other: PasswordVersion): number {
  if (one.changedAt === null || other.changedAt === null) return 0;
  return Date.parse(one.changedAt) - Date.parse(other.changedAt);
}
