/** Who calls, as the access token says. */
export interface Caller {
  readonly appId: string;
  /** Application permissions, or the delegated ones of the signed-in user. */
  readonly permissions: ReadonlySet<string>;
  /** Directory roles of the calling application. */
  readonly directoryRoles: readonly string[];
  /** The user on whose behalf the application calls; undefined: it calls as itself. */
  readonly user?: { readonly id: string; readonly directoryRoles: readonly string[] };
}
