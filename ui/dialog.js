/** The one dialog of the page: asks before something is done, does it, and stays open with the reason when it fails. */
import { byId, setText } from './dom.js';

const dialog = byId('dialog', HTMLDialogElement);
const form = byId('dialog-form', HTMLFormElement);
const title = byId('dialog-title', HTMLElement);
const text = byId('dialog-text', HTMLElement);
const field = byId('dialog-field', HTMLElement);
const number = byId('dialog-number', HTMLInputElement);
const error = byId('dialog-error', HTMLElement);
const action = byId('dialog-action', HTMLButtonElement);
const cancel = byId('dialog-cancel', HTMLButtonElement);

/** @type {((value: number) => Promise<void>) | null} */
let perform = null;

/**
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text
 * @param {string} question.action label of the button that does it
 * @param {boolean} [question.danger]
 * @param {number} [question.number] asks for a whole number too, beginning with this one
 * @param {(value: number) => Promise<void>} question.perform its failure is shown, and the dialog stays
 */
export function ask(question) {
  perform = question.perform;
  setText(title, question.title);
  setText(text, question.text);
  setText(action, question.action);
  action.classList.toggle('danger', question.danger === true);
  field.hidden = question.number === undefined;
  number.disabled = question.number === undefined;
  number.value = String(question.number ?? 0);
  error.hidden = true;
  action.disabled = false;
  dialog.showModal();
  // A dangerous action is never one Enter away.
  if (question.number !== undefined) number.select();
  else if (question.danger === true) cancel.focus();
  else action.focus();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (perform === null || action.disabled) return;
  action.disabled = true;
  error.hidden = true;
  perform(Number(number.value)).then(
    () => dialog.close(),
    (/** @type {unknown} */ failure) => {
      setText(error, failure instanceof Error ? failure.message : String(failure));
      error.hidden = false;
      action.disabled = false;
    },
  );
});

cancel.addEventListener('click', () => dialog.close());
// A click beside the dialog lands on its backdrop, which belongs to the dialog element itself.
dialog.addEventListener('click', (event) => {
  if (event.target === dialog) dialog.close();
});
