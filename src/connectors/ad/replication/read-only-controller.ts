/** A domain controller that holds no passwords but those it was allowed to cache. Another one may stand in for it. */
export class ReadOnlyController extends Error {
  constructor(server: string, name: string | null) {
    super(`${server}: ${name ?? 'it'} is a read-only domain controller, which has no passwords to give`);
    this.name = 'ReadOnlyController';
  }
}
