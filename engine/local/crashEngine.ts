/*
 * A process that runs an engine on a data folder and launches what it is told, so that tests can kill it with -9.
 *   node crashEngine.ts FOLDER TASKS-AS-JSON       prints each event as a line of JSON
 */
import process from 'node:process';
import { makeTask } from '../suite.ts';
import { makeEngine } from './testSupport.ts';

const [, , dataDir = '', tasks = '[]'] = process.argv;
const engine = makeEngine(dataDir);
const wanted: unknown = JSON.parse(tasks);
let launches = Array.isArray(wanted) ? wanted.map(([name, shell]: [string, string]) => makeTask(name, { shell })) : [];
engine.start((event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
  if (event.is !== 'offers' || launches.length === 0) return;
  engine.perform([{ op: 'accept', offerIds: event.offers.map((offer) => offer.id), launches }]);
  launches = [];
});
