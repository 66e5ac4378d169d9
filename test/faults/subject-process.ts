import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Connector, PasswordSource } from '../../src/connectors/connector.ts';
import { DirbridgeError, messageOf } from '../../src/errors.ts';
import type { CycleEnd, CycleOrder, FromSubject, ToSubject } from './subject-message.ts';

const SUBJECT = fileURLToPath(new URL('./subject.ts', import.meta.url));
/** No cycle of these tests takes nearly as long; one that does hangs. */
const LONGEST_MS = 90_000;

/** What became of a cycle: its end, or null when its process was killed. */
export type CycleOutcome = CycleEnd | null;

/** Processes of the product, one after the other: when one is killed the next is ready already. */
export class Subjects {
  #current: Promise<ChildProcess> = startSubject();
  #spare: Promise<ChildProcess> = startSubject();

  /** Runs one cycle in a process; `source` answers it when its source is memory. Throws when the process hangs or ends otherwise than by its death. */
  async cycle(order: CycleOrder, source: Connector | null): Promise<CycleOutcome> {
    const child = await this.#current;
    const end = await exchange(child, order, source);
    if (end !== null) return end;
    this.#current = this.#spare;
    this.#spare = startSubject();
    return null;
  }

  async stop(): Promise<void> {
    for (const child of [await this.#current, await this.#spare]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
  }
}

async function startSubject(): Promise<ChildProcess> {
  const child = fork(SUBJECT, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

function exchange(child: ChildProcess, order: CycleOrder, source: Connector | null): Promise<CycleOutcome> {
  return new Promise((resolve, reject) => {
    const tell = (message: ToSubject): void => {
      if (child.connected) child.send(message, () => undefined);
    };
    const leave = (): void => {
      clearTimeout(timer);
      child.off('message', hear).off('exit', bury);
    };
    const hear = (message: FromSubject): void => {
      if (message.kind === 'end') {
        leave();
        resolve(message.end);
      } else if (source !== null && message.kind !== 'ready') void answer(source, message, tell);
    };
    const bury = (code: number | null, signal: string | null): void => {
      leave();
      if (signal === 'SIGKILL' && order.death !== null) resolve(null);
      else reject(new Error(`the process ended by itself (${code ?? signal})`));
    };
    const timer = setTimeout(() => {
      leave();
      child.kill('SIGKILL');
      reject(new Error(`a cycle did not end within ${LONGEST_MS / 1000} s`));
    }, LONGEST_MS);
    child.on('message', hear).once('exit', bury);
    tell({ kind: 'cycle', order });
  });
}

function passwordsOf({ passwords }: Connector): PasswordSource {
  if (passwords === undefined) throw new Error('this directory gives no passwords');
  return passwords;
}

async function answer(
  source: Connector,
  question: Extract<FromSubject, { readonly id: number }>,
  tell: (message: ToSubject) => void,
): Promise<void> {
  const { id } = question;
  try {
    if (question.kind === 'read')
      for await (const event of source.read(question.request)) tell({ kind: 'event', id, event });
    else if (question.kind === 'fetch')
      for await (const changes of source.fetch(question.anchors, question.request))
        tell({ kind: 'fetched', id, changes });
    else if (question.kind === 'read passwords')
      for await (const event of passwordsOf(source).read(question.request)) tell({ kind: 'password event', id, event });
    else
      for await (const passwords of passwordsOf(source).fetch(question.anchors))
        tell({ kind: 'passwords', id, passwords });
    tell({ kind: 'over', id, code: null, message: '' });
  } catch (error) {
    const code = error instanceof DirbridgeError ? error.code : 'bug';
    tell({ kind: 'over', id, code, message: messageOf(error) });
  }
}
