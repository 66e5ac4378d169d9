import { connect as connectTcp, type Socket, type SocketConstructorOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectionLost } from './ldap-failure.ts';
import type { ServerAddress } from './server-address.ts';
import { type ServerCertificate, type TlsDemand, tlsOptions, verifyServer } from './tls-verification.ts';

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly certificate: ServerCertificate;
}

/** Opens a TCP connection. Throws ConnectionLost. */
export function openSocket(server: ServerAddress, timeoutMs: number): Promise<Socket> {
  const socket = connectTcp({ host: server.host, port: server.port, keepAlive: true, noDelay: true });
  return settle(socket, 'connect', server, timeoutMs, () => socket);
}

/** One for each connection: what is read with every call of the system goes through it. */
const READ_SIZE = 65_536;

/** Takes the bytes of a connection as they come. They are good only until the call returns: the next ones come into the same memory. */
export interface ByteSink {
  take(bytes: Buffer): void;
}

/**
 * Connects with TLS from the first byte and verifies the server before anything is sent. Throws ConnectionLost or `directory-certificate`. Servers send
 * each entry by itself, so what comes is handed to `sink` without the object and the memory of its own that a stream makes of each piece.
 */
export function openSecureSocket(
  server: ServerAddress,
  demand: TlsDemand,
  timeoutMs: number,
  sink: ByteSink,
): Promise<SecuredSocket> {
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  const onread = {
    buffer,
    callback: (length: number): boolean => {
      sink.take(buffer.subarray(0, length));
      return true;
    },
  };
  const options: ConnectionOptions & SocketConstructorOpts = {
    ...tlsOptions(server, demand),
    host: server.host,
    port: server.port,
    onread,
  };
  const socket = connectTls(options);
  socket.setKeepAlive(true);
  socket.setNoDelay(true);
  return verify(socket, server, demand, timeoutMs);
}

/** Speaks TLS over an open connection and verifies the server before anything is sent. Throws ConnectionLost or `directory-certificate`. */
export function secureSocket(
  plain: Socket,
  server: ServerAddress,
  demand: TlsDemand,
  timeoutMs: number,
): Promise<SecuredSocket> {
  return verify(connectTls({ ...tlsOptions(server, demand), socket: plain }), server, demand, timeoutMs);
}

function verify(
  socket: TLSSocket,
  server: ServerAddress,
  demand: TlsDemand,
  timeoutMs: number,
): Promise<SecuredSocket> {
  return settle(socket, 'secureConnect', server, timeoutMs, () => {
    try {
      return { socket, certificate: verifyServer(socket, server, demand) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  });
}

function settle<Result>(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  server: ServerAddress,
  timeoutMs: number,
  result: () => Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const fail = (reason: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.removeListener('close', onClose);
      socket.destroy();
      reject(new ConnectionLost(`${server.url}: ${reason}`, cause));
    };
    const onError = (error: Error): void => fail(error.message, error);
    const onClose = (): void => fail('the server closed the connection');
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
      try {
        resolve(result());
      } catch (error) {
        reject(error);
      }
    });
  });
}
