/** A server answered with bytes that are not what its protocol says. The connection cannot be used any more. */
export class MalformedAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedAnswer';
  }
}
