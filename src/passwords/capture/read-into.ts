import { Socket } from 'node:net';

/** Read at once; what comes in more pieces is taken piece by piece. */
const BUFFER_BYTES = 4096;

/** What `node:net` has and does not document: the connection under a socket, and a constructor that takes it. */
const HANDLE = '_handle';

/**
 * A socket for the same connection, all of whose bytes are read into one buffer of ours, which `take` overwrites before it returns. A socket of Node's own reads into a block of memory, copies out of it what came,
 * and gives the block back as it is: what came stays there until something else is written over it. Node documents a buffer of the caller's (`onread`) for connections that it makes, and not
 * for those that it accepts. The socket that was accepted must not have been read from (`pauseOnConnect`); it goes with the new one.
 */
export function readInto(accepted: Socket, take: (bytes: Uint8Array) => void): Socket {
  const handle: unknown = Reflect.get(accepted, HANDLE);
  if (typeof handle !== 'object' || handle === null) return readByEvents(accepted, take);
  const onread = {
    buffer: Buffer.alloc(BUFFER_BYTES),
    callback(length: number, buffer: Uint8Array): boolean {
      take(buffer.subarray(0, length));
      return true;
    },
  };
  const options: object = { handle, onread };
  Reflect.set(accepted, HANDLE, null);
  const socket = new Socket(options);
  // The server counts the one that it accepted.
  socket.once('close', () => accepted.destroy());
  socket.resume();
  return socket;
}

/** A Node without it: at least the copy is overwritten. */
function readByEvents(accepted: Socket, take: (bytes: Uint8Array) => void): Socket {
  accepted.on('data', take);
  accepted.resume();
  return accepted;
}
