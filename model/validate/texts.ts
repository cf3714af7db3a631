/** True when a value stands twice in the list. */
export function repeats(values: readonly (string | number)[]): boolean {
  return new Set(values).size !== values.length;
}

/** A decimal as Marathon prints it: always with a fraction, `1.0`. */
export function decimal(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Marathon's sentence for a feature that `--enable_features` does not name; its lone bracket included. */
export function featureIsOff(feature: string): string {
  return `Feature ${feature} is not enabled. Enable with --enable_features ${feature})`;
}

/** True when the text compiles as a regular expression: ours, where Marathon takes Java's. */
export function isRegExp(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Marathon: the label by which an app says that a second instance beside the first would do harm. */
export function isSingleInstance(labels: Readonly<Record<string, string>>): boolean {
  return Object.hasOwn(labels, 'MARATHON_SINGLE_INSTANCE_APP') && labels['MARATHON_SINGLE_INSTANCE_APP'] === 'true';
}
