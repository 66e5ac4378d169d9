import type { SourceConfig } from '../config.ts';
import type { AccountPlatform, AccountRight, AccountScript, SourceDefinition } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';

/** Whose account; `container`: DN of where it is to be. Null source: the only one that signs in to a directory. */
export interface AccountRequest {
  readonly source: string | null;
  readonly container: string | null;
}

/** The account that a source signs in with, and what makes it. */
export interface AccountDescription {
  readonly source: string;
  readonly user: string;
  readonly platform: AccountPlatform;
  readonly readsPasswords: boolean;
  readonly rights: readonly AccountRight[];
  readonly script: AccountScript;
}

type MakeAccount = NonNullable<SourceDefinition<never>['account']>;

export interface ChosenAccount {
  readonly name: string;
  readonly section: unknown;
  readonly make: MakeAccount;
}

/** The one source that is meant, and how its account is made. Throws `usage`. */
export function chooseAccount(
  sources: readonly SourceConfig[],
  kinds: readonly { readonly kind: string; account?: MakeAccount }[],
  wanted: string | null,
): ChosenAccount {
  const fitting = sources.flatMap(({ name, kind, section }) => {
    const make = kinds.find((one) => one.kind === kind)?.account;
    return make === undefined || (wanted !== null && name !== wanted) ? [] : [{ name, section, make }];
  });
  const [first, ...more] = fitting;
  if (first === undefined) throw noSource(sources, wanted);
  if (more.length === 0) return first;
  const names = fitting.map(({ name }) => name).join(', ');
  throw new DirbridgeError('usage', `several sources sign in to a directory: ${names}`, {
    remedy: 'Say which one is meant with --source NAME.',
  });
}

function noSource(sources: readonly SourceConfig[], wanted: string | null): DirbridgeError {
  const all = sources.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  const which = wanted === null ? 'no source' : `no source of the name ${wanted}`;
  return new DirbridgeError('usage', `${which} signs in to a directory; the configuration has ${all}`, {
    remedy: 'Name a source of kind ad with --source NAME. Files need no account.',
  });
}
