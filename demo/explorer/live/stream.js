// A stream on the server: begun once, asked frame by frame, told of other edits.

import { readAnswer } from './answer.js';

/** What the server says instead of an answer. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} text a sentence for the visitor
   */
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

const address = (path) => new URL(`live/${path}`, document.baseURI);

/** @param {Response} response */
async function checked(response) {
  if (response.ok) return response;
  const said = await response.json().catch(() => null);
  throw new Refused(said?.code ?? 'failed', said?.detail ?? 'The server does not answer; try again later.');
}

/** @param {object} asked */
export async function begin(asked) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(address('open'), { method: 'POST', headers, body: JSON.stringify(asked) });
  return (await checked(response)).json();
}

/**
 * @param {string} name of the stream
 * @param {Blob} picture
 * @param {Record<string, string>} words
 */
export async function send(name, picture, words) {
  const url = address(name);
  for (const [key, value] of Object.entries(words)) url.searchParams.set(key, value);
  const response = await checked(await fetch(url, { method: 'POST', body: picture }));
  return readAnswer(await response.arrayBuffer());
}

/** @param {string} name */
export function end(name) {
  fetch(address(`${name}/close`), { method: 'POST', keepalive: true }).catch(() => null);
}
