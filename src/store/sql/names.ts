import type { Driver } from '../driver.ts';

/** Numbers for the names of reference attributes, so that a million rows carry two bytes instead of a word. */
export class AttributeNames {
  readonly #driver: Driver;
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /** The number of a name that was asked for before. */
  known(name: string): number | undefined {
    return this.#ids.get(name);
  }

  async id(name: string): Promise<number> {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const row = await this.#driver.get<{ readonly id: number }>('select id from attribute_name where name = ?', name);
    const id =
      row?.id ?? (await this.#driver.insert('insert into attribute_name (name) values (?) returning id', name));
    this.#remember(id, name);
    return id;
  }

  async name(id: number): Promise<string> {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const row = await this.#driver.get<{ readonly name: string }>('select name from attribute_name where id = ?', id);
    const name = row?.name ?? `attribute ${id}`;
    this.#remember(id, name);
    return name;
  }

  /** Names given inside a transaction that was rolled back must not be remembered. */
  forget(): void {
    this.#ids.clear();
    this.#names.clear();
  }

  #remember(id: number, name: string): void {
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }
}
