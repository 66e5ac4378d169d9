import { basename, extname } from 'node:path';

interface CopiedFile {
  readonly name: string;
  readonly text: string;
  readonly from: string;
  /** What of it does not come along. */
  readonly without: string | null;
}

/** Files that come along with a configuration, each under a name that no other has. */
export class CopiedFiles {
  /** By name in lower case: some file systems tell no more apart. */
  readonly #files = new Map<string, CopiedFile>();

  /** Answers the path by which the copy knows it. Files of the same name and content become one. */
  add(folder: string, from: string, text: string, without: string | null): string {
    const ending = extname(from);
    const stem = basename(from, ending);
    for (let number = 1; ; number++) {
      const name = `${folder}/${stem}${number === 1 ? '' : `-${number}`}${ending}`;
      const other = this.#files.get(name.toLowerCase());
      if (other !== undefined && other.text !== text) continue;
      if (other === undefined) this.#files.set(name.toLowerCase(), { name, text, from, without });
      return `./${other?.name ?? name}`;
    }
  }

  all(): readonly { readonly name: string; readonly text: string }[] {
    return [...this.#files.values()].map(({ name, text }) => ({ name, text }));
  }

  told(): readonly { readonly name: string; readonly from: string; readonly without: string | null }[] {
    return [...this.#files.values()].map(({ name, from, without }) => ({ name, from, without }));
  }
}
