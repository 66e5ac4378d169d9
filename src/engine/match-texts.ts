import type { FindingCode, ObjectName } from '../model/finding.ts';
import type { MatchWay } from '../store/store.ts';

export interface RefusedMatch {
  /** Ours. */
  readonly object: ObjectName | null;
  /** That of the tenant. */
  readonly target: ObjectName;
  /** Another one of ours that fits as well. */
  readonly rival: ObjectName | null;
  readonly way: MatchWay;
  /** What the object of the tenant carries. */
  readonly anchor: string | null;
  /** Whether it is somebody of another tenant. */
  readonly isGuest?: boolean;
}

interface Texts {
  readonly cause?: string;
  readonly remedy?: string;
}

const WORDS: Readonly<Record<MatchWay, string>> = {
  mail: 'mail address',
  userPrincipalName: 'user principal name',
  anchor: 'source anchor',
  hand: 'value',
};

/** Why an object is not linked to what the tenant holds, with names and commands. */
export function textsOfMatch(code: FindingCode, match: RefusedMatch): Texts {
  const { object, target, rival, anchor } = match;
  const word = WORDS[match.way];
  const ours = object?.name ?? 'the object';
  const theirs = `${target.name} in the tenant has the same ${word} as ${ours}`;
  const left = `So ${ours} is neither linked to it nor created beside it`;
  const link = linkCommand(match);
  switch (code) {
    case 'match-ambiguous':
      return {
        cause: `${theirs}, and ${rival?.name ?? 'another object of the directory'} has it too. It cannot be told whose it is, so neither is linked to it or created.`,
        remedy: `Give one of the two another ${word}, or link the right one by hand: ${link}`,
      };
    case 'match-other-anchor':
      return {
        cause: `${theirs}, but carries the source anchor ${anchor ?? ''} of another object. ${left}.`,
        remedy: `If another object of the directory stands for it, bring that into the scope. If it is ${ours}, clear onPremisesImmutableId of ${target.name} in the tenant. If they are two persons, give one of them another ${word}.`,
      };
    case 'match-privileged':
      return {
        cause: `${theirs} and holds an administrator role. Such an account is never taken over unasked. ${left}.`,
        remedy: `If both are the same person, link them by hand: ${link} - else give one of them another ${word}, or take the role from ${target.name}.`,
      };
    case 'match-synchronized':
      return {
        cause: `${theirs} and is still written by directory synchronization (Entra Connect), so Graph refuses changes to it. ${left}.`,
      };
    case 'match-forbidden':
      return forbidden(match, theirs, left);
    default:
      return {};
  }
}

function forbidden(match: RefusedMatch, theirs: string, left: string): Texts {
  if (match.isGuest === true)
    return {
      cause: `${theirs} and is a guest. Guests are never taken over unasked. ${left}.`,
      remedy: `Give one of the two another ${WORDS[match.way]}, delete the guest in the tenant, or link the two by hand: ${linkCommand(match)}`,
    };
  const isHard = match.way === 'anchor';
  const key = isHard ? 'matching.hard' : 'matching.soft';
  const apart = isHard
    ? `clear onPremisesImmutableId of ${match.target.name} in the tenant`
    : `give one of the two another ${WORDS[match.way]}`;
  return {
    cause: `${theirs}, but the configuration forbids to take it over (${key}: false). ${left}.`,
    remedy: `Set ${key}: true in dirbridge.yaml, or ${apart}, or link the two by hand: ${linkCommand(match)}`,
  };
}

/** A name of the tenant is unique when it is one to sign in by. */
function linkCommand({ object, target }: RefusedMatch): string {
  const theirs = target.name.includes('@') ? target.name : target.anchor;
  return `dirbridge link ${JSON.stringify(object?.dn ?? object?.name ?? 'OBJECT')} ${JSON.stringify(theirs)}`;
}
