import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const CHUNK_FRAMES = 256;

/**
 * How many pages of a write-ahead log (at least) were durable once and cannot be reached any more, `recovered` being those that
 * SQLite can read from its beginning. 0 is the rule, a torn last transaction included.
 *
 * SQLite stops at the first frame whose checksum is wrong and drops what follows without a word, since a crash leaves exactly such a
 * tail. But we sync each transaction before the next one writes: when a whole transaction of the same generation (salt) follows the
 * bad frame, and something after it, then it was not a crash that tore it. https://sqlite.org/fileformat.html §4
 */
export function lostFrames(wal: string, recovered: number): number {
  const fd = openSync(wal, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    if (readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return 0;
    const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
    // The header is one disk sector, synced before the first frame: a crash does not break it.
    if (!isHeaderWhole(header)) return Math.floor((fstatSync(fd).size - HEADER_BYTES) / (FRAME_HEADER_BYTES + 4096));
    const salts = header.subarray(16, 24);
    const chunk = Buffer.alloc(frameBytes * CHUNK_FRAMES);
    let ended = false;
    for (let first = recovered; ; first += CHUNK_FRAMES) {
      const got = readSync(fd, chunk, 0, chunk.length, HEADER_BYTES + first * frameBytes);
      const frames = Math.floor(got / frameBytes);
      for (let i = 0; i < frames; i++) {
        const frame = chunk.subarray(i * frameBytes, i * frameBytes + FRAME_HEADER_BYTES);
        const ours = frame.subarray(8, 16).equals(salts);
        // The unreadable frame itself may be broken anywhere, its salt too.
        if (!ours && first + i > recovered) return 0;
        if (ended) return first + i - recovered;
        ended = ours && frame.readUInt32BE(4) !== 0;
      }
      if (frames < CHUNK_FRAMES) return 0;
    }
  } finally {
    closeSync(fd);
  }
}

function isHeaderWhole(header: Buffer): boolean {
  const magic = header.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) return false;
  const word = (at: number): number => (magic === 0x377f0683 ? header.readUInt32BE(at) : header.readUInt32LE(at));
  let a = 0;
  let b = 0;
  for (let at = 0; at < 24; at += 8) {
    a = (a + word(at) + b) >>> 0;
    b = (b + word(at + 4) + a) >>> 0;
  }
  return a === header.readUInt32BE(24) && b === header.readUInt32BE(28);
}
