import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { EventHub } from './events/hub.ts';
import { boundConnections, connectionsWithin } from './http/connections.ts';
import { Router } from './http/router.ts';
import { createServer } from './http/server.ts';
import type { ApiOptions } from './options.ts';
import { appsResource } from './routes/appsResource.ts';
import { backupResource } from './routes/backup.ts';
import { deploymentsResource } from './routes/deployments.ts';
import { eventsResource } from './routes/events.ts';
import { infoResource } from './routes/info.ts';
import { leaderResource } from './routes/leader.ts';
import { longrunResources } from './routes/longrun.ts';
import { pluginsResource } from './routes/plugins.ts';
import { queueResource } from './routes/queue.ts';
import { configResource, loggingResource, metricsResource, pingResource } from './routes/system.ts';
import { createLogReader } from './routes/taskLog.ts';
import { tasksResource } from './routes/tasks.ts';
import { uiResources } from './routes/ui.ts';

/** Milliseconds that requests under way are given when the server closes. */
const CLOSE_GRACE = 300;

export interface Api {
  /** Binds. Rejects with Node's error (`EADDRINUSE`, `EACCES`, …). */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Ends streams, lets requests under way finish for a moment, and lets go of the port. */
  close(): Promise<void>;
  /** Answers a request without a socket, for tests and in-process callers. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
}

/** Marathon's REST surface over an orchestra: translates, decides nothing. A resource is a file in `routes/` and a line here. */
export function createApi(options: ApiOptions): Api {
  const { orchestra, clock, http, info, metrics, log, logControl, sandbox } = options;
  const hub = new EventHub({
    orchestra,
    clock,
    log,
    maxWaiting: http.eventsMaxOutstanding,
    heartbeat: http.eventsHeartbeat,
    sent: (bytes) => metrics.add('http.responses.event-stream.size.counter.bytes', bytes),
  });
  const logs = createLogReader(sandbox);
  const router = new Router([
    appsResource({ orchestra, clock }),
    tasksResource(orchestra),
    queueResource(orchestra, clock),
    deploymentsResource(orchestra),
    eventsResource(orchestra, hub, metrics),
    infoResource(orchestra, info),
    leaderResource(orchestra, options.abdicate),
    pluginsResource(),
    pingResource(),
    metricsResource(orchestra, metrics, http.prometheus),
    loggingResource(logControl),
    configResource(info),
    backupResource(options.backup),
    ...longrunResources(orchestra, clock, logs),
    ...uiResources(),
  ]);
  const server = createServer({ router, http, orchestra, metrics, log, uiDir: options.uiDir });
  if (http.fileHandles !== null) boundConnections(server.server, connectionsWithin(http.fileHandles), clock, (said) => log.warn(said));

  return {
    async listen() {
      await server.listen({ port: http.port, ...(http.address === null ? { host: '::' } : { host: http.address }) });
      const bound = server.server.address();
      if (bound === null || typeof bound === 'string') throw new Error('the server is bound to no address');
      return { host: bound.address, port: bound.port };
    },
    async close() {
      hub.close();
      logs.close();
      const force = setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE);
      await server.close();
      clearTimeout(force);
    },
    inject: (request) => server.inject(request),
  };
}
