import type { LdapConnection, LdapSearch } from '../ldap/ldap-connection.ts';
import { CONTROL, decodePagedResults, pagedResultsControl } from '../ldap/ldap-controls.ts';
import type { LdapEntry } from '../ldap/ldap-entry.ts';

/**
 * Reads a search page by page (RFC 2696). Entries are converted as they come, and the next page is asked for before this one is handed
 * over, so that the server works while we do; memory holds two pages.
 */
export async function* searchPages<Item>(
  connection: LdapConnection,
  search: LdapSearch,
  pageSize: number,
  convert: (entry: LdapEntry) => Item,
): AsyncGenerator<readonly Item[], void, void> {
  const stop = { isStopped: false };
  const ask = (cookie: Buffer): Promise<Page<Item>> => {
    const page = readPage(connection, search, pagedResultsControl(pageSize, cookie), convert, stop);
    // It is awaited one round later; until then a failure is nobody's fault.
    page.catch(() => undefined);
    return page;
  };
  try {
    let running = ask(Buffer.alloc(0));
    for (;;) {
      const { items, cookie } = await running;
      if (cookie.length > 0) running = ask(cookie);
      yield items;
      if (cookie.length === 0) return;
    }
  } finally {
    stop.isStopped = true;
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly cookie: Buffer;
}

async function readPage<Item>(
  connection: LdapConnection,
  search: LdapSearch,
  paging: ReturnType<typeof pagedResultsControl>,
  convert: (entry: LdapEntry) => Item,
  stop: { readonly isStopped: boolean },
): Promise<Page<Item>> {
  const items: Item[] = [];
  const entries = connection.search({ ...search, controls: [...(search.controls ?? []), paging] });
  for (;;) {
    const next = await entries.next();
    if (next.done) {
      const answer = next.value.get(CONTROL.pagedResults);
      return { items, cookie: answer ? decodePagedResults(answer) : Buffer.alloc(0) };
    }
    if (stop.isStopped) {
      await entries.return(new Map());
      return { items, cookie: Buffer.alloc(0) };
    }
    for (const entry of next.value) items.push(convert(entry));
  }
}
