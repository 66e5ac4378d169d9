import type { FindingCode } from '../../src/model/finding.ts';
import type { Provocation } from './provocation.ts';
import * as belonging from './provocations/belonging.ts';
import * as matching from './provocations/matching.ts';
import * as passwords from './provocations/passwords.ts';
import * as reading from './provocations/reading.ts';
import * as secondServer from './provocations/second-server.ts';
import * as wanted from './provocations/wanted-values.ts';
import * as writing from './provocations/writing.ts';
import type { ProvokedWorld } from './provoked-world.ts';

/** Codes that come up only where two servers share a tenant. */
type OfTwoServers = 'standby-differs' | 'nobody-writes' | 'standby-configuration';
/** Codes that only password cycles tell. */
type OfPasswords = 'password-refused' | 'password-temporary' | 'password-without-hash';
export type OfOneServer = Exclude<FindingCode, OfTwoServers | OfPasswords>;

export const PROVOCATIONS_OF_ONE_SERVER: Readonly<Record<OfOneServer, Provocation>> = {
  'source-record-unreadable': reading.sourceRecordUnreadable,
  'source-deletions-withheld': reading.sourceDeletionsWithheld,
  'administrators-unknown': reading.administratorsUnknown,
  'scope-container-missing': belonging.scopeContainerMissing,
  'rule-group-missing': belonging.ruleGroupMissing,
  'join-ambiguous': belonging.joinAmbiguous,
  'join-conflict': belonging.joinConflict,
  'anchor-missing': belonging.anchorMissing,
  'anchor-changed': belonging.anchorChanged,
  'another-server': belonging.anotherServer,
  'match-ambiguous': matching.matchAmbiguous,
  'match-other-anchor': matching.matchOtherAnchor,
  'match-privileged': matching.matchPrivileged,
  'match-synchronized': matching.matchSynchronized,
  'match-forbidden': matching.matchForbidden,
  'held-apart': matching.heldApart,
  'drift-left': matching.driftLeft,
  'rule-error': wanted.ruleError,
  'attribute-missing': wanted.attributeMissing,
  'attribute-too-long': wanted.attributeTooLong,
  'attribute-invalid': wanted.attributeInvalid,
  'upn-suffix-unverified': wanted.upnSuffixUnverified,
  'upn-characters': wanted.upnCharacters,
  'value-conflict': wanted.valueConflict,
  'reference-out-of-scope': wanted.referenceOutOfScope,
  'leaves-later': writing.leavesLater,
  'target-cannot-carry-object': writing.targetCannotCarryObject,
  'target-cannot-carry-attribute': writing.targetCannotCarryAttribute,
  'target-refused': writing.targetRefused,
  'waits-for-failed': writing.waitsForFailed,
  'restore-refused': writing.restoreRefused,
  'licence-not-returned': writing.licenceNotReturned,
  'not-replicated-yet': writing.notReplicatedYet,
};

/** Every code with a way in which it comes up: a new one without does not compile. */
export const PROVOCATIONS: Readonly<Record<FindingCode, Provocation<ProvokedWorld>>> = {
  ...PROVOCATIONS_OF_ONE_SERVER,
  'password-refused': passwords.passwordRefused,
  'password-temporary': passwords.passwordTemporary,
  'password-without-hash': passwords.passwordWithoutHash,
  'standby-differs': secondServer.standbyDiffers,
  'standby-configuration': secondServer.standbyConfiguration,
  'nobody-writes': secondServer.nobodyWrites,
};
