import type { Attributes } from '../../model/value.ts';
import type { ShapedObject } from '../connector.ts';
import { RULES } from './attributes.ts';
import { deriveUserNickname, nicknameProblem, textOf, textsOf } from './mail-nickname.ts';
import { Shaping, settleNickname, shapeOthers, shapeValue, WITHOUT_IT } from './shaping.ts';
import { fallbackUpn, judgeUpn, unfitness, type VerifiedDomains, verifiedDomains } from './user-principal-name.ts';

const HANDLED: ReadonlySet<string> = new Set([
  'sourceAnchor',
  'userPrincipalName',
  'accountEnabled',
  'alias',
  'displayName',
  'proxyAddresses',
]);

/** A user as the tenant can hold it; `current` is null for a creation. */
export function shapeUser(
  desired: Attributes,
  current: Attributes | null,
  facts: Readonly<Record<string, string>>,
): ShapedObject {
  const shaping = new Shaping(RULES.user, current === null);
  shapeAnchor(shaping, desired);
  shapeRequired(shaping, desired, 'accountEnabled');
  shapeRequired(shaping, desired, 'displayName');
  const nickname = shapeUserNickname(shaping, desired, current);
  shapeUpn(shaping, desired, current, nickname, verifiedDomains(facts));
  shapeOthers(shaping, 'user', desired, HANDLED);
  noteAddresses(shaping, desired);
  return shaping.finish();
}

/** An object without an anchor, or with one that the tenant refuses, could never be found again. */
function shapeAnchor(shaping: Shaping, desired: Attributes): void {
  const anchor = textOf(desired['sourceAnchor']);
  if (anchor === undefined) {
    shaping.block({ code: 'anchor-missing', attribute: 'sourceAnchor', value: null });
  } else if (/[$_]/.test(anchor)) {
    const cause = 'onPremisesImmutableId must not hold $ or _, so the object could never be found again in the tenant.';
    shaping.block({ code: 'attribute-invalid', attribute: 'sourceAnchor', value: anchor, cause });
  } else {
    shaping.set('sourceAnchor', anchor);
  }
}

function shapeRequired(shaping: Shaping, desired: Attributes, name: 'accountEnabled' | 'displayName'): void {
  const rule = RULES.user.get(name);
  const value = desired[name];
  if (rule && value !== undefined && value !== '') shapeValue(shaping, rule, value);
  else shaping.lack({ code: 'attribute-missing', attribute: name, value: null });
}

/** Once set, the mail nickname follows mailNickname alone ("UserPrincipalName population": later changes of mail or UPN leave it). */
export function shapeUserNickname(
  shaping: Shaping,
  desired: Attributes,
  current: Attributes | null,
): string | undefined {
  const given = textOf(desired['alias']);
  const nickname = settleNickname(shaping, {
    given,
    held: textOf(current?.['alias']),
    derive: () => deriveUserNickname(desired),
  });
  const problem = nicknameProblem(given, nickname);
  if (problem !== null) shaping.note(problem);
  return nickname;
}

/** The user principal name, or one at the initial domain in its place. */
export function shapeUpn(
  shaping: Shaping,
  desired: Attributes,
  current: Attributes | null,
  nickname: string | undefined,
  domains: VerifiedDomains,
): void {
  const upn = textOf(desired['userPrincipalName']);
  const about = { attribute: 'userPrincipalName', value: upn ?? null };
  const judged = upn === undefined ? null : judgeUpn(upn, domains);
  if (upn === undefined || judged === null) shaping.lack({ code: 'attribute-missing', ...about });
  else if (judged.verdict === 'usable') shaping.set('userPrincipalName', upn);
  else if (judged.verdict === 'too-long') {
    const cause = `A user principal name takes at most 64 characters before and 48 after the @; ${WITHOUT_IT}.`;
    shaping.lack({ code: 'attribute-too-long', ...about, cause });
  } else {
    const before = textOf(current?.['userPrincipalName']);
    // The name in use stays: a new mail nickname alone never renames a sign-in.
    const isKept = before?.toLowerCase().endsWith(`@${domains.initial}`) === true;
    const made = nickname === undefined ? undefined : fallbackUpn(nickname, domains);
    substituteUpn(shaping, upn, isKept ? before : made, judged.verdict === 'unverified' ? judged.suffix : null);
  }
}

/** `suffix`: the one that is not verified; null when the name is not of the form that the tenant takes. */
function substituteUpn(shaping: Shaping, upn: string, substitute: string | undefined, suffix: string | null): void {
  const about = { attribute: 'userPrincipalName', value: upn };
  if (substitute === undefined) {
    const reason = suffix === null ? unfitness(upn) : 'ends in no verified domain';
    const cause = `The user principal name ${reason}, and no name at the initial domain can be made of the mail nickname; ${WITHOUT_IT}.`;
    shaping.lack({ code: 'attribute-invalid', ...about, cause });
    return;
  }
  shaping.set('userPrincipalName', substitute);
  const cause =
    suffix === null
      ? `The user principal name ${unfitness(upn)}, so the user signs in to the tenant as ${substitute}.`
      : `${suffix} is no verified domain of the tenant, so the user signs in there as ${substitute}.`;
  shaping.note({ code: suffix === null ? 'upn-characters' : 'upn-suffix-unverified', ...about, cause });
}

/** Graph derives proxyAddresses from mail alone; every other address is lost on this path, and the plan says so. */
function noteAddresses(shaping: Shaping, desired: Attributes): void {
  const proxies = textsOf(desired['proxyAddresses']);
  if (proxies.length === 0) return;
  const mail = textOf(desired['mail'])?.toLowerCase();
  const lost = proxies.filter((address) => mail === undefined || address.toLowerCase() !== `smtp:${mail}`);
  if (lost.length === 0) return;
  shaping.note({ code: 'target-cannot-carry-attribute', attribute: 'proxyAddresses', value: lost.join(', ') });
}
