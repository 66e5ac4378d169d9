import { type Node, node } from './nbfx/encode-message.ts';
import { NAMESPACE } from './wire-names.ts';

interface FaultParts {
  /** Who is to blame: `Sender`, or `Receiver` for what may be asked again. */
  readonly code: 'Sender' | 'Receiver' | 'MustUnderstand';
  readonly subcode?: string;
  readonly reason: string;
  readonly detail?: Node;
}

/** A fault of SOAP 1.2 (5.4), answered with HTTP 500. */
export class ServiceFault extends Error {
  readonly parts: FaultParts;

  constructor(parts: FaultParts) {
    super(parts.reason);
    this.parts = parts;
  }
}

const RECOVERABLE = 'A recoverable error occurred. Please retry. If issue persists, please contact Technical Support.';
const UNRECOVERABLE = 'An error occurred. Please contact Technical Support.';

/** The service's own fault: its number is in the detail, not in the reason (observed in logs of its client). */
export function administrativeFault(errorCode: number, description: string, trackingId: string): ServiceFault {
  const isTransient = errorCode === 81;
  return new ServiceFault({
    code: isTransient ? 'Receiver' : 'Sender',
    reason: isTransient ? RECOVERABLE : UNRECOVERABLE,
    detail: node(
      'AdminWebServiceFault',
      [
        node('ErrorCode', errorCode),
        node('ErrorDescription', description),
        node('ServerName', 'EMULATED'),
        node('TrackingId', trackingId),
      ],
      { namespaces: { '': NAMESPACE.coexistence } },
    ),
  });
}

export function notActivated(trackingId: string): ServiceFault {
  const description = 'Identity synchronization is not yet activated for this company.';
  return administrativeFault(4, description, trackingId);
}

export function passwordsNotActivated(trackingId: string): ServiceFault {
  return administrativeFault(90, 'Password Synchronization has not been activated for this company.', trackingId);
}

export function accessDenied(trackingId: string): ServiceFault {
  return administrativeFault(
    115,
    'Access to Azure Active Directory has been denied. Contact Technical Support.',
    trackingId,
  );
}

export function serverBusy(trackingId: string): ServiceFault {
  return administrativeFault(81, 'AzureDirectoryServiceServerBusy: the service is busy, please retry.', trackingId);
}

export function clientTooOld(found: string, minimum: string, trackingId: string): ServiceFault {
  return administrativeFault(
    1,
    `This version of the client (${found}) is no longer supported. Please upgrade to ${minimum} or later.`,
    trackingId,
  );
}

/** Assumed: the numbers of the facts have none for this. */
export function cookieRefused(trackingId: string): ServiceFault {
  return administrativeFault(5, 'The synchronization cookie is not valid: read everything anew.', trackingId);
}

/** What the regional redirection says (facts E.13): ask there instead. */
export function redirectTo(url: string): ServiceFault {
  return new ServiceFault({
    code: 'Sender',
    reason: 'The request has to be sent to another binding.',
    detail: node('BindingRedirectionFault', [node('Url', url)], { namespaces: { '': NAMESPACE.coexistence } }),
  });
}

export function tokenRefused(reason: string): ServiceFault {
  return new ServiceFault({ code: 'Sender', subcode: 'FailedAuthentication', reason });
}

/** What the dispatcher of WCF answers for an action that the contract does not have. */
export function actionUnknown(action: string): ServiceFault {
  return new ServiceFault({
    code: 'Sender',
    subcode: 'ActionNotSupported',
    reason: `The message with Action '${action}' cannot be processed at the receiver, due to a ContractFilter mismatch at the EndpointDispatcher.`,
  });
}

/** A body, or header, that is not what the contract says. */
export function bodyRefused(what: string): ServiceFault {
  return new ServiceFault({
    code: 'Sender',
    subcode: 'DeserializationFailed',
    reason: `The formatter threw an exception while trying to deserialize the message: ${what}`,
  });
}

export function headerRefused(what: string): ServiceFault {
  return new ServiceFault({ code: 'Sender', subcode: 'InvalidAddressingHeader', reason: what });
}

export function describeFault({ code, subcode, reason, detail }: FaultParts): Node {
  const inner = subcode === undefined ? [] : [node('s:Subcode', [node('s:Value', `a:${subcode}`)])];
  return node('s:Fault', [
    node('s:Code', [node('s:Value', `s:${code}`), ...inner]),
    node('s:Reason', [node('s:Text', reason, { attributes: { 'xml:lang': 'en-US' } })]),
    ...(detail === undefined ? [] : [node('s:Detail', [detail])]),
  ]);
}
