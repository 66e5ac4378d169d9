import { childOf, findElement, textOf } from './nbfx/xml-reading.ts';
import type { XmlElement } from './nbfx/xml-tree.ts';

/** What the service says instead of a result. */
export interface ServiceFault {
  /** The service's own number or name, where it gives one (facts E.6). */
  readonly errorCode: string | null;
  /** Its words, for people. */
  readonly message: string;
  /** Where to ask instead. */
  readonly redirect: string | null;
  /** The local name of the innermost code of SOAP (`Receiver`, `FailedAuthentication` ...). */
  readonly soapCode: string;
  readonly trackingId: string | null;
}

/** Characters of what the service says that are shown to people. */
export const MOST_WORDS = 500;

/** The fault of an envelope; null when it carries none. */
export function readFault(envelope: XmlElement): ServiceFault | null {
  const fault = childOf(envelope, 'Body', 'Fault');
  if (fault === undefined) return null;
  const detail = childOf(fault, 'Detail');
  const described = textOf(findElement(detail, 'ErrorDescription'));
  return {
    errorCode: textOf(findElement(detail, 'ErrorCode'))?.trim() || null,
    message: (described || textOf(fault, 'Reason', 'Text') || 'it gave no reason').trim().slice(0, MOST_WORDS),
    redirect: textOf(findElement(detail, 'BindingRedirectionFault'), 'Url')?.trim() || null,
    soapCode: innermostCode(childOf(fault, 'Code')),
    trackingId: textOf(findElement(detail, 'TrackingId')) || null,
  };
}

function innermostCode(code: XmlElement | undefined): string {
  const inner = childOf(code, 'Subcode');
  if (inner !== undefined) return innermostCode(inner);
  return (textOf(code, 'Value') ?? '').replace(/^.*:/, '').trim();
}

/** "Entra is busy" (facts E.6): to be asked again. The last is WCF's own word for the same. */
const TRY_AGAIN: ReadonlySet<string> = new Set(['81', 'AzureDirectoryServiceServerBusy', 'ServerTooBusy']);
/** WSS 1.1, 12: the token was not accepted. */
const BAD_TOKEN: ReadonlySet<string> = new Set(['FailedAuthentication', 'InvalidSecurityToken', 'InvalidSecurity']);

export function isTransientFault({ errorCode, soapCode }: ServiceFault): boolean {
  return isTransientCode(errorCode) || TRY_AGAIN.has(soapCode);
}

/** Whether the service says with this code to come again, of everything or of one object. */
export function isTransientCode(errorCode: string | null): boolean {
  return errorCode !== null && TRY_AGAIN.has(errorCode);
}

export function isTokenFault({ soapCode }: ServiceFault): boolean {
  return BAD_TOKEN.has(soapCode);
}

/** What a refusal of everything means and what to do about it; undefined for those that we know nothing of. */
export function explainRefusal(errorCode: string | null, message: string): string | undefined {
  if (errorCode === '90') return PASSWORDS_OFF;
  if (errorCode === '115') return ACCESS_DENIED;
  if (/not yet activated for this company/i.test(message)) return SYNC_OFF;
  if (
    /(version|build|client|upgrade).{0,80}(not supported|no longer|unsupported|too old|out of date|latest)/is.test(
      message,
    )
  )
    return OLD_CLIENT;
  return undefined;
}

const PASSWORDS_OFF =
  'Switch password hash synchronization on in the tenant (feature PasswordHashSync): an administrator does so once in the tenant, or lets the first cycle do it.';
const ACCESS_DENIED =
  'The application may not use directory synchronization. Grant it what docs/guide/provisioning-service.md names, or use Microsoft Graph instead (via: graph, passwords: { method: capture }).';
const SYNC_OFF =
  'Directory synchronization is switched off in the tenant: an administrator switches it on (Microsoft Graph: organization, onPremisesSyncEnabled). Nothing was changed.';
const OLD_CLIENT =
  'The service takes no client of this name and version. Dirbridge says who it is; what it says can be configured (provisioning: { buildNumber, clientVersion, applicationId }), but Microsoft supports no client other than its own here. Microsoft Graph needs none of this: via: graph, passwords: { method: capture }.';
