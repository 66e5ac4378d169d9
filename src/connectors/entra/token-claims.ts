import { isJson, type Json } from './graph-object.ts';

/**
 * What an access token says of itself; nothing when it cannot be read. Tokens are for the service that they name: what we read in ours is information
 * and decides nothing.
 */
export function readClaims(token: string): Json {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return isJson(claims) ? claims : {};
  } catch {
    return {};
  }
}
