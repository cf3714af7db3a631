/** The one of `names` that needs the fewest single-letter edits to become `wrong`; the first of several. `names` must not be empty. */
export function nearestOf(wrong: string, names: readonly string[]): string {
  const plain = wrong.toLowerCase().replaceAll('-', '_').slice(0, 100);
  let best = '';
  let fewest = Infinity;
  for (const name of names) {
    const edits = editsBetween(plain, name);
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

/** Levenshtein's distance, by rows. */
function editsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
