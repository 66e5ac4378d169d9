import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, for tests: cuts or silences connections when it is told to. */
export class FlakyProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes from the server after which the connection is cut or falls silent. */
  #limit: { readonly bytes: number; readonly then: 'cut' | 'silence' } | null = null;
  #isRefusing = false;
  connections = 0;
  /** To be used by clients; stays what it was when the proxy is stopped. */
  url = '';

  private constructor(host: string, port: number) {
    this.#target = { host, port };
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(host: string, port: number): Promise<FlakyProxy> {
    const proxy = new FlakyProxy(host, port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.url = `ldaps://127.0.0.1:${(proxy.#server.address() as AddressInfo).port}`;
    return proxy;
  }

  /** The next connection that brings so many bytes breaks there; the ones after it are left alone. */
  breakOnceAfter(bytes: number, then: 'cut' | 'silence' = 'cut'): void {
    this.#limit = { bytes, then };
  }

  /** Ends every connection and takes no new one. */
  refuse(): void {
    this.#isRefusing = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.refuse();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.connections++;
    if (this.#isRefusing) {
      client.destroy();
      return;
    }
    const server = connect(this.#target.port, this.#target.host);
    let bytes = 0;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (chunk) => server.write(chunk));
    let isSilent = false;
    server.on('data', (chunk) => {
      bytes += chunk.length;
      if (isSilent) return;
      if (this.#limit && bytes > this.#limit.bytes) {
        const { then } = this.#limit;
        this.#limit = null;
        if (then === 'cut') client.destroy();
        else isSilent = true;
        return;
      }
      client.write(chunk);
    });
  }
}
