import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Answer } from './http-exchange.ts';

/** Sends an answer, or does to the connection what its interruption says. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  const { interruption } = answer;
  if (interruption?.kind === 'reset' || interruption?.kind === 'missing') {
    response.socket?.resetAndDestroy();
    return;
  }
  // A time-out is the client's: the connection stays open and silent until it goes away.
  if (interruption?.kind === 'timeout') return;
  if (interruption?.kind === 'slow') {
    setTimeout(() => send(response, answer), interruption.milliseconds).unref();
    return;
  }
  if (interruption?.kind === 'cut') {
    sendHalf(response, answer);
    return;
  }
  send(response, interruption?.kind === 'garbled' ? garble(answer) : answer);
}

function bytesOf(answer: Answer): Buffer {
  return answer.bytes ?? Buffer.from(answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body)));
}

/** Promises the whole answer, gives half of it, and hangs up. */
function sendHalf(response: ServerResponse, answer: Answer): void {
  const bytes = bytesOf(answer);
  const length = String(Math.max(1, bytes.length));
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    ...answer.headers,
    'content-length': length,
  });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
  response.flushHeaders();
}

function garble(answer: Answer): Answer {
  const bytes = bytesOf(answer);
  const { body: _, pieces: __, text: ___, ...rest } = answer;
  return {
    ...rest,
    headers: { 'content-type': 'application/json', ...answer.headers },
    bytes: bytes.subarray(0, bytes.length >> 1),
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  if (answer.pieces) {
    response.writeHead(answer.status, answer.headers);
    // A client that goes away in the middle ends the transfer; nobody is left to be told.
    pipeline(Readable.from(joinPieces(answer.pieces)), response).catch(() => response.destroy());
    return;
  }
  const isEmpty = answer.bytes === undefined && answer.text === undefined && answer.body === undefined;
  const bytes = isEmpty ? undefined : bytesOf(answer);
  const headers: Record<string, string> = { ...answer.headers };
  if (bytes !== undefined) {
    headers['content-type'] ??= answer.text === undefined ? 'application/json' : 'text/plain';
    headers['content-length'] = String(bytes.length);
  }
  response.writeHead(answer.status, headers);
  response.end(bytes);
}

const CHUNK_CHARACTERS = 65_536;

/** Joins small pieces, so that a big document goes out in few writes. */
function* joinPieces(pieces: Iterable<string>): Generator<string> {
  let pending = '';
  for (const piece of pieces) {
    pending += piece;
    if (pending.length < CHUNK_CHARACTERS) continue;
    yield pending;
    pending = '';
  }
  yield pending;
}
