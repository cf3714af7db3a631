import { clearScreenDown, moveCursor } from 'node:readline';
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Io, Output } from './io.ts';

export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'bold' | 'dim';

/** Text in a colour where the reader is a terminal that wants colours (`NO_COLOR`, `TERM=dumb`), else as it is. */
export function paint(io: Io, output: Output, style: Style, text: string): string {
  const wanted = output.isTTY === true && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb';
  return wanted ? styleText(style, text, { validateStream: false }) : text;
}

/** Columns two blanks apart; the last one is left as long as it is. Control characters of the values are taken out. */
export function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => cell.replaceAll(/[\n\r\t]+/g, ' ')));
  const widths: number[] = [];
  for (const row of clean) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, lengthOf(cell))));
  return clean
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - lengthOf(cell)))).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function lengthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** A few lines at the bottom of a terminal that are drawn anew each time. */
export class LiveLines {
  readonly #output: Output;
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Replaces what was drawn before. Lines are cut to the terminal's width: a wrapped one could not be taken back. */
  draw(lines: readonly string[]): void {
    this.clear();
    const width = this.#output.columns ?? 80;
    for (const line of lines) this.#output.write(`${cut(line, width - 1)}\n`);
    this.#drawn = lines.length;
  }

  /** Takes away what was drawn. */
  clear(): void {
    if (this.#drawn === 0) return;
    moveCursor(this.#output, 0, -this.#drawn);
    clearScreenDown(this.#output);
    this.#drawn = 0;
  }
}

function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
