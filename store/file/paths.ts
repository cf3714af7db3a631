import { join } from 'node:path';

/** The database of a data folder; `sqlite3` opens it while no server runs. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'longrun.db');
}
