import type { ReadProblem, WriteFailure } from '../connectors/connector.ts';
import { type Finding, finding, type ObjectName } from '../model/finding.ts';
import type { PasswordContext } from './password-context.ts';

/** What the findings about the password of an account are kept under. */
export function subjectOf({ space, anchor }: { readonly space: number; readonly anchor: string }): string {
  return `p${space}:${anchor}`;
}

/** What is to be told of the password of an account from now on, in the place of what was. A password cycle belongs to no run. */
export async function tellOf(
  { store, now }: Pick<PasswordContext, 'store' | 'now'>,
  account: { readonly space: number; readonly anchor: string },
  findings: readonly Finding[],
): Promise<void> {
  await store.runs.replaceFindings('passwords', subjectOf(account), findings, '0', now().toISOString());
}

export function refusedFinding(object: ObjectName, failure: WriteFailure): Finding {
  const { code, message, cause, remedy } = failure;
  const why =
    cause === undefined ? `${message} (${code})` : `${cause.replace(/\.$/, '')}. The tenant: ${message} (${code})`;
  return finding('password-refused', 'passwords', {
    object,
    cause: `The tenant did not take the password of ${object.name}: ${why}`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function temporaryFinding(object: ObjectName, isCaptured: boolean): Finding {
  if (isCaptured)
    return finding('password-temporary', 'passwords', {
      object,
      cause: `${object.name} has a temporary password, to be changed at the next logon. Such are not set in the tenant (passwords.temporaryPasswords: withhold), so ${object.name} signs in there with the password before it.`,
      remedy:
        'Nothing: the password that the user chooses at the next logon is set. To set temporary ones, too, with the demand to change them: passwords.temporaryPasswords: send.',
    });
  return finding('password-temporary', 'passwords', {
    object,
    cause: `${object.name} has a temporary password, to be changed at the next logon. The tenant takes none (its feature UserForcePasswordChangeOnLogon is off), so ${object.name} signs in there with the password before it.`,
  });
}

/** Of a changed password of which the directory stores no hash. */
export function hashFinding(object: ObjectName): Finding {
  const { name } = object;
  return finding('password-without-hash', 'passwords', {
    object,
    cause: `The password of ${name} was changed, but the domain controller stores no NT hash of it, so it cannot be sent. ${name} still signs in to the tenant with the one before it, which the directory takes no more.`,
  });
}

/** An account whose password could not be read. */
export function problemFinding(object: ObjectName, problem: ReadProblem): Finding {
  return finding(problem.code, 'passwords', {
    object,
    attribute: problem.attribute ?? null,
    cause: problem.cause,
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
  });
}
