import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { DirbridgeError } from '../../../errors.ts';
import { NoAnswer } from '../graph.ts';
import { causeOf, describeSilence } from '../no-answer-reason.ts';

export interface HttpAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** Bytes of an answer that are taken at most. */
  readonly mostBytes: number;
}

/**
 * One POST. Not by `fetch`, which copies the body to where nobody can overwrite it, and names itself as the sender.
 * Throws NoAnswer when none came, and `tenant-refused` for an answer without an end.
 */
export async function postBytes(post: HttpPost): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(post.timeout);
  try {
    return await exchange(post, signal);
  } catch (thrown) {
    if (thrown instanceof DirbridgeError) throw thrown;
    const reason = describeSilence(signal.aborted ? signal.reason : causeOf(thrown), post.timeout);
    throw new NoAnswer(`${new URL(post.url).host}: ${reason}`, true, thrown);
  }
}

function exchange({ url, headers, body, mostBytes }: HttpPost, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const sent = { ...headers, 'content-length': body.length };
    const request = send(url, { method: 'POST', headers: sent, signal }, (response) => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length <= mostBytes) parts.push(part);
        else response.destroy(tooLong(url, mostBytes));
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        resolve({ status, headers: singleHeaders(response.headers), body: Buffer.concat(parts) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function tooLong(url: string, mostBytes: number): DirbridgeError {
  const message = `The answer of ${new URL(url).host} is longer than ${mostBytes} bytes: something other than the provisioning service has answered, or groups of more members in all than we can take at once (some 1.2 million in one page).`;
  return new DirbridgeError('provisioning-refused', message);
}

function singleHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
