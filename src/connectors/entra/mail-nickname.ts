import type { Attributes, Value } from '../../model/value.ts';
import type { ShapeProblem } from '../connector.ts';

/** Characters that a mail nickname must not hold: beyond ASCII, control characters, and `@ ( ) \ [ ] " ; : < > ,` and blanks (group-post-groups). */
const REFUSED = /[^\x21-\x7e]|[@()\\[\]";:<>,]/g;
const MAXIMUM = 64;

/** The text without the characters that a nickname must not hold, cut to 64; undefined when nothing is left. Accents are taken off their letters. */
export function cleanNickname(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // Accents go, their letters stay: "Müller" is better found as "Muller" than as "Mller".
  const plain = text.normalize('NFKD').replace(REFUSED, '').slice(0, MAXIMUM);
  // A dot at either end would stand right before an @ in an address made of it.
  const trimmed = plain.replace(/^\.+|\.+$/g, '');
  return trimmed === '' ? undefined : trimmed;
}

/** A mail nickname and the attribute that it was made of. */
export interface DerivedNickname {
  readonly nickname: string;
  readonly from: string;
}

/** What to tell when the mail nickname of the directory cannot be taken as it is; null when it can. `used`: what the object has instead. */
export function nicknameProblem(given: string | undefined, used: string | undefined): ShapeProblem | null {
  if (given === undefined || used === undefined || given === used) return null;
  const isTooLong = given.length > MAXIMUM;
  const reason = isTooLong
    ? `takes at most ${MAXIMUM} characters, this has ${given.length}`
    : 'takes neither blanks, characters beyond ASCII nor @ ( ) \\ [ ] " ; : < > , nor a dot at its ends';
  return {
    code: isTooLong ? 'attribute-too-long' : 'attribute-invalid',
    severity: 'warning',
    attribute: 'alias',
    value: given.slice(0, 200),
    cause: `mailNickname ${reason}, so ${used} is used instead.`,
  };
}

/**
 * The mail nickname a user gets at first: mailNickname, else what stands before the @ of the primary SMTP address, of mail, of the user principal
 * name, of a secondary address (the order of Entra Connect, "UserPrincipalName population").
 */
export function deriveUserNickname(desired: Attributes): DerivedNickname | undefined {
  const proxies = textsOf(desired['proxyAddresses']);
  const primary = proxies.find((address) => address.startsWith('SMTP:'))?.slice(5);
  const secondary = proxies.find((address) => address.startsWith('smtp:'))?.slice(5);
  const candidates = [
    ['proxyAddresses', primary],
    ['mail', textOf(desired['mail'])],
    ['userPrincipalName', textOf(desired['userPrincipalName'])],
    ['proxyAddresses', secondary],
  ] as const;
  for (const [from, candidate] of candidates) {
    const nickname = cleanNickname(candidate?.split('@')[0]);
    if (nickname !== undefined) return { nickname, from };
  }
  return undefined;
}

/** The mail nickname of a group without one: sAMAccountName, else displayName, else a name made of the anchor. */
export function deriveGroupNickname(desired: Attributes): DerivedNickname | undefined {
  for (const from of ['onPremisesSamAccountName', 'displayName']) {
    const nickname = cleanNickname(textOf(desired[from]));
    if (nickname !== undefined) return { nickname, from };
  }
  const anchor = (textOf(desired['sourceAnchor']) ?? '').replace(/[^A-Za-z0-9]/g, '').slice(0, 8);
  return anchor === '' ? undefined : { nickname: `group-${anchor}`, from: 'sourceAnchor' };
}

/** A single non-empty text, else undefined: Graph knows no empty strings. */
export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The non-empty texts of a single or multiple value. */
export function textsOf(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
}
