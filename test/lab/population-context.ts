export interface PopulationOptions {
  readonly users: number;
  readonly groups: number;
  /** Memberships of all groups together, nested groups included. Default: ten for each user. */
  readonly memberships?: number;
  /** Default: one for each fifty users. */
  readonly contacts?: number;
  /** Adds objects that a tenant refuses or a careful tool warns of, each told in its description. Default false. */
  readonly badObjects?: boolean;
  /** The same seed and numbers give the same entries. */
  readonly seed: number;
  readonly baseDn: string;
  /** What user principal names and mail addresses end with. */
  readonly upnSuffix: string;
}

/** What the generated entries have in common. */
export interface PopulationContext {
  readonly options: PopulationOptions;
  /** The container that everything generated is below. */
  readonly root: string;
  /** Gives the next object its identity. */
  identify(): Readonly<Record<'objectGUID' | 'objectSid', readonly string[]>>;
}
