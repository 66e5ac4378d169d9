/** Where the control endpoints are, beside sign-in and Graph. */
export const EMULATOR_PATH = '/emulator';
