/**
 * An entry for a directory that is not yet told which server it goes to. Every value is text; objectGUID is written as
 * a GUID and objectSid as S-1-..., which each target turns into what it stores (Active Directory gives its own).
 */
export interface DirectoryEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export type DirectoryEntries = Iterable<DirectoryEntry> | AsyncIterable<DirectoryEntry>;
