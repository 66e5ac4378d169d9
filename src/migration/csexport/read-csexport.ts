import { createReadStream } from 'node:fs';
import { DirbridgeError, messageOf } from '../../errors.ts';
import { TENANT_CONNECTOR } from '../connect-connector.ts';
import { guidOf } from '../connect-rule.ts';
import { decodePieces, XmlReading } from '../xml-events.ts';
import { ObjectBuilder } from './object-builder.ts';
import type { RawObject } from './raw-object.ts';

const PIECE = 256 * 1024;

const EXPORT_AGAIN =
  'Export the connector of the tenant: csexport "contoso.onmicrosoft.com - AAD" export.xml, with the name that Get-ADSyncConnector gives it.';

/**
 * The objects of a file that csexport wrote for the tenant's connector, in its order. Memory holds one object and the piece of the file that it
 * stands in. Throws DirbridgeError `connect-file-invalid` with file, line and column: for what is no such file, for the space of another
 * connector, and for a file that was cut off (then after the objects before the cut).
 */
export async function* readCsExport(file: string): AsyncIterable<RawObject> {
  const reading: XmlReading = new XmlReading(file, {
    open: (name, attributes) => builder.open(name, attributes),
    text: (text) => builder.text(text),
    close: (name) => builder.close(name),
  });
  const builder: ObjectBuilder = new ObjectBuilder(() => reading);
  for await (const text of decodePieces(file, piecesOf(file))) {
    reading.push(text);
    for (const object of builder.take()) {
      refuseOtherConnector(file, object);
      yield object;
    }
  }
  if (builder.innermost !== undefined)
    reading.refuse(
      `the file ends inside of <${builder.innermost}>: it was cut off, so nothing is compared`,
      'Export it again, whole: see that the disk of the server has room, and copy the file once csexport has ended.',
    );
  reading.end();
}

async function* piecesOf(file: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: PIECE }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give the file that csexport has written, readable by this account.',
    });
  }
}

/** Objects of a forest have a DN of the directory; those of the tenant one that is made of their anchor. */
function refuseOtherConnector(file: string, { dn, marks, line }: RawObject): void {
  const refuse = (what: string): never => {
    throw new DirbridgeError('connect-file-invalid', `${file}:${line}: "${dn}" ${what}`, { remedy: EXPORT_AGAIN });
  };
  const connector = guidOf(marks.get('ma-id') ?? '');
  if (/(?:^|,)DC=/i.test(dn))
    refuse("is an object of a directory: this is the space of a forest's connector, and not of the tenant's");
  if (connector !== '' && connector !== TENANT_CONNECTOR)
    refuse(`belongs to the connector ${marks.get('ma-name') ?? connector}, which is not that of the tenant`);
}
