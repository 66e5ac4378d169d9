import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeXml } from '../../src/connectors/entra/provisioning/nbfx/decode-xml.ts';
import { childOf, childrenOf } from '../../src/connectors/entra/provisioning/nbfx/xml-reading.ts';
import type { XmlElement } from '../../src/connectors/entra/provisioning/nbfx/xml-tree.ts';
import { encoded, type ScriptedAnswer } from '../../src/connectors/entra/provisioning/trial/scripted-service.ts';
import { CONTENT_TYPE } from '../../src/connectors/entra/provisioning/wire-names.ts';

/** Answers in the place of the service; null: the service answers. `count`: how often this action was asked for; `body`: the element of the action. */
export type Instead = (action: string, count: number, body: XmlElement | undefined) => ScriptedAnswer | null;

/** Stands before the emulated provisioning service, and answers for it what no service should. */
export class ServiceInBetween {
  readonly url: string;
  readonly #close: () => Promise<void>;
  /** How often each action was asked for. */
  readonly counts = new Map<string, number>();
  instead: Instead = () => null;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  /** `before`: the URL of the emulator. */
  static async start(before: string): Promise<ServiceInBetween> {
    const server = createServer((request, response) => {
      void service.#answer(before, request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/provisioningservice.svc`;
    const service = new ServiceInBetween(url, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return service;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #answer(before: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat((await Array.fromAsync(request)) as Buffer[]);
    const action = String(request.headers['x-ms-aadmsods-apiaction']);
    const count = (this.counts.get(action) ?? 0) + 1;
    this.counts.set(action, count);
    const own = this.instead(action, count, childrenOf(childOf(decodeXml(body), 'Body'))[0]);
    if (own !== null) return answer(own, response);
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const forwarded = await fetch(new URL(request.url ?? '/', before), {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    response.writeHead(forwarded.status, { 'content-type': forwarded.headers.get('content-type') ?? CONTENT_TYPE });
    response.end(Buffer.from(await forwarded.arrayBuffer()));
  }
}

function answer({ status = 200, headers = {}, body }: ScriptedAnswer, response: ServerResponse): void {
  if (body === undefined) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': CONTENT_TYPE, ...headers });
  response.end(body instanceof Uint8Array ? body : encoded(body));
}
