import { err, ok, type Result } from '../../model/result.ts';
import { json, type Finished } from './exchange.ts';

/**
 * Marathon itself sets no bound, but its store takes nodes of 1 MB. Ten times that leaves room for big groups and keeps one client from
 * filling our memory.
 */
export const BODY_MAX_BYTES = 10 * 1024 * 1024;

/** The body as JSON. Refusals are Marathon's 400 bodies; `details` is a text there. */
export function readJson(body: Buffer | null): Result<unknown, Finished> {
  const text = body === null ? '' : body.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') {
    const details = `No content to map due to end-of-input\n at [Source: (byte[])"${text}"; line: 1, column: 0]`;
    return err(json(400, { message: 'Please specify data in JSON format', details }));
  }
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (error) {
    const details = endedEarly(text) ?? (error instanceof Error ? error.message : String(error));
    return err(json(400, { message: 'Invalid JSON', details }));
  }
}

/** Marathon: text that ends inside an object or array is told where that began. Null when it does not. */
function endedEarly(text: string): string | null {
  const open: { what: 'Object' | 'Array'; line: number; column: number }[] = [];
  let line = 1;
  let lineStart = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '\n') {
      line += 1;
      lineStart = i + 1;
    } else if (char === '{' || char === '[') open.push({ what: char === '{' ? 'Object' : 'Array', line, column: i - lineStart + 1 });
    else if (char === '}' || char === ']') {
      const closed = open.pop();
      if (closed?.what !== (char === '}' ? 'Object' : 'Array')) return null;
    }
  }
  const innermost = open.at(-1);
  if (innermost === undefined) return null;
  const source = text.length > 500 ? `${text.slice(0, 500)}"[truncated ${text.length - 500} bytes]` : `${text}"`;
  const start = `[Source: (byte[])"${source}; line: ${innermost.line}, column: ${innermost.column}]`;
  return `Unexpected end-of-input: expected close marker for ${innermost.what} (start marker at ${start})`;
}
