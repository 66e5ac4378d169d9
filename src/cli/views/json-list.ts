import type { Output } from '../terminal/output.ts';

const PAGE = 500;

/** Writes the items of a JSON list, read in pages by offset, one on each line, without ever holding all of them. */
export async function writeJsonList<Item>(
  out: Output,
  read: (offset: number, limit: number) => Promise<readonly Item[]>,
  toJson: (item: Item) => unknown,
  pageSize: number = PAGE,
): Promise<void> {
  let offset = 0;
  for (;;) {
    const page = await read(offset, pageSize);
    for (const [index, item] of page.entries())
      await out.write(`${offset + index === 0 ? '\n' : ',\n'}${JSON.stringify(toJson(item))}`);
    offset += page.length;
    if (page.length < pageSize || out.isClosed) return;
  }
}
