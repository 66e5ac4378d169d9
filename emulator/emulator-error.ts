/** A wrong option, seed or state file: told to whoever starts the emulator, without a stack. */
export class EmulatorError extends Error {}
