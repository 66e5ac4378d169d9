import type { Call } from '../http-exchange.ts';
import type { XmlElement } from './nbfx/xml-element.ts';
import { readMembers, textOf } from './read-members.ts';
import { bodyRefused, headerRefused, ServiceFault } from './service-fault.ts';
import { actionOf, NAMESPACE, SERVICE_PATH } from './wire-names.ts';

/** What an envelope says besides its body. */
export interface Envelope {
  readonly messageId: string;
  readonly action: string;
  readonly token: string;
  readonly buildNumber: string;
  readonly clientVersion: string;
  readonly trackingId: string;
  /** The element of the operation. */
  readonly body: XmlElement;
}

/** In the order of their names (facts E.13). */
const SYNC_TOKEN = [
  'ApplicationId',
  'BearerToken',
  'ClientVersion',
  'DirSyncBuildNumber',
  'FIMBuildNumber',
  'IsInstalledOnDC',
  'IssueDateTime',
  'LanguageId',
  'LiveToken',
  'ProtocolVersion',
  'RichCoexistenceEnabled',
  'TrackingId',
] as const;

/** What the HTTP headers say must be what the envelope says. */
const SAME_AS_HEADER: readonly (readonly [string, (typeof SYNC_TOKEN)[number]])[] = [
  ['x-ms-aadmsods-clientversion', 'ClientVersion'],
  ['x-ms-aadmsods-dirsyncbuildnumber', 'DirSyncBuildNumber'],
  ['x-ms-aadmsods-fimbuildnumber', 'FIMBuildNumber'],
  ['x-ms-aadmsods-appid', 'ApplicationId'],
];

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Judges SOAP, addressing and the token header, and what of them HTTP repeats. Throws a ServiceFault. */
export function readEnvelope(root: XmlElement, call: Call, operation: string): Envelope {
  if (root.name !== 'Envelope' || root.namespace !== NAMESPACE.soap) {
    throw bodyRefused(`the message is '${root.name}' of '${root.namespace}', not an Envelope of SOAP 1.2`);
  }
  const parts = readMembers(root, NAMESPACE.soap, ['Header', 'Body']);
  const headers = readHeaders(parts.get('Header')?.children ?? []);
  const action = headers.get('Action') ?? '';
  if (action !== actionOf(operation)) {
    throw headerRefused(`the Action is '${action}', and x-ms-aadmsods-apiaction says '${operation}'`);
  }
  const bodies = parts.get('Body')?.children ?? [];
  const body = bodies[0];
  if (bodies.length !== 1 || body?.name !== operation || body.namespace !== NAMESPACE.service) {
    throw bodyRefused(`the Body must hold one '${operation}' of '${NAMESPACE.service}'`);
  }
  const token = readSyncToken(parts.get('Header'), call);
  return { messageId: headers.get('MessageID') ?? '', action, body, ...token };
}

/** WS-Addressing 1.0 Core 3.2: each header once; SOAP 1.2 5.2.3: what must be understood and is not is refused. */
function readHeaders(headers: readonly XmlElement[]): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const header of headers) {
    if (header.namespace === NAMESPACE.addressing) {
      if (read.has(header.name)) throw headerRefused(`the header ${header.name} comes twice`);
      read.set(header.name, header.name === 'ReplyTo' ? readReplyTo(header) : header.text);
    } else if (header.name !== 'SyncToken' && mustBeUnderstood(header)) {
      throw new ServiceFault({ code: 'MustUnderstand', reason: `The header '${header.name}' is not understood.` });
    }
  }
  for (const name of ['Action', 'MessageID', 'ReplyTo', 'To']) {
    if (!read.get(name)) throw headerRefused(`the header ${name} is missing`);
  }
  if (!/^urn:uuid:/.test(read.get('MessageID') ?? '') || !GUID.test(read.get('MessageID')?.slice(9) ?? '')) {
    throw headerRefused('the MessageID must be urn:uuid: and a UUID');
  }
  if (read.get('ReplyTo') !== NAMESPACE.anonymous) throw headerRefused('ReplyTo must be the anonymous address');
  if (!isServiceAddress(read.get('To') ?? '')) throw headerRefused(`To must be the URL of ${SERVICE_PATH}`);
  return read;
}

function mustBeUnderstood(header: XmlElement): boolean {
  const value = header.attributes.find((attribute) => attribute.name === 'mustUnderstand')?.value;
  return value === '1' || value === 'true';
}

function readReplyTo(header: XmlElement): string {
  return textOf(readMembers(header, NAMESPACE.addressing, ['Address']).get('Address')) ?? '';
}

function isServiceAddress(text: string): boolean {
  return URL.canParse(text) && new URL(text).pathname.toLowerCase() === SERVICE_PATH;
}

type TokenPart = Pick<Envelope, 'token' | 'buildNumber' | 'clientVersion' | 'trackingId'>;

function readSyncToken(header: XmlElement | undefined, call: Call): TokenPart {
  const found = header?.children.filter(({ name }) => name === 'SyncToken') ?? [];
  const element = found[0];
  if (found.length !== 1 || element?.namespace !== NAMESPACE.token) {
    throw headerRefused(`the header SyncToken of '${NAMESPACE.token}' must come once`);
  }
  const role = element.attributes.find(
    (attribute) => attribute.namespace === NAMESPACE.soap && attribute.name === 'role',
  );
  if (role?.value !== NAMESPACE.token) throw headerRefused(`the role of SyncToken must be '${NAMESPACE.token}'`);
  const members = readMembers(element, NAMESPACE.service, SYNC_TOKEN);
  const value = (name: (typeof SYNC_TOKEN)[number]): string => textOf(members.get(name)) ?? '';
  if (value('ProtocolVersion') !== '2.0') throw headerRefused('the ProtocolVersion of SyncToken must be 2.0');
  if (!GUID.test(value('TrackingId'))) throw headerRefused('the TrackingId of SyncToken must be a UUID');
  for (const [name, member] of SAME_AS_HEADER) {
    if (call.headers[name] !== value(member)) {
      throw headerRefused(`the HTTP header ${name} is missing or differs from ${member} of SyncToken`);
    }
  }
  return {
    token: value('BearerToken'),
    buildNumber: value('DirSyncBuildNumber'),
    clientVersion: value('ClientVersion'),
    trackingId: value('TrackingId'),
  };
}

/** The HTTP headers that have nothing like them in the envelope. */
export function checkHttpHeaders(call: Call, tenantId: string): void {
  if (!GUID.test(call.headers['client-request-id'] ?? '')) {
    throw headerRefused('the HTTP header client-request-id must be a UUID');
  }
  if (call.headers['x-ms-aadmsods-tenantid']?.toLowerCase() !== tenantId) {
    throw headerRefused('the HTTP header x-ms-aadmsods-tenantid does not name this tenant');
  }
}
