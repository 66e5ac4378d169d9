import type { ClientIdentity } from './client-identity.ts';
import { attribute, element, namespace } from './nbfx/xml-building.ts';
import type { XmlElement } from './nbfx/xml-tree.ts';
import { type Action, actionUri, NAMESPACE } from './wire-names.ts';

export interface EnvelopeParts {
  readonly action: Action;
  /** Where it is sent, as a URL. */
  readonly to: string;
  readonly token: string;
  /** A UUID: of the message, and for Microsoft's support to find it by. */
  readonly messageId: string;
  readonly identity: ClientIdentity;
  /** What lies within the element of the action. */
  readonly content: readonly XmlElement[];
}

/** SOAP 1.2 with WS-Addressing and the header that carries our token. */
export function buildEnvelope(parts: EnvelopeParts): XmlElement {
  const service = namespace('', NAMESPACE.service);
  const body = element(parts.action, parts.content, { namespaces: [service] });
  return element('s:Envelope', [element('s:Header', buildHeaders(parts)), element('s:Body', [body])], {
    namespaces: [namespace('s', NAMESPACE.soap), namespace('a', NAMESPACE.addressing)],
  });
}

function buildHeaders({ action, to, token, messageId, identity }: EnvelopeParts): readonly XmlElement[] {
  const mustUnderstand = [attribute('s:mustUnderstand', '1')];
  return [
    element('a:Action', actionUri(action), { attributes: mustUnderstand }),
    buildSyncToken(token, messageId, identity),
    element('a:MessageID', `urn:uuid:${messageId}`),
    element('a:ReplyTo', [element('a:Address', NAMESPACE.anonymous)]),
    element('a:To', to, { attributes: mustUnderstand }),
  ];
}

/** In the order of their names: the service reads them in no other. */
function buildSyncToken(token: string, messageId: string, identity: ClientIdentity): XmlElement {
  const values: readonly (readonly [string, string])[] = [
    ['ApplicationId', identity.applicationId],
    ['BearerToken', token],
    ['ClientVersion', identity.clientVersion],
    ['DirSyncBuildNumber', identity.buildNumber],
    ['FIMBuildNumber', identity.buildNumber],
    ['IsInstalledOnDC', 'False'],
    ['IssueDateTime', '0001-01-01T00:00:00'],
    ['LanguageId', 'en-US'],
    ['LiveToken', ''],
    ['ProtocolVersion', '2.0'],
    ['RichCoexistenceEnabled', 'False'],
    ['TrackingId', messageId],
  ];
  const namespaces = [namespace('', NAMESPACE.service)];
  return element(
    'SyncToken',
    values.map(([name, value]) => element(name, value, { namespaces })),
    {
      namespaces: [namespace('', NAMESPACE.token), namespace('i', NAMESPACE.instance)],
      attributes: [attribute('s:role', NAMESPACE.token)],
    },
  );
}

/** The headers of HTTP that go with an envelope. */
export function buildHttpHeaders(parts: EnvelopeParts, tenantId: string): Readonly<Record<string, string>> {
  const { identity } = parts;
  return {
    'x-ms-aadmsods-clientversion': identity.clientVersion,
    'x-ms-aadmsods-dirsyncbuildnumber': identity.buildNumber,
    'x-ms-aadmsods-fimbuildnumber': identity.buildNumber,
    'x-ms-aadmsods-tenantid': tenantId,
    'x-ms-aadmsods-appid': identity.applicationId,
    'x-ms-aadmsods-apiaction': parts.action,
    'client-request-id': parts.messageId,
    'user-agent': identity.userAgent,
  };
}
