import { TENANT_FACTS } from '../connector.ts';

export interface VerifiedDomains {
  readonly initial: string;
  /** In lower case. Empty: not known, so no suffix is judged. */
  readonly verified: ReadonlySet<string>;
}

type Facts = Readonly<Record<string, string>>;
const known = new WeakMap<Facts, VerifiedDomains>();

/** The domains of the tenant out of the facts of its last import. Worked out once for each facts object: `shape` asks for every user. */
export function verifiedDomains(facts: Facts): VerifiedDomains {
  const before = known.get(facts);
  if (before) return before;
  const names = (facts[TENANT_FACTS.verifiedDomains] ?? '').toLowerCase().split(/\s+/);
  const domains = {
    initial: (facts[TENANT_FACTS.initialDomain] ?? '').toLowerCase(),
    verified: new Set(names.filter((name) => name !== '')),
  };
  known.set(facts, domains);
  return domains;
}

/** `A-Z a-z 0-9 ' . - _ ! # ^ ~`, and no dot at its end (resources/user). */
const LOCAL_PART = /^[A-Za-z0-9'.\-_!#^~]+$/;

export type UpnVerdict =
  | { readonly verdict: 'usable' }
  | { readonly verdict: 'characters' | 'too-long' }
  | { readonly verdict: 'unverified'; readonly suffix: string };

/** Whether the tenant takes this user principal name: 64 characters, an @, and 48 characters of a verified domain. */
export function judgeUpn(upn: string, domains: VerifiedDomains): UpnVerdict {
  const at = upn.lastIndexOf('@');
  const local = upn.slice(0, Math.max(at, 0));
  const suffix = upn.slice(at + 1);
  if (at < 1 || suffix === '' || !LOCAL_PART.test(local) || local.endsWith('.')) return { verdict: 'characters' };
  if (domains.verified.size > 0 && !domains.verified.has(suffix.toLowerCase())) {
    return { verdict: 'unverified', suffix };
  }
  return local.length > 64 || suffix.length > 48 ? { verdict: 'too-long' } : { verdict: 'usable' };
}

/** What is wrong with a name that `judgeUpn` calls one of other characters, behind "The user principal name". */
export function unfitness(upn: string): string {
  const at = upn.lastIndexOf('@');
  if (at < 0) return 'has no @';
  const local = upn.slice(0, at);
  if (local === '' || at === upn.length - 1) return `has nothing ${local === '' ? 'before' : 'behind'} the @`;
  const refused = new Set([...local].filter((one) => !LOCAL_PART.test(one)));
  if (refused.size === 0) return 'has a dot right before the @';
  const named = [...refused].map((one) => (one.trim() === '' ? 'a blank' : `"${one}"`)).join(', ');
  return `holds ${named}, which the tenant does not take before the @`;
}

/** Characters a mail nickname may hold but a user principal name may not. */
const NOT_IN_UPN = /[^A-Za-z0-9'.\-_!#^~]/g;

/** The name at the initial domain that stands in for one the tenant does not take; undefined when nothing usable is left of the nickname. */
export function fallbackUpn(nickname: string, domains: VerifiedDomains): string | undefined {
  const local = nickname.replace(NOT_IN_UPN, '').replace(/\.+$/, '').slice(0, 64);
  return local === '' || domains.initial === '' ? undefined : `${local}@${domains.initial}`;
}
