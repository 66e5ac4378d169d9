/** A licence as it is assigned to a user directly, not through a group. */
export interface Licence {
  /** What the tenant knows it by. */
  readonly id: string;
  /** What people know it by; null where the tenant does not tell. */
  readonly name: string | null;
  /** Parts of it that are switched off for the user. */
  readonly disabledParts: readonly string[];
}

/** A licence by the name that people know, as far as there is one. */
export function licenceName({ id, name }: Licence): string {
  return name ?? id;
}
