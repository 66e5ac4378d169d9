import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A loopback address held for this process until released or until the process ends, whichever way. */
export interface LoopbackAddress {
  readonly address: string;
  release(): Promise<void>;
}

const FIRST_HOST = 21;
const LAST_HOST = 250;
/** Bound on the address as long as it is held: the kernel gives it back when we die, so nothing can be left stale. */
const CLAIM_PORT = 999;
const DIRECTORY_PORTS = [88, 135, 389, 464, 636, 3268, 3269] as const;

/**
 * Claims the given address of 127.0.0.0/8, or the first free one from 127.0.0.21 on, for a directory server.
 * Throws when the given one, or every one, is taken.
 */
export async function claimLoopbackAddress(wanted?: string): Promise<LoopbackAddress> {
  const candidates = wanted ? [wanted] : listCandidates();
  for (const address of candidates) {
    const claim = await tryToListen(address, CLAIM_PORT);
    if (!claim) continue;
    if (await areDirectoryPortsFree(address)) return { address, release: () => close(claim) };
    await close(claim);
  }
  throw new Error(
    `no free loopback address among ${candidates[0]} to ${candidates.at(-1)}: its LDAP ports are taken or not ours to ` +
      'open. Directory servers of tests need root, and no other server on 0.0.0.0:389 or 0.0.0.0:636',
  );
}

function listCandidates(): readonly string[] {
  return Array.from({ length: LAST_HOST - FIRST_HOST + 1 }, (_, index) => `127.0.0.${FIRST_HOST + index}`);
}

async function areDirectoryPortsFree(address: string): Promise<boolean> {
  for (const port of DIRECTORY_PORTS) {
    const server = await tryToListen(address, port);
    if (!server) return false;
    await close(server);
  }
  return true;
}

/** Asks the kernel for a free TCP port of 127.0.0.1. Another process may take it before it is used: then ask again. */
export async function findFreePort(): Promise<number> {
  const server = await tryToListen('127.0.0.1', 0);
  const bound = server?.address();
  if (!server || !bound || typeof bound === 'string') throw new Error('cannot listen on 127.0.0.1');
  await close(server);
  return bound.port;
}

async function tryToListen(host: string, port: number): Promise<Server | undefined> {
  const server = createServer();
  server.unref();
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}
