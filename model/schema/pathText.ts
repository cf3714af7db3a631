const LABEL_CHARACTERS = /^[a-z0-9-]*$/;

/** Marathon's pattern for ids in JSON, for documents; `isPathText` is the same rule (tested against this) in linear time. */
export const PATH_PATTERN =
  '^(\\/?((\\.\\.)|(([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])\\.)*([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9]))?($|\\/))+$';

/**
 * True when every segment of the text is empty, `..`, or made of labels of `[a-z0-9-]` joined by dots.
 * Not done by Marathon's pattern itself: that one takes exponential time on a row of slashes.
 */
export function isPathText(text: string): boolean {
  return text.split('/').every((segment) => segment === '' || segment === '..' || segment.split('.').every(isLabel));
}

function isLabel(label: string): boolean {
  return label !== '' && !label.startsWith('-') && !label.endsWith('-') && LABEL_CHARACTERS.test(label);
}
