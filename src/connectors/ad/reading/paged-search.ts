import type { BerCursor } from '../ldap/ber-cursor.ts';
import type { Collection, LdapConnection, LdapSearch } from '../ldap/ldap-connection.ts';
import { CONTROL, decodePagedResults, pagedResultsControl } from '../ldap/ldap-controls.ts';

/**
 * Reads a search page by page (RFC 2696). Entries are decoded as they come, and the next page is asked for before this one is handed
 * over, so that the server works while we do; memory holds two pages.
 */
export async function* searchPages<Item>(
  connection: LdapConnection,
  search: LdapSearch,
  pageSize: number,
  decode: (cursor: BerCursor) => Item,
): AsyncGenerator<readonly Item[], void, void> {
  const ask = (cookie: Buffer): Collection<Item> => {
    const controls = [...(search.controls ?? []), pagedResultsControl(pageSize, cookie)];
    const page = connection.collect({ ...search, controls }, decode);
    // It is awaited one round later; until then a failure is nobody's fault.
    page.done.catch(() => undefined);
    return page;
  };
  let running = ask(Buffer.alloc(0));
  try {
    for (;;) {
      const { items, controls } = await running.done;
      const answer = controls.get(CONTROL.pagedResults);
      const cookie = answer ? decodePagedResults(answer) : Buffer.alloc(0);
      if (cookie.length > 0) running = ask(cookie);
      yield items;
      if (cookie.length === 0) return;
    }
  } finally {
    running.abandon();
  }
}
