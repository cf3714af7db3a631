import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuShares, cpuWeight, memoryLimitBytes } from './cgroups.ts';
import { limiter } from './files.ts';
import { createPortWatch, portsInTable } from './hostPorts.ts';
import { parseStat, treeOf } from './processes.ts';
import { formatRecord, parseHeader, parseProgress } from './record.ts';
import { judge } from './adoption.ts';
import { plainWords, quote } from './shell.ts';
import { makeTask } from '../suite.ts';
import { findUser } from './users.ts';
import { sandboxAgeLimit } from './upkeep.ts';

describe('words for sh', () => {
  test('any text survives sh', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
        const said = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${texts.map(quote).join(' ')}`]).toString();
        expect(said).toBe(texts.map((one) => `${one}\0`).join(''));
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['sleep 1000', ['sleep', '1000']],
    ['  python3  -m http.server --port=1 ', ['python3', '-m', 'http.server', '--port=1']],
    ['./run.sh', ['./run.sh']],
    ['sleep $TIME', null],
    ['A=b env', null],
    ['echo x', null],
    ['exit 1', null],
    ['a;b', null],
    ['a | b', null],
    ['ls *', null],
    ['ls ~', null],
    ['a > b', null],
    ["a 'b'", null],
    ['a #b', null],
    ['a\nb', null],
    ['-x', null],
    ['', null],
  ])('%j needs no shell: %j', (command, words) => expect(plainWords(command)).toEqual(words));
});

describe('records', () => {
  const header = { schema: 1 as const, info: makeTask('a', { shell: 'x\n#{"y' }), sandbox: '/s', bootId: 'b', createdAt: 1 };
  const record = (progress: string): string => formatRecord(header, 'exec true\n').replace('\n'.repeat(progress.length), progress);

  test('what was asked comes back', () => expect(parseHeader(record('#L .\n#M ä .\n'))).toEqual(header));
  test.each(['', '\n\n', '#{"schema":2}\n', '#{', formatRecord(null, 'true\n')])('damaged, newer or not a task: %j', (text) =>
    expect(parseHeader(text)).toBeNull(),
  );

  test.each([
    ['', { launched: false, main: null, failure: null, end: null }],
    ['#L .\n', { launched: true, main: null, failure: null, end: null }],
    ['#L .\n#S 12 11 .\n', { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: null }],
    ['#L .\n#S 12 11 .\n#E 3 .\n', { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: { status: 3, signal: null } }],
    [
      '#L .\n#S 12 11 .\nKilled\n#E 137 .\n',
      { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: { status: 137, signal: 'Killed' } },
    ],
    [
      '#L .\n#S 12 11 .\n#E 137 .\n',
      { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: { status: 137, signal: null } },
    ],
    [
      '#L .\n#S 12 11 .\n#E 130 .\n',
      { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: { status: 130, signal: 'Interrupt' } },
    ],
    ['#L .\n#S 12 11 .\n#E 1', { launched: true, main: { pid: 12, parentPid: 11 }, failure: null, end: null }],
    ['#L .\n#M no sandbox .\n#E 125 .\n', { launched: true, main: null, failure: 'no sandbox', end: { status: 125, signal: null } }],
    ['#L .\nsh: 0: Cannot fork\n#E 2 .\n', { launched: true, main: null, failure: 'sh: 0: Cannot fork', end: { status: 2, signal: null } }],
  ])('progress %j', (progress, expected) => expect(parseProgress(record(progress))).toEqual(expected));

  const running = '#L .\n#S 12 11 .\n';
  test.each([
    ['never launched', '', 'b', false, 'TASK_DROPPED'],
    ['running', running, 'b', true, 'running'],
    ['its parent is gone', running, 'b', false, 'as its record says'],
    ['another start of the host', running, 'other', true, 'TASK_GONE'],
    ['ended before the host was restarted', `${running}#E 0 .\n`, 'other', false, 'as its record says'],
  ])('%s', (_what, progress, bootId, lives, expected) => {
    const verdict = judge(header, parseProgress(record(progress)), bootId, lives);
    expect(verdict === 'running' ? verdict : (verdict.outcome?.state ?? 'as its record says')).toBe(expected);
  });
});

describe('the host', () => {
  test('ports that a process holds: listening or connected, but not what only lingers', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1590 1 000000006dde782c 100 0 0 10 0',
      '   1: 0100007F:7918 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1000        0 77 1 0000 100 0 0 10 0',
      '   2: 0100007F:7919 0100007F:0050 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0000',
      '  10: 00000000000000000000000000000000:791A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 42 1 0000',
    ].join('\n');
    expect(portsInTable(table)).toEqual([2024, 31_000, 31_002]);
  });

  test('a look is shared, and what was released meanwhile does not count', async () => {
    let looks = 0;
    const give: ((ports: Set<number>) => void)[] = [];
    const watch = createPortWatch(() => {
      looks += 1;
      return new Promise((resolve) => give.push(resolve));
    });
    const both = [watch.busy(1000), watch.busy(1000)];
    watch.released([2]);
    give[0]?.(new Set([1, 2]));
    expect(await Promise.all(both)).toEqual([new Set([1]), new Set([1])]);
    watch.released([1]);
    expect(await watch.busy(10_000)).toEqual(new Set());
    expect(looks).toBe(1);
  });

  test('a process by its line in /proc, whatever its name', () => {
    const line = '464 (a) (b c) S 461 462 463 0 -1 4194304 91 0 0 0 3 14 0 0 20 0 1 0 173845 2654208 358 1 1';
    expect(parseStat(line)).toEqual({ pid: 464, parentPid: 461, groupId: 462, sessionId: 463, startTicks: 173_845, zombie: false });
    expect(parseStat('')).toBeNull();
  });

  test('a tree: session, group, carriers of the sandbox, and their descendants', () => {
    const table = {
      sessions: new Map([[10, [10, 11]]]),
      groups: new Map([[10, [10, 12]]]),
      sandboxes: new Map([['/s', [30]]]),
      children: new Map([
        [11, [20]],
        [20, [21]],
        [30, [31]],
        [1, [40]],
      ]),
    };
    expect([...treeOf(table, 10, '/s')].sort((a, b) => a - b)).toEqual([10, 11, 12, 20, 21, 30, 31]);
    expect([...treeOf(table, 0, '/s')].sort((a, b) => a - b)).toEqual([30, 31]);
  });

  test('users by name and by number', () => {
    const passwd = 'root:x:0:0:root:/root:/bin/sh\nweb:x:1001:1002::/:/bin/false\n';
    expect(findUser(passwd, 'web')).toEqual({ uid: 1001, gid: 1002 });
    expect(findUser(passwd, '1001')).toEqual({ uid: 1001, gid: 1002 });
    expect(findUser(passwd, 'nobody')).toBeNull();
  });
});

describe('limits', () => {
  test.each([
    [0.1, 102, 4],
    [1, 1024, 39],
    [0.0001, 2, 1],
    [64, 65_536, 2500],
  ])('%d cpus: %i shares, weight %i', (cpus, shares, weight) => {
    expect([cpuShares(cpus), cpuWeight(cpuShares(cpus))]).toEqual([shares, weight]);
  });

  test.each([
    [10, null, 32],
    [128, null, 128],
    [128, 256, 256],
    [128, 'unlimited', null],
  ] as const)('%d MB with limit %s: %s', (mem, limit, expected) => {
    const bytes = memoryLimitBytes({ resources: { cpus: 1, mem, disk: 0, gpus: 0, ports: [] }, limits: { cpus: null, mem: limit } });
    expect(bytes).toBe(expected === null ? null : expected * 1024 * 1024);
  });

  test.each([
    [0, 0.9],
    [0.6, 0.3],
    [0.9, 0],
    [1, 0],
  ])('at %d of the disk in use sandboxes are kept for %d of the time', (usage, share) =>
    expect(sandboxAgeLimit(100, usage)).toBeCloseTo(100 * share),
  );

  test('so much at a time, the others in order', async () => {
    const inTurn = limiter(2);
    const order: string[] = [];
    let most = 0;
    let now = 0;
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        inTurn(async () => {
          most = Math.max(most, (now += 1));
          order.push(name);
          await Promise.resolve();
          now -= 1;
        }),
      ),
    );
    expect([order.join(''), most]).toEqual(['abcd', 2]);
  });
});
