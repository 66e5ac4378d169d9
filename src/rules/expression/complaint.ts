import { DirbridgeError } from '../../errors.ts';
import { parseExpression } from './parse.ts';

/** For tests only: what is said of an expression that is refused. */
export function complaint(text: string): string {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof DirbridgeError && error.code === 'rules-invalid') return error.message;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}
