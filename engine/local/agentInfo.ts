import fs from 'node:fs';
import os from 'node:os';
import type { AgentInfo } from '../../model/agent.ts';
import { detectResources, parseAttributes, parseResources } from './notation.ts';
import { BadEngineOption, type LocalEngineOptions } from './options.ts';

/** This host as an agent: what the operator named, and what was detected of the rest. Throws BadEngineOption. */
export function describeAgent(options: LocalEngineOptions, id: AgentInfo['id'], dataDir: string): AgentInfo {
  const given = parseResources(options.resources);
  if (!given.ok) throw new BadEngineOption('resources', given.error);
  const attributes = parseAttributes(options.attributes);
  if (!attributes.ok) throw new BadEngineOption('attributes', attributes.error);
  const { bsize, blocks } = fs.statfsSync(dataDir);
  const mb = 1024 * 1024;
  const resources = detectResources(given.value, {
    cpus: os.availableParallelism(),
    memoryMb: Math.floor(os.totalmem() / mb),
    diskMb: Math.floor((bsize * blocks) / mb),
  });
  return { id, host: options.hostname, resources, attributes: attributes.value, region: null, zone: null };
}
