import { existsSync, mkdirSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createApi } from './api/api.ts';
import { createLocalEngine, type LocalEngine } from './engine/local/localEngine.ts';
import { parseAttributes, parseResources } from './engine/local/notation.ts';
import { isLoopback, warningsOf } from './flags/conflicts.ts';
import { helpText } from './flags/help.ts';
import { INVALID_FLAG_EXIT, parseFlags } from './flags/parse.ts';
import type { ServerFlags } from './flags/serverFlags.ts';
import { infoConfig, settingsFrom } from './flags/settings.ts';
import { createProber } from './health/prober.ts';
import { createAlone } from './leader/alone.ts';
import { createLifecycle, type Lifecycle } from './loop/lifecycle.ts';
import { createSystemChance } from './loop/systemChance.ts';
import { createSystemClock } from './loop/systemClock.ts';
import { createLog, parseLogLevel, type Logger } from './observe/log.ts';
import { createLogControl } from './observe/logControl.ts';
import { Metrics } from './observe/metrics.ts';
import { restore } from './store/backup.ts';
import { createFileStore } from './store/file/fileStore.ts';
import { createMemoryStore } from './store/memory.ts';
import { StoreUnusable, type Store } from './store/store.ts';
import { VERSION } from './version.ts';

/** Marathon's exit codes, and one of ours: the data folder cannot be used. */
const EXIT = { storeUnusable: 100, uncaught: 107, bind: 111 } as const;
/** The version of Marathon whose API this is, as clients ask for it. */
const MARATHON_VERSION = '1.11.26';
const OLDEST_NODE = 24;

/** Runs the server until SIGTERM or SIGINT. Ends the process when it cannot start, with one sentence on stderr and Marathon's exit code. */
export async function main(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    return end(1, `Longrun needs Node ${OLDEST_NODE} or newer; this is ${process.version}. 'npm start' brings its own.`);
  }
  const parsed = parseFlags(argv, env);
  if (!parsed.ok) return end(INVALID_FLAG_EXIT, parsed.error.message);
  const flags = parsed.value;
  if (flags.help) return print(helpText());
  if (flags.version) return print(`longrun ${VERSION} (speaks Marathon ${MARATHON_VERSION})`);
  const wrong = hostFlagError(flags);
  if (wrong !== null) return end(INVALID_FLAG_EXIT, wrong);
  if (flags.restore !== null) return putBack(flags.restore, flags.data_dir);
  await serve(flags);
}

/** `--restore`: not a start, since a supervisor that repeats it would go back again and again. */
async function putBack(backup: string, dataDir: string): Promise<void> {
  try {
    const { records, replaced } = await restore(backup, dataDir);
    print(`restored ${records} records from ${backup}${replaced === null ? '' : `; the former store is ${replaced}`}`);
  } catch (problem) {
    end(EXIT.storeUnusable, problem instanceof Error ? problem.message : String(problem));
  }
}

/** `--resources` and `--attributes` are the engine's language: it says what is wrong with them before anything starts. */
function hostFlagError(flags: ServerFlags): string | null {
  const resources = parseResources(flags.resources ?? '');
  if (!resources.ok) return `--resources: ${resources.error}`;
  const attributes = parseAttributes(flags.attributes ?? '');
  return attributes.ok ? null : `--attributes: ${attributes.error}`;
}

async function serve(flags: ServerFlags): Promise<void> {
  const log = createLog({ ...logStyle(flags), sink: { write: (line) => void writeSync(1, line) } });
  process.on('uncaughtException', (error) => {
    log.error({ stack: error.stack }, `a bug: ${error.message}`);
    process.exit(EXIT.uncaught);
  });
  for (const warning of warningsOf(flags)) log.warn(warning);
  const dataDir = resolve(flags.data_dir);
  const noFolder = makeFolder(dataDir);
  if (noFolder !== null) return end(EXIT.storeUnusable, noFolder);
  const host = advertisedHost(flags);
  const parts = partsOf(flags, dataDir, host, log);
  const { api, lifecycle } = parts;
  try {
    const bound = await api.listen();
    log.info(`listening on http://${bound.host.includes(':') ? `[${bound.host}]` : bound.host}:${bound.port}, data in ${dataDir}`);
    parts.bound(bound.port);
  } catch (problem) {
    return end(EXIT.bind, bindMessage(flags, problem));
  }
  endOnSignals(parts, flags, log);
  try {
    await lifecycle.start();
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem);
    return end(problem instanceof StoreUnusable ? EXIT.storeUnusable : EXIT.uncaught, message);
  }
}

/**
 * Makes the data folder, level by level; answers why it cannot be. (Node's own way of making all levels at once never ends where a
 * file system says that a folder is missing which it does not let us make, as /proc does.)
 */
function makeFolder(folder: string): string | null {
  try {
    if (existsSync(folder)) return null;
    const above = makeFolder(dirname(folder));
    if (above !== null) return above;
    mkdirSync(folder);
    return null;
  } catch (problem) {
    return `the data folder ${folder} cannot be made: ${problem instanceof Error ? problem.message : String(problem)}`;
  }
}

/** Chooses and joins the parts: the only place that knows every room. */
function partsOf(flags: ServerFlags, dataDir: string, host: string, log: Logger) {
  const clock = createSystemClock();
  const settings = settingsFrom(flags);
  const prober = createProber({ maxConcurrent: settings.maxConcurrentHealthChecks });
  let address = `${host}:${flags.http_port}`;
  let engine: LocalEngine | null = null;
  const { store, lastEpoch } = storeOf(flags, dataDir, log);
  const lifecycle = createLifecycle({
    store,
    engine: makeEngine,
    leader: createAlone({ lastEpoch }),
    prober,
    clock,
    chance: createSystemChance(),
    settings,
    address: () => address,
    soon: (run) => void setImmediate(run),
    log: (level, message) => log[level](message),
  });
  const config = infoConfig({ ...flags, hostname: host });
  const httpConfig = { ...config.http_config };
  const api = createApi({
    orchestra: lifecycle,
    settings,
    clock,
    http: {
      address: flags.http_address,
      port: flags.http_port,
      credentials: flags.http_credentials === null ? null : credentialsOf(flags.http_credentials),
      realm: flags.http_realm,
      allowOrigin: flags.access_control_allow_origin ?? [],
      maxConcurrentRequests: flags.http_max_concurrent_requests,
      fileHandles: fileHandles(),
      compression: flags.http_compression,
      hostNames: [flags.hostname],
      insecure: flags.insecure,
      prometheus: flags.metrics_prometheus,
      eventsMaxOutstanding: flags.event_stream_max_outstanding_messages,
      eventsHeartbeat: 5_000,
    },
    info: {
      name: flags.framework_name,
      version: MARATHON_VERSION,
      buildref: `longrun-${VERSION}`,
      marathonConfig: config.marathon_config,
      zookeeperConfig: config.zookeeper_config,
      httpConfig,
    },
    uiDir: join(import.meta.dirname, 'ui'),
    metrics: new Metrics(flags.metrics_name_prefix, clock),
    log,
    logControl: createLogControl(log, clock),
    sandbox: {
      open: (taskId, file) => {
        const folder = engine?.sandboxOf(taskId) ?? null;
        return Promise.resolve(folder === null ? null : { path: join(folder, file) });
      },
    },
    backup: async (path) => {
      const file = path ?? join(dataDir, `backup-${new Date().toISOString().replaceAll(':', '-')}.db`);
      await lifecycle.backup(file);
      return file;
    },
    abdicate: () => void lifecycle.abdicate(),
  });

  function makeEngine(): LocalEngine {
    try {
      return (engine = createLocalEngine(engineOptions()));
    } catch (problem) {
      // Its options are checked with the flags: what is left is its part of the data folder.
      const message = problem instanceof Error ? problem.message : String(problem);
      throw new StoreUnusable('notWritable', `the data folder ${dataDir} cannot be used for tasks: ${message}`);
    }
  }

  function engineOptions(): Parameters<typeof createLocalEngine>[0] {
    return {
      dataDir,
      hostname: host,
      resources: flags.resources ?? '',
      attributes: flags.attributes ?? '',
      defaultUser: flags.mesos_user,
      clock,
      prober,
      log: (message) => log.info(message),
    };
  }

  /** With `--http_port 0` the port is known only now. */
  function bound(port: number): void {
    address = `${host}:${port}`;
    httpConfig['http_port'] = port;
  }

  return { api, lifecycle, bound };
}

function storeOf(flags: ServerFlags, dataDir: string, log: Logger): { store: () => Store; lastEpoch: () => Promise<number> } {
  if (flags.internal_store_backend === 'mem') {
    log.warn('--internal_store_backend mem: everything is forgotten when this server ends');
    return { store: () => createMemoryStore(), lastEpoch: () => Promise.resolve(0) };
  }
  const file = createFileStore({ dataDir, log: (level, message) => log[level](message) });
  return { store: () => file, lastEpoch: () => file.lastEpoch() };
}

/** On loopback others cannot reach us by the host's name, so tasks and clients are told the address that works. */
function advertisedHost(flags: ServerFlags): string {
  return !flags.given.has('hostname') && isLoopback(flags.http_address) ? '127.0.0.1' : flags.hostname;
}

function credentialsOf(text: string): { user: string; password: string } {
  const colon = text.indexOf(':');
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** How many files this process may hold open; null when that cannot be known. Node has raised it as far as it may. */
function fileHandles(): number | null {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}

function logStyle(flags: ServerFlags) {
  const level = flags.logging_level === 'off' ? ('off' as const) : (parseLogLevel(flags.logging_level ?? 'info') ?? 'trace');
  return { level, form: process.stdout.isTTY ? ('plain' as const) : ('json' as const) };
}

function bindMessage(flags: ServerFlags, problem: unknown): string {
  const code = problem instanceof Error && 'code' in problem ? String(problem.code) : '';
  const where = `${flags.http_address}:${flags.http_port}`;
  if (code === 'EADDRINUSE')
    return `Port ${flags.http_port} is in use: something else listens on ${where}. Choose another with --http_port.`;
  if (code === 'EACCES') return `${where} may not be listened on by this user. Choose a port above 1023 with --http_port.`;
  if (code === 'EADDRNOTAVAIL') return `${flags.http_address} is not an address of this host (--http_address).`;
  return `Cannot listen on ${where}: ${problem instanceof Error ? problem.message : String(problem)}`;
}

function endOnSignals(parts: { api: { close(): Promise<void> }; lifecycle: Lifecycle }, flags: ServerFlags, log: Logger): void {
  let ending = false;
  const stop = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    const tasks = flags.stop_tasks_on_exit ? 'kill' : 'leave';
    log.info(`${signal}: stopping; tasks ${tasks === 'kill' ? 'are killed' : 'go on'}`);
    setTimeout(() => process.exit(1), flags.graceful_shutdown_timeout).unref();
    await Promise.all([parts.api.close(), parts.lifecycle.stop({ tasks })]);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

function print(text: string): void {
  writeSync(1, `${text}\n`);
}

function end(code: number, message: string): void {
  writeSync(2, `longrun: ${message}\n`);
  process.exit(code);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2), process.env);
}
