import { createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { type HandOver, HandOverReader, type RequestFault } from './hand-over-request.ts';
import { readInto } from './read-into.ts';
import { isPipe, letIn, prepareFolder, removeStaleSocket, type SocketAccess, unusable } from './socket-place.ts';

/** Why a password was not taken: the request is none (RequestFault), we don't know its source, or hold too many already. */
export type Refusal = RequestFault | 'unknown-source' | 'busy';

export interface CaptureServerOptions {
  /** Absolute. */
  readonly path: string;
  readonly access: SocketAccess;
  /** Takes a password over, and its buffer with it, at once: nothing may be asked or sent before it answers. Null: taken. */
  readonly take: (handOver: HandOver) => Refusal | null;
  readonly log: Log;
  /** Milliseconds that a peer has for its request. */
  readonly patience?: number;
}

export interface CaptureServer {
  close(): Promise<void>;
}

const PATIENCE = 1000;
/** A domain controller hands over one password at a time in each of its processes. */
const MOST_PEERS = 64;

/** Listens for domain controllers that hand new passwords over. Throws `capture-socket`. */
export async function startCaptureServer(options: CaptureServerOptions): Promise<CaptureServer> {
  const { path, access } = options;
  if (!isPipe(path)) {
    prepareFolder(path, access);
    await removeStaleSocket(path);
  }
  const peers = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    const socket = serve(accepted, options);
    peers.add(socket);
    socket.once('close', () => peers.delete(socket));
  });
  server.maxConnections = MOST_PEERS;
  await listen(server, path);
  try {
    if (!isPipe(path)) letIn(path, access);
  } catch (error) {
    await close(server, peers);
    throw error;
  }
  return { close: () => close(server, peers) };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(unusable(path, messageOf(error), error)));
    server.listen(path, resolve);
  });
}

function close(server: Server, peers: ReadonlySet<Socket>): Promise<void> {
  for (const socket of peers) socket.destroy();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** One request of one peer, and one answer. */
function serve(accepted: Socket, { take, log, patience = PATIENCE }: CaptureServerOptions): Socket {
  const reader = new HandOverReader();
  let isAnswered = false;
  const answer = (refusal: Refusal | null): void => {
    isAnswered = true;
    reader.clear();
    socket.end(refusal === null ? 'taken\n' : `refused ${refusal}\n`);
  };
  const timer = setTimeout(() => afterReading(() => socket.destroySoon()), patience);
  const socket = readInto(accepted, (bytes) => {
    if (isAnswered) {
      bytes.fill(0);
      return;
    }
    const request = reader.add(bytes);
    if (request === null) return;
    if (typeof request === 'object') answer(takeSafely(request, take, log));
    else {
      log.warn({ reason: request }, 'what came on the socket for new passwords is no request');
      answer(request);
    }
  });
  // A peer that goes away in the middle is no error of ours; its bytes are not kept.
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    clearTimeout(timer);
    reader.clear();
  });
  return socket;
}

/**
 * After everything was read that has come by now. Timers come before reading: when we were busy for longer than a peer has, its whole request may lie there unread. The first `setImmediate` comes
 * right after the reading that follows, the second also where this one came between the two.
 */
function afterReading(work: () => void): void {
  setImmediate(() => setImmediate(work));
}

function takeSafely(request: HandOver, take: CaptureServerOptions['take'], log: Log): Refusal | null {
  try {
    const refusal = take(request);
    if (refusal !== null) request.password.fill(0);
    return refusal;
  } catch (thrown) {
    request.password.fill(0);
    log.error({ account: request.account, reason: messageOf(thrown) }, 'a new password could not be taken over');
    return 'busy';
  }
}
