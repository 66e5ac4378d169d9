import { SILENT_LOG } from '../../../../log.ts';
import type { AccountPassword, CheckLine, Connector, PasswordSource, ReadProblem } from '../../../connector.ts';
import { adSource } from '../../connector.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** Passwords of others by the variable that the section names. */
  readonly others?: Readonly<Record<string, string>>;
}

/** A source of kind ad for tests; what the section does not say is that of the account. */
export function sourceOf(section: object, account: Credentials, log = SILENT_LOG): Connector {
  const parsed = adSource.section.parse({ user: account.user, password: { env: 'PASSWORD' }, ...section });
  return adSource.create(parsed, {
    name: 'corp',
    log,
    now: () => new Date(),
    readSecret: (source) => ('env' in source ? account.others?.[source.env] : undefined) ?? account.password,
    resolvePath: (path) => path,
  });
}

export function passwordsOf(source: Connector): PasswordSource {
  if (!source.passwords) throw new Error('the source gives no passwords');
  return source.passwords;
}

export interface ReadPasswords {
  readonly mode: 'full' | 'delta';
  readonly reason: string | null;
  /** By anchor; the last one where an account came twice. */
  readonly accounts: ReadonlyMap<string, AccountPassword>;
  readonly problems: readonly ReadProblem[];
  readonly pages: number;
  readonly watermark: string;
}

/** One whole read, and what the contract promises of its order. */
export async function collectPasswords(source: Connector, watermark: string | null): Promise<ReadPasswords> {
  const accounts = new Map<string, AccountPassword>();
  const problems: ReadProblem[] = [];
  let begin: { readonly mode: 'full' | 'delta'; readonly reason: string | null } | null = null;
  let end: string | null = null;
  let pages = 0;
  for await (const event of passwordsOf(source).read({ watermark })) {
    if (end !== null) throw new Error('something came after the end');
    if (event.kind === 'begin') begin = event;
    else if (begin === null) throw new Error('something came before the beginning');
    else if (event.kind === 'end') end = event.watermark;
    else {
      pages += 1;
      problems.push(...(event.problems ?? []));
      for (const account of event.passwords) accounts.set(account.anchor, account);
    }
  }
  if (begin === null || end === null) throw new Error('the read has no beginning or no end');
  return { mode: begin.mode, reason: begin.reason, accounts, problems, pages, watermark: end };
}

export async function checkPasswords(source: Connector): Promise<readonly CheckLine[]> {
  return Array.fromAsync(passwordsOf(source).check());
}

export function hexOf(account: AccountPassword | undefined): string | null | undefined {
  if (account === undefined) return undefined;
  return account.ntHash === null ? null : Buffer.from(account.ntHash).toString('hex');
}
