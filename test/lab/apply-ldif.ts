import { Attribute, Change, type Client, type DN } from 'ldapts';

/** A line of an LDIF record: what stands before and behind the colon. */
interface Line {
  readonly name: string;
  readonly value: Buffer;
}

/** Carries LDIF change records out over a connection that is bound already, one after the other. Throws at the first refused one, which it names. */
export async function applyLdif(client: Client, ldif: string): Promise<void> {
  for (const record of ldif.split(/\n{2,}/).filter((text) => text.trim() !== '')) {
    const [first, ...lines] = readLines(record);
    if (first?.name !== 'dn') throw new Error(`a record does not begin with its DN: ${record}`);
    const dn = String(first.value);
    await applyRecord(client, dn, lines).catch((cause: unknown) => {
      throw new Error(`${dn}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause}`, { cause });
    });
  }
}

/** RFC 2849; a line that begins with a space goes on with the one before. */
function readLines(record: string): readonly Line[] {
  const lines = record.replaceAll(/\r?\n /g, '').split(/\r?\n/);
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(readLine);
}

function readLine(line: string): Line {
  if (line === '-') return { name: '-', value: Buffer.alloc(0) };
  const [, name = '', mark, value = ''] = /^([^:]+):(:?) ?(.*)$/.exec(line) ?? [];
  if (name === '') throw new Error(`no line of LDIF: ${line}`);
  return { name, value: Buffer.from(value, mark === ':' ? 'base64' : 'utf8') };
}

async function applyRecord(client: Client, dn: string, [type, ...lines]: readonly Line[]): Promise<void> {
  const kind = type?.name === 'changetype' ? String(type.value) : 'none';
  if (kind === 'add') return client.add(dn, attributesOf(lines));
  if (kind === 'modify') return client.modify(dn, [...changesOf(lines)]);
  if (kind === 'modrdn' || kind === 'moddn') return rename(client, dn, lines);
  if (kind === 'delete') return client.del(dn);
  throw new Error(`a record has no change type that is known: ${kind}`);
}

function attributesOf(lines: readonly Line[]): Attribute[] {
  const groups = Map.groupBy(lines, ({ name }) => name);
  return [...groups].map(([name, group]) => new Attribute({ type: name, values: group.map(({ value }) => value) }));
}

function* changesOf(lines: readonly Line[]): Generator<Change> {
  for (let at = 0; at < lines.length; ) {
    const { name: operation, value } = lines[at] as Line;
    const end = lines.findIndex((line, index) => index > at && line.name === '-');
    const values = lines.slice(at + 1, end < 0 ? lines.length : end).map((line) => line.value);
    const modification = new Attribute({ type: String(value), values });
    yield new Change({ operation: operation as Change['operation'], modification });
    at = end < 0 ? lines.length : end + 1;
  }
}

/** The client takes the first comma that is not escaped for the beginning of a new place, so that a name alone must be no text. */
function rename(client: Client, dn: string, lines: readonly Line[]): Promise<void> {
  const textOf = (name: string): string | undefined => lines.find((line) => line.name === name)?.value.toString();
  const [rdn = '', parent] = [textOf('newrdn'), textOf('newsuperior')];
  return client.modifyDN(dn, parent === undefined ? ({ toString: () => rdn } as DN) : `${rdn},${parent}`);
}
