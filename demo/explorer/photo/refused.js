// Why the server did not take a photo, in its own words.

const USUAL = 'The photo could not be sent to the server; try again.';
const LONGEST = 300; // letters of a sentence that is shown

/**
 * @param {unknown} error what sending it was refused with: somewhere in its text, the JSON of the answer, or nothing
 * @returns {string} a sentence to the visitor
 */
export function refusal(error) {
  const text = error instanceof Error ? error.message : String(error);
  const from = text.indexOf('{');
  try {
    const detail = from < 0 ? null : JSON.parse(text.slice(from, text.lastIndexOf('}') + 1)).detail;
    return typeof detail === 'string' && detail && detail.length <= LONGEST ? detail : USUAL;
  } catch {
    return USUAL;
  }
}
