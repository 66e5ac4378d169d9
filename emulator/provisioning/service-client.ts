import { pbkdf2Sync, randomBytes, randomUUID } from 'node:crypto';
import type { GraphClient } from '../graph-client.ts';
import { md4 } from '../tenant/passwords/md4.ts';
import { decodeMessage } from './nbfx/decode-message.ts';
import { encodeMessage, type Node, nil, node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';
import { actionOf, CONTENT_TYPE, NAMESPACE, SERVICE_PATH } from './wire-names.ts';

const APPLICATION = '1651564e-7ce4-4d99-88be-0a65050d8dc3';

/** What a call may do differently from what is right, for tests of refusals. */
export interface CallChanges {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly token?: string;
  readonly build?: string;
  readonly envelope?: (envelope: Node) => Node;
  readonly bytes?: (bytes: Buffer) => Buffer;
}

export interface ServiceReply {
  readonly status: number;
  readonly envelope: XmlElement | undefined;
  /** The element `<Operation>Result`. */
  readonly result: XmlElement | undefined;
}

/** A small client of the provisioning service over the real socket, for the emulator's own tests. */
export class ServiceClient {
  readonly #graph: GraphClient;
  #token: string | undefined;

  constructor(graph: GraphClient) {
    this.#graph = graph;
  }

  async token(): Promise<string> {
    const fields = { ...this.#graph.secretFields(), scope: 'https://graph.windows.net/.default' };
    this.#token ??= (await this.#graph.signIn(fields)).textAt('access_token');
    return this.#token;
  }

  async call(operation: string, content: readonly Node[], changes: CallChanges = {}): Promise<ServiceReply> {
    const { url, tenantId } = this.#graph.emulator;
    const build = changes.build ?? '2.4.21.0';
    const envelope = this.#envelope(operation, content, changes.token ?? (await this.token()), build);
    const bytes = encodeMessage(changes.envelope ? changes.envelope(envelope) : envelope);
    const headers = {
      'content-type': CONTENT_TYPE,
      'x-ms-aadmsods-clientversion': '8.0',
      'x-ms-aadmsods-dirsyncbuildnumber': build,
      'x-ms-aadmsods-fimbuildnumber': build,
      'x-ms-aadmsods-tenantid': tenantId,
      'x-ms-aadmsods-appid': APPLICATION,
      'x-ms-aadmsods-apiaction': operation,
      'client-request-id': randomUUID(),
      ...changes.headers,
    };
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(`${url}${SERVICE_PATH}`, {
      method: 'POST',
      headers: given,
      body: new Uint8Array(changes.bytes ? changes.bytes(bytes) : bytes),
    });
    return readReply(response.status, response.headers.get('content-type'), Buffer.from(await response.arrayBuffer()));
  }

  #envelope(operation: string, content: readonly Node[], token: string, build: string): Node {
    const values = [
      APPLICATION,
      token,
      '8.0',
      build,
      build,
      'False',
      '0001-01-01T00:00:00',
      'en-US',
      '',
      '2.0',
      'False',
      randomUUID(),
    ];
    const names =
      'ApplicationId BearerToken ClientVersion DirSyncBuildNumber FIMBuildNumber IsInstalledOnDC IssueDateTime LanguageId LiveToken ProtocolVersion RichCoexistenceEnabled TrackingId';
    const members = names
      .split(' ')
      .map((name, place) => node(name, values[place] ?? '', { namespaces: { '': NAMESPACE.service } }));
    const header = [
      node('a:Action', actionOf(operation), { attributes: { 's:mustUnderstand': '1' } }),
      node('SyncToken', members, { namespaces: { '': NAMESPACE.token }, attributes: { 's:role': NAMESPACE.token } }),
      node('a:MessageID', `urn:uuid:${randomUUID()}`),
      node('a:ReplyTo', [node('a:Address', NAMESPACE.anonymous)]),
      node('a:To', `https://adminwebservice.microsoftonline.com${SERVICE_PATH}`),
    ];
    const body = node(operation, content, { namespaces: { '': NAMESPACE.service } });
    return node('s:Envelope', [node('s:Header', header), node('s:Body', [body])], {
      namespaces: { s: NAMESPACE.soap, a: NAMESPACE.addressing },
    });
  }
}

function readReply(status: number, type: string | null, bytes: Buffer): ServiceReply {
  if (type !== CONTENT_TYPE) return { status, envelope: undefined, result: undefined };
  const envelope = decodeMessage(bytes);
  return { status, envelope, result: envelope.children[1]?.children[0]?.children[0] };
}

/** The first element of this name below, or of it itself. */
export function find(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (!element || element.name === name) return element;
  for (const child of element.children) {
    const found = find(child, name);
    if (found) return found;
  }
  return undefined;
}

export function findAll(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (!element) return [];
  return [...(element.name === name ? [element] : []), ...element.children.flatMap((child) => findAll(child, name))];
}

/** The text of the first element of this name. */
export function text(element: XmlElement | undefined, name: string): string | undefined {
  return find(element, name)?.text;
}

/** A hash as the synchronization of passwords makes it. */
export function credentialOf(password: string, iterations = 1000): string {
  const ntHash = md4(Buffer.from(password, 'utf16le')).toString('hex').toUpperCase();
  const salt = randomBytes(10);
  const hash = pbkdf2Sync(Buffer.from(ntHash, 'utf16le'), salt, iterations, 32, 'sha256').toString('hex');
  return `v1;PPH1_MD4,${salt.toString('hex')},${iterations},${hash};`;
}

export interface CredentialItem {
  readonly sourceAnchor?: string;
  readonly cloudAnchor?: string;
  readonly credential: string;
  readonly mustChange?: boolean;
  readonly changeDate?: string;
}

/** The content of ProvisionCredentials. */
export function credentialsBody(items: readonly CredentialItem[]): readonly Node[] {
  const optional = (name: string, value: string | undefined): Node =>
    value === undefined ? nil(name) : node(name, value);
  const list = items.map((item) =>
    node('b:SyncCredentialsChangeItem', [
      node('b:ChangeDate', item.changeDate ?? '2026-01-02T03:04:05Z'),
      optional('b:CloudAnchor', item.cloudAnchor),
      node('b:CredentialData', item.credential),
      node('b:ForcePasswordChangeOnLogon', item.mustChange === true),
      optional('b:SourceAnchor', item.sourceAnchor),
      nil('b:WindowsLegacyCredentials'),
      nil('b:WindowsSupplementalCredentials'),
    ]),
  );
  return [
    node('request', [node('b:RequestItems', list)], {
      namespaces: { b: NAMESPACE.coexistence, i: NAMESPACE.instance },
    }),
  ];
}
