import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Answer } from './http-exchange.ts';

/** Sends an answer, or does to the connection what its interruption says. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  const { interruption } = answer;
  if (interruption?.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  // A time-out is the client's: the connection stays open and silent until it goes away.
  if (interruption?.kind === 'timeout') return;
  if (interruption?.kind === 'slow') {
    setTimeout(() => send(response, answer), interruption.milliseconds).unref();
    return;
  }
  send(response, answer);
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  if (answer.pieces) {
    response.writeHead(answer.status, answer.headers);
    void sendPieces(response, answer.pieces);
    return;
  }
  const text = answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  const headers: Record<string, string> = { ...answer.headers };
  if (text !== undefined) {
    headers['content-type'] ??= answer.text === undefined ? 'application/json' : 'text/plain';
    headers['content-length'] = String(Buffer.byteLength(text));
  }
  response.writeHead(answer.status, headers);
  response.end(text);
}

const CHUNK_CHARACTERS = 65_536;

async function sendPieces(response: ServerResponse, pieces: Iterable<string>): Promise<void> {
  let pending = '';
  for (const piece of pieces) {
    pending += piece;
    if (pending.length < CHUNK_CHARACTERS) continue;
    if (!response.write(pending)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) return;
    pending = '';
  }
  response.end(pending);
}
