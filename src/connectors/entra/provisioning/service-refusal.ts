import { DirbridgeError } from '../../../errors.ts';
import type { NoAnswer } from '../graph.ts';
import type { HttpAnswer } from './http-post.ts';
import { explainRefusal, type ServiceFault } from './service-fault.ts';
import type { Action } from './wire-names.ts';

/** The errors that a request as a whole ends with, each in plain words. None of them holds a token, a credential or a body. */

export function refusedByFault(
  action: Action,
  { errorCode, message, soapCode, trackingId }: ServiceFault,
): DirbridgeError {
  const code = errorCode ?? soapCode;
  const tracking = trackingId === null ? '' : ` (tracking ${trackingId})`;
  const text = `The provisioning service refused ${action}: ${code === '' ? '' : `${code}: `}${message}${tracking}`;
  const remedy = explainRefusal(errorCode, message);
  return new DirbridgeError('provisioning-refused', text, remedy === undefined ? {} : { remedy });
}

export function refusedByStatus(action: Action, url: string, { status, headers }: HttpAnswer): DirbridgeError {
  const host = new URL(url).host;
  if (status === 401) {
    return new DirbridgeError('provisioning-refused', `${host} does not take our token for ${action} (401).`, {
      remedy:
        'Look whether the application holds the permission that docs/guide/provisioning-service.md names, with admin consent; and look at the clock of this machine. A token of an application may be refused by this service although sign-in gave it: then use Microsoft Graph.',
    });
  }
  if (status === 429 || status >= 500) {
    return new DirbridgeError('tenant-unreachable', `The provisioning service kept answering ${status} to ${action}.`);
  }
  const led =
    status >= 300 && status < 400
      ? ` and leads to ${URL.parse(headers['location'] ?? '')?.host ?? 'another place'}`
      : '';
  return new DirbridgeError('provisioning-refused', `${host} answers ${status} to ${action}${led}.`);
}

export function unreachable(cause: NoAnswer): DirbridgeError {
  return new DirbridgeError('tenant-unreachable', `The provisioning service did not answer: ${cause.message}.`, {
    cause,
  });
}

/** A proxy, a portal, or an address that is not that of the service. */
export function foreignAnswer(action: Action, url: string, cause: Error | null): DirbridgeError {
  const reason = cause === null ? 'it holds no answer to what was asked' : cause.message;
  const text = `The answer of ${new URL(url).host} to ${action} cannot be read: ${reason}.`;
  return new DirbridgeError('provisioning-refused', text, cause === null ? {} : { cause });
}

export function ledElsewhere(action: Action, named: string): DirbridgeError {
  const to = URL.parse(named)?.host ?? 'another place';
  const text = `The answer to ${action} leads to ${to}, which is no host of the same cloud: our token was not sent there.`;
  return new DirbridgeError('provisioning-refused', text, {
    remedy: 'If that host is the right one, name its URL in provisioning.url of the target.',
  });
}

export function tooManyRedirects(action: Action, most: number): DirbridgeError {
  const text = `The provisioning service sent ${action} on to another host more than ${most} times.`;
  return new DirbridgeError('provisioning-refused', text);
}
