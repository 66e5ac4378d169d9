import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
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

/** Speaks TLS over an open connection and verifies the server before anything is sent. Throws ConnectionLost or `directory-certificate`. */
export function secureSocket(
  plain: Socket,
  server: ServerAddress,
  demand: TlsDemand,
  timeoutMs: number,
): Promise<SecuredSocket> {
  const socket = connectTls({ ...tlsOptions(server, demand), socket: plain });
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
