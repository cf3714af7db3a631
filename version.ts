/** The version of Longrun itself. */
export const VERSION = '0.1.0';
