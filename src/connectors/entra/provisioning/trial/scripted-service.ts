import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SILENT_LOG } from '../../../../log.ts';
import type { ConnectorContext } from '../../../connector.ts';
import { type EntraSection, entraSection } from '../../config.ts';
import type { Pace } from '../../pace.ts';
import { ByteWriter } from '../nbfx/byte-writer.ts';
import { decodeXml } from '../nbfx/decode-xml.ts';
import { encodeXml } from '../nbfx/encode-xml.ts';
import { element, namespace } from '../nbfx/xml-building.ts';
import { childOf, childrenOf } from '../nbfx/xml-reading.ts';
import type { XmlElement, XmlNode } from '../nbfx/xml-tree.ts';
import { CONTENT_TYPE, NAMESPACE } from '../wire-names.ts';

/** A request as the service saw it. */
export interface SeenRequest {
  readonly action: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly envelope: XmlElement;
  /** The element of the action. */
  readonly body: XmlElement;
  /** What came over the wire. */
  readonly bytes: Buffer;
  readonly host: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An envelope, or bytes of whatever kind; nothing at all: the connection is cut. */
  readonly body?: XmlElement | Uint8Array;
  /** The request is never answered. */
  readonly isSilent?: boolean;
}

export type Script = (request: SeenRequest, count: number) => ScriptedAnswer;

/** A service that answers as the script says, with a sign-in that gives a new token each time. */
export interface ScriptedService {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Scopes that tokens were asked for. */
  readonly scopes: readonly string[];
  script: Script;
  close(): Promise<void>;
}

export async function startScriptedService(script: Script): Promise<ScriptedService> {
  const requests: SeenRequest[] = [];
  const scopes: string[] = [];
  const server = createServer((request, response) => {
    void readBody(request)
      .then((bytes) => {
        if (request.url?.includes('/oauth2/v2.0/token')) return giveToken(bytes, scopes, response);
        const seen = see(request, bytes);
        requests.push(seen);
        return give(service.script(seen, requests.length), request, response);
      })
      .catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: ScriptedService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    scopes,
    script,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function giveToken(bytes: Buffer, scopes: string[], response: ServerResponse): void {
  scopes.push(new URLSearchParams(bytes.toString('utf8')).get('scope') ?? '');
  const claims = Buffer.from(JSON.stringify({ tid: 'tenant-id', count: scopes.length })).toString('base64url');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ access_token: `e30.${claims}.`, expires_in: 3600, token_type: 'Bearer' }));
}

function see(request: IncomingMessage, bytes: Buffer): SeenRequest {
  const envelope = decodeXml(bytes);
  const body = childrenOf(childOf(envelope, 'Body'))[0];
  if (body === undefined) throw new Error('the envelope has no body');
  const host = request.headers.host ?? '';
  return { action: body.name, headers: request.headers, envelope, body, bytes, host };
}

function give(answer: ScriptedAnswer, request: IncomingMessage, response: ServerResponse): void {
  const { status = 200, headers = {}, body, isSilent } = answer;
  if (isSilent) return;
  if (body === undefined && answer.status === undefined) {
    request.socket.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': CONTENT_TYPE, ...headers });
  response.end(body === undefined || body instanceof Uint8Array ? body : encoded(body));
}

export function encoded(envelope: XmlElement): Uint8Array {
  const writer = new ByteWriter();
  encodeXml(writer, envelope);
  const bytes = Uint8Array.from(writer.written());
  writer.wipe();
  return bytes;
}

function envelopeOf(content: XmlElement): XmlElement {
  return element('s:Envelope', [element('s:Header', []), element('s:Body', [content])], {
    namespaces: [namespace('s', NAMESPACE.soap), namespace('i', NAMESPACE.instance)],
  });
}

/** The answer that carries a result. */
export function result(action: string, content: readonly XmlNode[]): ScriptedAnswer {
  const response = element(`${action}Response`, [element(`${action}Result`, content)], {
    namespaces: [namespace('', NAMESPACE.service)],
  });
  return { body: envelopeOf(response) };
}

export interface FaultParts {
  readonly code?: string;
  readonly subcode?: string;
  readonly message?: string;
  readonly errorCode?: string;
  readonly redirect?: string;
}

/** The answer that carries a fault. */
export function fault({
  code = 's:Receiver',
  subcode,
  message = 'It failed.',
  errorCode,
  redirect,
}: FaultParts): ScriptedAnswer {
  const inner = subcode === undefined ? [] : [element('s:Subcode', [element('s:Value', subcode)])];
  const detail: XmlElement[] = [];
  if (errorCode !== undefined) {
    const described = [element('ErrorCode', errorCode), element('ErrorDescription', message)];
    detail.push(element('AdminWebServiceFault', described));
  }
  if (redirect !== undefined) detail.push(element('BindingRedirectionFault', [element('Url', redirect)]));
  const content = element('s:Fault', [
    element('s:Code', [element('s:Value', code), ...inner]),
    element('s:Reason', [element('s:Text', message)]),
    element('s:Detail', detail),
  ]);
  return { status: 500, body: envelopeOf(content) };
}

/** The answer to GetCompanyConfiguration of a tenant with these features. */
export function company(features: number, more: readonly XmlNode[] = []): ScriptedAnswer {
  return result('GetCompanyConfiguration', [
    element('DirSyncFeatures', BigInt(features)),
    element('DisplayName', 'Contoso'),
    element('IsDirSyncing', true),
    element('IsPasswordSyncing', features % 2 === 1),
    element('TenantId', 'tenant-id'),
    ...more,
  ]);
}

/** Waits are counted and not waited for. */
export function countedPace(): Pace & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 0,
    delay: async (milliseconds) => {
      waits.push(milliseconds);
    },
    random: () => 0.5,
  };
}

export function sectionFor(url: string, more: Readonly<Record<string, unknown>> = {}): EntraSection {
  return entraSection.parse({
    tenant: 'contoso.onmicrosoft.com',
    clientId: '11111111-2222-3333-4444-555555555555',
    clientSecret: { env: 'SECRET' },
    graph: url,
    authority: url,
    ...more,
  });
}

export function contextFor(requireRight?: () => Promise<void>): ConnectorContext {
  return {
    name: 'tenant',
    log: SILENT_LOG,
    now: () => new Date(),
    readSecret: () => 'secret',
    resolvePath: (path) => path,
    ...(requireRight === undefined ? {} : { requireRight }),
  };
}
