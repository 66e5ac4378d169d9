/** The bytes of a security descriptor are not what [MS-DTYP] 2.4.6 says they are. */
export class MalformedDescriptor extends Error {
  constructor(reason: string) {
    super(`the security descriptor cannot be read: ${reason}`);
    this.name = 'MalformedDescriptor';
  }
}
