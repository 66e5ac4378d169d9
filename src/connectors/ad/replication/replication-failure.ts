import { DirbridgeError, type ErrorCode, messageOf } from '../../../errors.ts';
import { ConnectionLost, LdapRefusal } from '../ldap/ldap-failure.ts';
import { DrsRefusal, isTransientDrsError } from './drsuapi/drs-refusal.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import { ReadOnlyController } from './read-only-controller.ts';
import { RpcRefusal } from './rpc/rpc-refusal.ts';

/** A refusal that another attempt may not meet, as a lost connection: that is what is taken up again. Anything else unchanged. */
export function asLostWhereTransient(thrown: unknown): unknown {
  const isTransient =
    (thrown instanceof RpcRefusal && thrown.about === 'busy') ||
    (thrown instanceof DrsRefusal && isTransientDrsError(thrown.code));
  return isTransient ? new ConnectionLost(messageOf(thrown), thrown) : thrown;
}

/**
 * Whether another domain controller may do better. Not where it is wrong everywhere, as a password and rights are: trying it on each server would only lock the
 * account. Nor with a bug of ours.
 */
export function isOfOneServer(thrown: unknown): boolean {
  if (thrown instanceof DirbridgeError) return ERRORS_OF_ONE_SERVER.includes(thrown.code);
  return FAILURES_OF_ONE_SERVER.some((kind) => thrown instanceof kind);
}

const ERRORS_OF_ONE_SERVER: readonly ErrorCode[] = [
  'directory-unreachable',
  'directory-refused',
  'directory-certificate',
];
const FAILURES_OF_ONE_SERVER = [
  ConnectionLost,
  LdapRefusal,
  RpcRefusal,
  DrsRefusal,
  MalformedAnswer,
  ReadOnlyController,
];

/** The domain controller cannot be reached for replication. */
export function unreachable(thrown: ConnectionLost): DirbridgeError {
  return new DirbridgeError('directory-unreachable', thrown.message, {
    cause: thrown,
    remedy:
      'See that the domain controller is up. Passwords need TCP port 135 of the domain controller and the port that it names there (49152 to 65535 unless fixed). Open both in the firewalls between; where the port of directory replication is fixed, set replication.port to it and port 135 is not needed.',
  });
}

/** Anything thrown while passwords are read, as the error that the cycle ends with. */
export function asReplicationError(thrown: unknown, source: string, doing: string): DirbridgeError {
  if (thrown instanceof DirbridgeError) return thrown;
  const message = `${source}: ${doing}: ${messageOf(thrown)}`;
  const options = { cause: thrown };
  if (thrown instanceof ConnectionLost) return new DirbridgeError('directory-interrupted', message, options);
  if (thrown instanceof MalformedAnswer) return new DirbridgeError('directory-answer', message, options);
  if (thrown instanceof ReadOnlyController)
    return new DirbridgeError('directory-refused', message, { ...options, remedy: NAME_WRITABLE });
  if (thrown instanceof RpcRefusal || thrown instanceof DrsRefusal || thrown instanceof LdapRefusal)
    return new DirbridgeError('directory-refused', message, { ...options, remedy: remedyOf(thrown) });
  return new DirbridgeError('bug', message, options);
}

const NAME_WRITABLE = 'Name a domain controller that can be written to in servers of the source.';

/** ERROR_DS_DRA_SOURCE_DISABLED. */
const SOURCE_DISABLED = 8456;

function remedyOf(thrown: Error): string {
  if (thrown instanceof DrsRefusal && thrown.code === SOURCE_DISABLED)
    return 'Allow it again: repadmin /options DC -DISABLE_OUTBOUND_REPL, or on Samba: samba-tool drs options DC --dsa-option=-DISABLE_OUTBOUND_REPL. The directory service log of the domain controller says why it was switched off.';
  return 'Look at the directory service log of the domain controller, or name another one first in servers.';
}
