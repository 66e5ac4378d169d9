import { type Licence, licenceName } from '../../model/licence.ts';
import type { WriteFailure } from '../connector.ts';
import type { GraphRefusal } from './graph-refusal.ts';

interface Reason {
  readonly cause: string;
  readonly remedy: string;
}

/** Why assignLicense refuses, by the words of the tenant; the code is the same for nearly all of it. */
const REASONS: readonly (readonly [RegExp, (name: string) => Reason])[] = [
  [
    /does not have any available licenses/i,
    (name) => ({ cause: `no seat of ${name} is left`, remedy: `Free a seat of ${name} or buy one.` }),
  ],
  [
    /invalid usage location/i,
    () => ({
      cause: 'the user has no usage location, and no licence is given without one',
      remedy: 'Fill msExchUsageLocation in the directory, or set the usage location of the user in the tenant.',
    }),
  ],
  [
    /does not correspond to a valid company license/i,
    (name) => ({
      cause: `the tenant does not have ${name} any more`,
      remedy: 'Assign what took its place to the user by hand.',
    }),
  ],
];

const NO_RIGHT: Reason = {
  cause: 'the application may not assign licences to this user',
  remedy: 'Grant the application User.ReadWrite.All (or LicenseAssignment.ReadWrite.All).',
};

/** A licence that was refused, told for people where the words of the tenant are known. */
export function describeLicenceFailure(licence: Licence, refusal: GraphRefusal): WriteFailure {
  const failure = { code: refusal.code, message: refusal.message };
  if (refusal.status === 403) return { ...failure, ...NO_RIGHT };
  const known = REASONS.find(([words]) => words.test(refusal.message));
  return known === undefined ? failure : { ...failure, ...known[1](licenceName(licence)) };
}
