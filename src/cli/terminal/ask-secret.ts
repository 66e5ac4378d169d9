import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { DirbridgeError } from '../../errors.ts';

/** Asks for one line and shows nothing of it. Throws `usage` when whoever is asked gives up (Ctrl-C, Ctrl-D). */
export function askSecret(question: string, input: Readable, output: Writable): Promise<string> {
  // readline repeats what is typed on its output, and reads without the terminal's own echo.
  const nowhere = new Writable({ write: (_piece, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  output.write(question);
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    reader.once('line', (line) => {
      isAnswered = true;
      resolve(line);
      reader.close();
    });
    reader.once('SIGINT', () => reader.close());
    reader.once('close', () => {
      output.write('\n');
      if (!isAnswered)
        reject(new DirbridgeError('usage', 'no password was given', { remedy: 'Start the command again.' }));
    });
  });
}
